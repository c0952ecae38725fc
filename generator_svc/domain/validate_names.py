"""The rules of names: what may be one, and which of them clash once they are identifiers."""

from collections.abc import Iterator

from generator_svc.domain.limits import Limits
from generator_svc.domain.naming import plural, snake_case
from generator_svc.domain.refusal import Findings
from generator_svc.domain.spec import Entity, EntityOptions, ProjectSpec, RelationKind

_PUNCTUATION = frozenset("_- .'\N{RIGHT SINGLE QUOTATION MARK}")


def check_name(path: str, name: str, findings: Findings, limits: Limits) -> None:
    """Check that something may be a name: it has letters, is not too long and prints."""
    if not name.strip():
        findings.add(path, "NAME_EMPTY", "The name is empty. Give it one.")
    elif len(name) > limits.name_length:
        findings.add(
            path,
            "NAME_TOO_LONG",
            f"The name has {len(name)} characters, at most {limits.name_length} are allowed."
            " Shorten it.",
        )
    elif not any(char.isalpha() for char in name):
        findings.add(path, "NAME_WITHOUT_LETTERS", f"{name!r} has no letter. Use some.")
    elif bad := _odd_characters(name):
        findings.add(
            path,
            "NAME_CHARACTERS",
            f"{name!r} has characters that no name can have: {' '.join(map(repr, bad))}."
            " Use letters, digits, spaces, hyphens and underscores.",
        )


def _odd_characters(name: str) -> list[str]:
    odd = [
        char
        for char in name
        if not (char.isalnum() or char in _PUNCTUATION or _is_mark(char)) or not char.isprintable()
    ]
    return sorted(set(odd)) or (["leading or trailing space"] if name != name.strip() else [])


def _is_mark(char: str) -> bool:
    return not char.isascii() and char.isprintable() and ("x" + char).isidentifier()


def check_description(path: str, text: str, findings: Findings, limits: Limits) -> None:
    """Check that a description is bounded text."""
    if len(text) > limits.description_length:
        findings.add(
            path, "TOO_LONG", f"A description has at most {limits.description_length} characters."
        )
    if any(char == "\x00" or "\ud800" <= char <= "\udfff" for char in text):
        findings.add(path, "BAD_TEXT", "The description has NUL or a lone surrogate. Remove it.")


def implicit_names(options: EntityOptions) -> tuple[str, ...]:
    """Return the names that an entity has besides those that were written."""
    mixins = (
        (options.timestamps, ("created_at", "updated_at")),
        (options.soft_delete, ("deleted_at",)),
        (options.owner, ("owner_id",)),
        (options.tenant, ("tenant_id",)),
    )
    return ("id", *(name for on, names in mixins if on for name in names))


def check_entity_names(spec: ProjectSpec, findings: Findings) -> None:
    """Check that no two entities share an identifier, a table or a route."""
    taken: dict[str, str] = {}
    for index, entity in enumerate(spec.entities):
        path = f"entities[{index}].name"
        other = taken.get(plural(entity.name)) or taken.get(snake_case(entity.name))
        if other is not None:
            findings.add(
                path,
                "NAME_CLASH",
                f"{entity.name!r} and {other!r} become the same table or route. Rename one.",
            )
        taken.setdefault(snake_case(entity.name), entity.name)
        taken.setdefault(plural(entity.name), entity.name)
    for path, name, table in _link_tables(spec):
        if table in taken:
            findings.add(
                path,
                "NAME_CLASH",
                f"The link table of {name!r}, {table!r}, clashes with that of {taken[table]!r}."
                " Rename one.",
            )
        taken.setdefault(table, name)


def _link_tables(spec: ProjectSpec) -> Iterator[tuple[str, str, str]]:
    for index, entity in enumerate(spec.entities):
        for position, relation in enumerate(entity.relations):
            if relation.kind is RelationKind.MANY_TO_MANY:
                table = f"{snake_case(entity.name)}_{snake_case(relation.name)}"
                yield f"entities[{index}].relations[{position}].name", relation.name, table


def check_member_names(spec: ProjectSpec, findings: Findings) -> None:
    """Check that the members of each entity, written and implied, have names of their own."""
    namespaces = {snake_case(entity.name): _implied(entity) for entity in reversed(spec.entities)}
    if len(namespaces) < len(spec.entities):
        return  # whose members they are is unclear until the entities' own clash is solved
    for path, owner, name in _members(spec):
        names = namespaces.get(snake_case(owner))
        if names is None:
            continue  # a relation to nowhere is told elsewhere
        other = names.get(snake_case(name))
        if other is not None:
            findings.add(
                path,
                "NAME_CLASH",
                f"{name!r} clashes with {other} of {owner!r} after normalisation. Rename one.",
            )
        names.setdefault(snake_case(name), repr(name))


def _implied(entity: Entity) -> dict[str, str]:
    implied = {name: f"the built-in {name!r}" for name in implicit_names(entity.options)}
    for relation in entity.relations:
        if relation.kind is not RelationKind.MANY_TO_MANY:
            key = f"{snake_case(relation.name)}_id"
            implied.setdefault(key, f"the key of the relation {relation.name!r}")
    return implied


def _members(spec: ProjectSpec) -> Iterator[tuple[str, str, str]]:
    for index, entity in enumerate(spec.entities):
        path = f"entities[{index}]"
        for position, field in enumerate(entity.fields):
            yield f"{path}.fields[{position}].name", entity.name, field.name
        for position, relation in enumerate(entity.relations):
            yield f"{path}.relations[{position}].name", entity.name, relation.name
    for index, entity in enumerate(spec.entities):
        for position, relation in enumerate(entity.relations):
            if relation.back:
                at = f"entities[{index}].relations[{position}].back"
                yield at, relation.target, relation.back
