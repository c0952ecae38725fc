"""Reads a patch as its user wrote it: add, alter, rename and drop, each item naming its target."""

from collections.abc import Iterator

from generator_svc.domain.patch import Change, Rename, SpecPatch
from generator_svc.domain.refusal import SPEC_INVALID, Findings
from generator_svc.domain.spec import JsonValue
from generator_svc.planner.text_tree import Table

FEATURES = ("auth", "docker", "ci", "tests")
"""The features that a patch switches; `roles` it alters."""

_NAMINGS = ("target", "entity", "entity.field", "entity.relation", "feature")
"""The keys by which an item may name its target; only `target` leaves its kind open."""

_SECTIONS = ("add", "alter", "rename", "drop")


def read_patch(tree: JsonValue) -> SpecPatch:
    """Return the patch that a tree of a document holds.

    Raises:
        InvalidInputError: A key or a type is wrong; each place is named.
    """
    findings = Findings()
    if not isinstance(tree, dict):
        findings.add("spec_patch", "WRONG_TYPE", "Expected a mapping of add, alter, rename, drop.")
        tree = {}
    for key in tree:
        if key not in _SECTIONS:
            findings.add(
                f"spec_patch.{key}", "UNKNOWN_KEY", "Use add, alter, rename and drop only."
            )
    _tell_repeated(tree, "spec_patch", findings)
    patch = SpecPatch(
        add=tuple(_changes(tree, "add", findings)),
        alter=tuple(_changes(tree, "alter", findings)),
        rename=tuple(_renames(tree, findings)),
        drop=tuple(_drops(tree, findings)),
    )
    if not patch and not findings:
        findings.add("spec_patch", "EMPTY", "The patch changes nothing. Name what to change.")
    findings.raise_if_any(reason=SPEC_INVALID)
    return patch


def _changes(tree: dict[str, JsonValue], section: str, findings: Findings) -> Iterator[Change]:
    for path, item in _items(tree, section, findings):
        named = _named(item, path, findings)
        if named is not None:
            yield Change(target=named[0], keys=named[1])


def _renames(tree: dict[str, JsonValue], findings: Findings) -> Iterator[Rename]:
    for path, item in _items(tree, "rename", findings):
        named = _named(item, path, findings)
        if named is None:
            continue
        to = named[1].get("to")
        if isinstance(to, str) and set(named[1]) == {"to"}:
            yield Rename(target=named[0], to=to)
        else:
            findings.add(path, "WRONG_TYPE", "A rename is {target: Entity.field, to: name}.")


def _drops(tree: dict[str, JsonValue], findings: Findings) -> Iterator[str]:
    for path, item in _items(tree, "drop", findings):
        named = _named(item, path, findings)
        if named is None:
            continue
        if named[1]:
            key = next(iter(named[1]))
            findings.add(
                f"{path}.{key}", "UNKNOWN_KEY", "What is dropped is only named. Remove this key."
            )
        yield named[0]


def _items(
    tree: dict[str, JsonValue], section: str, findings: Findings
) -> list[tuple[str, JsonValue]]:
    items = tree.get(section, [])
    if not isinstance(items, list):
        findings.add(f"spec_patch.{section}", "WRONG_TYPE", "Expected a list.")
        return []
    return [(f"spec_patch.{section}[{index}]", item) for index, item in enumerate(items)]


def _named(
    item: JsonValue, path: str, findings: Findings
) -> tuple[str, dict[str, JsonValue]] | None:
    """Return the target that an item names, and its other keys."""
    if isinstance(item, str):
        return item, {}
    if not isinstance(item, dict):
        findings.add(path, "WRONG_TYPE", "Expected a name, or a mapping that names its target.")
        return None
    _tell_repeated(item, path, findings)
    naming = _naming(item)
    if naming is None:
        findings.add(path, "KEY_MISSING", "An item names its target. Add target: Entity.field.")
        return None
    target = str(item[naming])
    wrong = _wrong_kind(naming, target)
    if wrong:
        findings.add(f"{path}.{naming}", "WRONG_TARGET", wrong)
        return None
    return target, {key: value for key, value in item.items() if key != naming}


def _naming(item: dict[str, JsonValue]) -> str | None:
    """Return the key that names the target: with `entity.relation`, `target` is the relation's."""
    found = [key for key in _NAMINGS if isinstance(item.get(key), str)]
    return found[-1] if found else None


def _wrong_kind(naming: str, target: str) -> str:
    if naming == "feature" and target not in {*FEATURES, "features"}:
        return f"There is no feature {target!r}. Use {', '.join(FEATURES)}."
    if naming == "entity" and "." in target:
        return f"{target!r} is a member of an entity. Name it by entity.field or entity.relation."
    if naming in {"entity.field", "entity.relation"} and "." not in target:
        return f"{target!r} names no member. Write it as Entity.name."
    return ""


def _tell_repeated(table: dict[str, JsonValue], path: str, findings: Findings) -> None:
    for key in table.repeated if isinstance(table, Table) else ():
        findings.add(
            f"{path}.{key}", "DUPLICATE_KEY", f"The key {key!r} stands here twice. Remove one."
        )
