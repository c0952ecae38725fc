"""Singulars of English nouns: the inverse of the plurals that naming knows."""

from functools import cache

from generator_svc.domain.naming import plural, snake_case

_IRREGULAR = (
    "person", "child", "man", "woman", "mouse", "goose", "foot", "tooth", "analysis", "criterion",
    "phenomenon", "index", "matrix", "vertex", "appendix", "medium", "datum", "curriculum", "leaf",
    "knife", "life", "wife", "wolf", "shelf", "half", "loaf", "thief", "hero", "potato", "tomato",
    "quiz", "bacterium", "diagnosis", "thesis", "crisis", "basis", "axis", "ox", "alumnus", "calf",
    "hypothesis", "stimulus", "syllabus", "synopsis", "nucleus", "radius", "echo", "emphasis",
)  # fmt: skip

_ONLY_SINGULAR = frozenset(
    {"address", "access", "status", "bonus", "news", "series", "species", "bus", "class", "process"}
    | {"business", "progress", "canvas", "gps", "boss", "focus", "campus", "virus", "census"}
    | {"chorus", "atlas", "bias", "gas", "lens", "plus", "press", "stress", "success", "wellness"}
    | {"fitness", "analysis", "basis", "physics", "mathematics", "its", "is", "this", "was", "has"}
)

_IN_IE = frozenset(
    {"movie", "cookie", "zombie", "selfie", "calorie", "genie", "pie", "tie", "lie", "brownie"}
    | {"hoodie", "rookie", "smoothie", "prairie", "foodie", "newbie", "veggie", "birdie", "indie"}
)


_IN_CHE = frozenset(
    {"cache", "niche", "headache", "ache", "avalanche", "moustache", "axe", "size", "prize"}
    | {"maze", "gauze", "breeze", "bronze", "quiche", "cliche", "creche", "brioche"}
)


def is_plural(phrase: str) -> bool:
    """Tell whether the last word of a phrase is a plural."""
    return singular(phrase) != snake_case(phrase)


@cache
def singular(phrase: str) -> str:
    """Return a phrase in snake case with its last word in the singular."""
    head, separator, last = snake_case(phrase).rpartition("_")
    return f"{head}{separator}{_singular_word(last)}"


def _singular_word(word: str) -> str:
    irregular = _irregular_singulars().get(word)
    if irregular is not None:
        return irregular
    if word in _ONLY_SINGULAR or word in _IRREGULAR:
        return word
    if word.endswith("ss") or not word.endswith("s"):
        return word
    if word[:-1] in _IN_IE:
        return word[:-1]
    return next((each for each in _candidates(word) if each and plural(each) == word), word)


def _candidates(word: str) -> tuple[str, ...]:
    """Return what a plural may come from, the likeliest first: `match` before `matche`."""
    bare, short = word[:-1], word[:-2]
    if word.endswith("ies"):
        return f"{word[:-3]}y", bare
    hissing = word.endswith(("ches", "shes", "xes", "sses", "zes")) and bare not in _IN_CHE
    return (short, bare) if hissing else (bare, short if word.endswith("es") else "")


@cache
def _irregular_singulars() -> dict[str, str]:
    return {plural(word): word for word in _IRREGULAR}
