"""Names: from what users write to ASCII identifiers, plurals and columns.

Users may name things as they like; the original stays on the wire. Everything here is total and
deterministic, so that two names clash exactly when they normalise to the same identifier.
"""

import builtins
import hashlib
import keyword
import re
import unicodedata
from collections.abc import Container, Iterable

MAX_IDENTIFIER = 63
"""The longest identifier, in bytes, that PostgreSQL keeps whole."""

_LETTERS = {"ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "đ": "d", "ð": "d", "ł": "l", "þ": "th"}
_LETTER_NAME = re.compile(r"LETTER (\w+)$")
_WORD = re.compile(r"[A-Z]+(?![a-z])[0-9]*|[A-Z]?[a-z]+[0-9]*|[0-9]+")

_UNCOUNTABLE_WORDS = (
    "advice aircraft bison clothing cod deer equipment evidence feedback fish furniture gold"
    " hardware homework information jewelry knowledge livestock luggage metadata moose money music"
    " news offspring pokemon police research rice salmon scenery sheep shrimp software species"
    " spacecraft swine traffic trout tuna wheat wildlife"
)
_UNCOUNTABLE = frozenset(_UNCOUNTABLE_WORDS.split())

_IRREGULAR = {
    "addendum": "addenda",
    "alumna": "alumnae",
    "alumnus": "alumni",
    "analysis": "analyses",
    "antenna": "antennas",
    "appendix": "appendices",
    "axis": "axes",
    "bacterium": "bacteria",
    "basis": "bases",
    "calf": "calves",
    "child": "children",
    "corpus": "corpora",
    "crisis": "crises",
    "criterion": "criteria",
    "curriculum": "curricula",
    "datum": "data",
    "diagnosis": "diagnoses",
    "die": "dice",
    "echo": "echoes",
    "elf": "elves",
    "ellipsis": "ellipses",
    "emphasis": "emphases",
    "foot": "feet",
    "fungus": "fungi",
    "genus": "genera",
    "german": "germans",
    "goose": "geese",
    "grandchild": "grandchildren",
    "half": "halves",
    "hero": "heroes",
    "hoof": "hooves",
    "human": "humans",
    "hypothesis": "hypotheses",
    "index": "indices",
    "knife": "knives",
    "larva": "larvae",
    "leaf": "leaves",
    "lens": "lenses",
    "life": "lives",
    "loaf": "loaves",
    "louse": "lice",
    "man": "men",
    "matrix": "matrices",
    "medium": "media",
    "memorandum": "memoranda",
    "mongoose": "mongooses",
    "mouse": "mice",
    "nucleus": "nuclei",
    "oasis": "oases",
    "ox": "oxen",
    "parenthesis": "parentheses",
    "person": "people",
    "phenomenon": "phenomena",
    "potato": "potatoes",
    "quiz": "quizzes",
    "radius": "radii",
    "roman": "romans",
    "schema": "schemas",
    "self": "selves",
    "shelf": "shelves",
    "staff": "staff",
    "stimulus": "stimuli",
    "stratum": "strata",
    "syllabus": "syllabi",
    "synopsis": "synopses",
    "synthesis": "syntheses",
    "thesis": "theses",
    "thief": "thieves",
    "tomato": "tomatoes",
    "tooth": "teeth",
    "torpedo": "torpedoes",
    "vertex": "vertices",
    "veto": "vetoes",
    "wife": "wives",
    "wolf": "wolves",
    "woman": "women",
}
_PLURALS = frozenset(_IRREGULAR.values())
_SHORTEST_TAIL = 4
_TAILS = (word for word in _IRREGULAR if len(word) >= _SHORTEST_TAIL)
_IRREGULAR_TAILS = tuple(sorted(_TAILS, key=len, reverse=True))

_RESERVED_WORDS = (
    # what pydantic, SQLAlchemy and the generated modules themselves use inside a class body
    "metadata registry self cls copy json schema dict construct validate fields"
    " base64 datetime uuid decimal typing pydantic sa orm types columns models schemas database"
    " annotations session caller values"
)
RESERVED_ATTRIBUTES = frozenset(_RESERVED_WORDS.split())
_MODULE_ALIASES = frozenset(["models", "schemas", "service"])
_DEVICE = re.compile(r"aux|con|nul|prn|(com|lpt)[0-9]")
"""What no file can be called on Windows, whatever its extension."""

_SYSTEM_COLUMNS = frozenset(["ctid", "xmin", "xmax", "cmin", "cmax", "tableoid"])


def snake_case(name: str) -> str:
    """Return a name as lower-case ASCII words joined by underscores: `BlogPost` → `blog_post`."""
    joined = "_".join(word.lower() for word in _words(name))
    return joined if not joined[:1].isdigit() else f"n{joined}"


def pascal_case(name: str) -> str:
    """Return a name as capitalised ASCII words: `blog post` → `BlogPost`."""
    return "".join(word[0].upper() + word[1:] for word in snake_case(name).split("_") if word)


def plural(name: str) -> str:
    """Return the plural of a name in snake case: `BlogPost` → `blog_posts`."""
    head, separator, last = snake_case(name).rpartition("_")
    return f"{head}{separator}{_plural_word(last)}"


def kebab_case(name: str) -> str:
    """Return a name as lower-case ASCII words joined by hyphens: `blog_posts` → `blog-posts`."""
    return snake_case(name).replace("_", "-")


def words(name: str) -> str:
    """Return a name as lower-case ASCII words for sentences: `BlogPost` → `blog post`."""
    return snake_case(name).replace("_", " ")


def attribute(name: str) -> str:
    """Return the Python attribute for a field: its snake case, with a `_` behind it if reserved."""
    identifier = bounded(snake_case(name))
    return f"{identifier}_" if is_reserved(identifier) else identifier


def is_reserved(identifier: str) -> bool:
    """Tell whether an identifier means something already where generated code would use it."""
    return (
        keyword.iskeyword(identifier)
        or keyword.issoftkeyword(identifier)
        or hasattr(builtins, identifier)
        or identifier in RESERVED_ATTRIBUTES
        or identifier.startswith("model_")
    )


def column(name: str) -> str:
    """Return the column for a field: its snake case, unless the database claims that name."""
    identifier = bounded(snake_case(name))
    return f"{identifier}_" if identifier in _SYSTEM_COLUMNS else identifier


def module(name: str) -> str:
    """Return the module for an entity: its snake case, with a `_` behind it if that is taken."""
    identifier = bounded(snake_case(name))
    reserved = keyword.iskeyword(identifier) or identifier in _MODULE_ALIASES
    taken = reserved or _DEVICE.fullmatch(identifier)
    return f"{identifier}_" if taken else identifier


def class_name(name: str) -> str:
    """Return the class for an entity: its Pascal case, apart from Python's own names."""
    identifier = pascal_case(name)
    clashes = keyword.iskeyword(identifier) or hasattr(builtins, identifier)
    return f"{identifier}Entity" if clashes else identifier


def bounded(name: str, limit: int = MAX_IDENTIFIER) -> str:
    """Return a name of at most `limit` bytes: a longer one is cut and ends in a hash of itself."""
    if len(name) <= limit:
        return name
    digest = hashlib.sha256(name.encode()).hexdigest()[:8]
    return f"{name[: limit - 9].rstrip('_')}_{digest}"


def unused(name: str, taken: Container[str]) -> str:
    """Return a name, or the first of `name_2`, `name_3`, … that is not taken."""
    if name not in taken:
        return name
    number = 2
    while f"{name}_{number}" in taken:
        number += 1
    return f"{name}_{number}"


def clashes(names: Iterable[str]) -> list[tuple[str, str]]:
    """Return the pairs of names that normalise to the same identifier, as they were written."""
    first: dict[str, str] = {}
    return [
        (original, name)
        for name in names
        if (original := first.setdefault(snake_case(name), name)) is not name
    ]


def _words(name: str) -> list[str]:
    found = _WORD.findall(_ascii(name))
    return found or [f"u{ord(char)}" for char in name] or ["unnamed"]


def _ascii(name: str) -> str:
    return "".join(_ascii_letter(char) for char in unicodedata.normalize("NFKD", name))


def _ascii_letter(char: str) -> str:
    if char.isascii():
        return char
    if unicodedata.combining(char):
        return ""
    if not char.isalnum():
        return " "
    letter = _LETTERS.get(char.lower()) or _letter_name(char)
    if letter:
        return letter if char.islower() else letter.capitalize()
    return f" u{ord(char)} "


def _letter_name(char: str) -> str:
    match = _LETTER_NAME.search(unicodedata.name(char, ""))
    return match[1].lower() if match else ""


def _plural_word(word: str) -> str:
    if word in _UNCOUNTABLE or word in _PLURALS:
        return word
    if word in _IRREGULAR:
        return _IRREGULAR[word]
    for tail in _IRREGULAR_TAILS:  # a salesperson is a person too
        if word.endswith(tail):
            return word.removesuffix(tail) + _IRREGULAR[tail]
    return _regular_plural(word)


def _regular_plural(word: str) -> str:
    if word.endswith(("ss", "x", "z", "ch", "sh")):
        return f"{word}es"
    if word.endswith(("us", "is", "as", "os")):
        return f"{word}es"
    if word.endswith("s"):
        return word  # most likely a plural already
    if word.endswith("y") and word[-2:-1] not in "aeiou":
        return f"{word[:-1]}ies"
    if word.endswith("man"):
        return f"{word[:-3]}men"
    return f"{word}s"
