"""What the patch behind a merge drops and renames, and how to see it in names and paths."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

WORD = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|[0-9]+")
IDENTIFIER = re.compile(r"[^\W\d]\w*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rename:
    """A name that became another one."""

    old: str
    new: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Patch:
    """What may vanish from one rendering to the next, and what has another name now."""

    drops: tuple[str, ...] = ()
    """Names dropped or altered: `Post`, `Post.title`; what is named after one may vanish."""

    dropped_paths: frozenset[str] = frozenset()
    """Paths that may vanish whatever they are named after."""

    renames: tuple[Rename, ...] = ()
    """Names that became others: `Post` → `Article`, `Post.title` → `Post.headline`."""

    def may_vanish(self, name: str) -> bool:
        """Tell whether a symbol may vanish: its name holds the words of something dropped."""
        words = _words(name)
        gone = (*self.drops, *(rename.old for rename in self.renames))
        return any(_holds(words, _words(_last(each))) for each in gone)

    def path_may_vanish(self, path: str) -> bool:
        """Tell whether a file may vanish."""
        return path in self.dropped_paths or self.may_vanish(path)

    def renamed(self, name: str) -> str:
        """Return a name or a path with the new words in the old ones' places."""
        for rename in self.renames:
            for old, new in _spellings(_last(rename.old), _last(rename.new)):
                name = re.sub(rf"(?<![^\W_A-Z]){old}(?![a-z0-9])", new, name)
        return name


def _last(name: str) -> str:
    return name.rpartition(".")[2]


def _words(name: str) -> list[str]:
    return [word.lower() for word in WORD.findall(name)]


def _holds(words: Sequence[str], wanted: Sequence[str]) -> bool:
    """Tell whether words stand in a row, the last of them in singular or plural."""
    if not wanted:
        return False
    *first, last = wanted
    for start in range(len(words) - len(wanted) + 1):
        row = words[start : start + len(wanted)]
        if row[:-1] == first and row[-1] in {last, plural(last)}:
            return True
    return False


def plural(word: str) -> str:
    """Return the regular plural of a word; irregular ones are drops or renames of their own."""
    if word.endswith("y") and word[-2:-1] not in set("aeiou"):
        return f"{word[:-1]}ies"
    return f"{word}es" if word.endswith(("s", "x", "z", "ch", "sh")) else f"{word}s"


def _spellings(old: str, new: str) -> Iterator[tuple[str, str]]:
    """Yield both names as they stand in code: plural before singular, snake, Pascal, upper."""
    for number in (_plural_of, _same):
        before, after = number(_words(old)), number(_words(new))
        for join in ("_".join, _pascal, _upper):
            yield join(before), join(after)


def _same(words: list[str]) -> list[str]:
    return words


def _plural_of(words: list[str]) -> list[str]:
    return [*words[:-1], plural(words[-1])] if words else []


def _pascal(words: list[str]) -> str:
    return "".join(word.capitalize() for word in words)


def _upper(words: list[str]) -> str:
    return "_".join(words).upper()


def follow_renames(text: str, *, base: str, theirs: str, patch: Patch) -> str:
    """Return a text with the identifiers renamed that the new rendering renamed.

    Only what left the rendering under its old name and entered it under the new one counts: so
    `client.post(…)` stays when the entity `Post` gets another name.
    """
    if not patch.renames:
        return text
    now = set(IDENTIFIER.findall(theirs))
    renamed = {
        name: new
        for name in set(IDENTIFIER.findall(base)) - now
        if (new := patch.renamed(name)) != name and new in now
    }
    return IDENTIFIER.sub(lambda match: renamed.get(match[0], match[0]), text)
