"""What a phase wants rendered: which template becomes which file."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A file to be rendered."""

    path: str
    """Where the file belongs, relative to the project's root."""

    template: str
    """The template's path below `templates/`, without `.j2`."""

    context: Mapping[str, object] = field(default_factory=dict)
    """What the template needs besides the project."""


def package(path: str, doc: str) -> Draft:
    """Draft the `__init__` of a package that only needs to say what is in it."""
    return Draft(path=f"{path}/__init__.py", template="package.py", context={"doc": doc})
