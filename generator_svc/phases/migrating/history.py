"""The migrations that are there already: which of them is the last."""

import ast
from collections.abc import Mapping
from dataclasses import dataclass

from chassis.errors import FieldViolation, InvalidInputError

FOLDER = "migrations/versions/"


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """What a new migration follows."""

    head: str | None
    """The revision of the last migration; None when there is none."""

    revisions: frozenset[str]


def read_history(files: Mapping[str, bytes]) -> History:
    """Read the migrations of a version, its user's own included.

    Raises:
        InvalidInputError: A file is not Python, or there is not one last migration.
    """
    follows: dict[str, set[str]] = {}
    for path, content in sorted(files.items()):
        if path.startswith(FOLDER) and path.endswith(".py"):
            names = _assigned(path, content)
            if isinstance(revision := names.get("revision"), str):
                follows[revision] = _revisions(names.get("down_revision"))
    followed = set[str]().union(*follows.values())
    heads = sorted(follows.keys() - followed)
    if len(heads) > 1 or (follows and not heads):
        raise _refused(
            FOLDER, f"There is not one last migration but {heads}. Merge them into one line."
        )
    return History(head=heads[0] if heads else None, revisions=frozenset(follows))


def _assigned(path: str, content: bytes) -> dict[str, object]:
    """Return the literals that a module gives to names."""
    try:
        module = ast.parse(content)
    except (SyntaxError, ValueError) as error:
        raise _refused(path, "The migration is not Python. Mend it.") from error
    found: dict[str, object] = {}
    for node in module.body:
        targets = node.targets if isinstance(node, ast.Assign) else []
        if isinstance(node, ast.AnnAssign) and node.value is not None:
            targets = [node.target]
        for target in targets:
            if isinstance(target, ast.Name) and target.id in {"revision", "down_revision"}:
                found[target.id] = _literal(node.value)  # type: ignore[attr-defined]
    return found


def _literal(node: ast.expr) -> object:
    try:
        return ast.literal_eval(node)
    except ValueError:
        return None


def _revisions(value: object) -> set[str]:
    if isinstance(value, str):
        return {value}
    return (
        {each for each in value if isinstance(each, str)}
        if isinstance(value, tuple | list)
        else set()
    )


def _refused(path: str, message: str) -> InvalidInputError:
    violation = FieldViolation(field=path, message=message, reason="MIGRATIONS_INVALID")
    return InvalidInputError(message, violations=[violation], reason="MIGRATIONS_INVALID")
