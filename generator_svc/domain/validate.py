"""The one validator: every way into the generator passes through here.

Each violation names the path of what is wrong (`entities[2].fields[0].max_length`), the rule in
UPPER_SNAKE_CASE and a way out.
"""

from generator_svc.domain.limits import DEFAULT_LIMITS, Limits
from generator_svc.domain.refusal import SPEC_INVALID, Findings
from generator_svc.domain.spec import Entity, ProjectSpec
from generator_svc.domain.validate_access import check_access
from generator_svc.domain.validate_fields import check_field
from generator_svc.domain.validate_names import (
    check_description,
    check_entity_names,
    check_member_names,
    check_name,
)
from generator_svc.domain.validate_relations import check_relations


def validate(spec: ProjectSpec, *, limits: Limits = DEFAULT_LIMITS) -> None:
    """Check a spec against every rule.

    Raises:
        InvalidInputError: A rule does not hold; `violations` names each place.
    """
    findings = find_violations(spec, limits=limits)
    findings.raise_if_any(reason=SPEC_INVALID)


def find_violations(spec: ProjectSpec, *, limits: Limits = DEFAULT_LIMITS) -> Findings:
    """Return everything that is wrong with a spec."""
    findings = Findings(limits.violations)
    check_name("name", spec.name, findings, limits)
    check_description("description", spec.description, findings, limits)
    _check_amounts(spec, findings, limits)
    if findings:
        return findings  # what is too large is not looked at closely
    for index, entity in enumerate(spec.entities):
        _check_entity(f"entities[{index}]", entity, findings, limits)
    check_entity_names(spec, findings)
    check_member_names(spec, findings)
    check_relations(spec, findings, limits)
    check_access(spec, findings, limits)
    return findings


def _check_amounts(spec: ProjectSpec, findings: Findings, limits: Limits) -> None:
    if not spec.entities:
        findings.add(
            "entities", "NO_ENTITY", "There is no entity. Name at least one thing to store."
        )
    _at_most("entities", len(spec.entities), limits.entities, findings)
    total = sum(len(entity.fields) for entity in spec.entities)
    if total > limits.total_fields:
        findings.add(
            "entities",
            "TOO_MANY",
            f"There are {total} fields in all, at most {limits.total_fields} are allowed."
            " Split the project.",
        )
    for index, entity in enumerate(spec.entities):
        path = f"entities[{index}]"
        _at_most(f"{path}.fields", len(entity.fields), limits.fields, findings)
        _at_most(f"{path}.relations", len(entity.relations), limits.relations, findings)
        _at_most(f"{path}.unique_together", len(entity.unique_together), limits.groups, findings)


def _at_most(path: str, count: int, most: int, findings: Findings) -> None:
    if count > most:
        findings.add(path, "TOO_MANY", f"There are {count}, at most {most} are allowed.")


def _check_entity(path: str, entity: Entity, findings: Findings, limits: Limits) -> None:
    check_name(f"{path}.name", entity.name, findings, limits)
    check_description(f"{path}.description", entity.description, findings, limits)
    for index, field in enumerate(entity.fields):
        check_field(f"{path}.fields[{index}]", field, findings, limits)
    _check_groups(path, entity, findings, limits)


def _check_groups(path: str, entity: Entity, findings: Findings, limits: Limits) -> None:
    sizes = {field.name: _indexed_size(entity, field.name) for field in entity.fields}
    sizes |= {relation.name: 0 for relation in entity.relations if relation.kind != "many_to_many"}
    seen: set[frozenset[str]] = set()
    for index, group in enumerate(entity.unique_together):
        at = f"{path}.unique_together[{index}]"
        _check_group(at, group, sizes, findings)
        if frozenset(group) in seen:
            findings.add(at, "DUPLICATE", "The same group stands here twice. Remove one.")
        if sum(sizes.get(name, 0) for name in group) > limits.indexed_length:
            findings.add(
                at,
                "INDEX_TOO_LARGE",
                f"Together the values may pass {limits.indexed_length} characters, more than an"
                " index holds. Lower max_length.",
            )
        seen.add(frozenset(group))


def _check_group(
    at: str, group: tuple[str, ...], sizes: dict[str, int], findings: Findings
) -> None:
    if len(set(group)) < 2 or len(set(group)) != len(group):  # noqa: PLR2004 - a group is two
        findings.add(
            at,
            "GROUP_TOO_SMALL",
            "A unique group names two or more different members. For one field set unique: true.",
        )
    for position, name in enumerate(group):
        if name not in sizes:
            findings.add(
                f"{at}[{position}]",
                "UNKNOWN_MEMBER",
                f"{name!r} is no field and no to-one relation of this entity."
                f" Use one of {', '.join(sizes) or 'its fields'}.",
            )
        elif sizes[name] < 0:
            findings.add(
                f"{at}[{position}]",
                "NOT_INDEXABLE",
                f"{name!r} has a type that cannot be compared in an index. Leave it out.",
            )


def _indexed_size(entity: Entity, name: str) -> int:
    field = next(field for field in entity.fields if field.name == name)
    if field.type in {"text", "json", "array", "binary"}:
        return -1
    return (field.max_length or 255) if field.type == "string" else 0
