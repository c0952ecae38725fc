"""The rules of relations: they lead somewhere, agree with each other and can be filled."""

from collections.abc import Iterator

from generator_svc.domain.limits import Limits
from generator_svc.domain.naming import snake_case
from generator_svc.domain.refusal import Findings
from generator_svc.domain.spec import OnDelete, ProjectSpec, Relation, RelationKind
from generator_svc.domain.validate_fields import check_field
from generator_svc.domain.validate_names import check_description, check_name


def check_relations(spec: ProjectSpec, findings: Findings, limits: Limits) -> None:
    """Check every relation of a spec, one by one and together."""
    names = {snake_case(entity.name): entity.name for entity in spec.entities}
    for path, _, relation in _each(spec):
        check_name(f"{path}.name", relation.name, findings, limits)
        check_description(f"{path}.description", relation.description, findings, limits)
        if relation.back:
            check_name(f"{path}.back", relation.back, findings, limits)
        _check_target(path, relation, names, findings)
        _check_kind(path, relation, findings)
        _check_payload(path, relation, findings, limits)
    _check_cycles(spec, findings)
    _check_mirrors(spec, findings)


def _each(spec: ProjectSpec) -> Iterator[tuple[str, str, Relation]]:
    for index, entity in enumerate(spec.entities):
        for position, relation in enumerate(entity.relations):
            yield f"entities[{index}].relations[{position}]", entity.name, relation


def _check_target(path: str, relation: Relation, names: dict[str, str], findings: Findings) -> None:
    known = names.get(snake_case(relation.target)) if relation.target else None
    if known is None:
        findings.add(
            f"{path}.target",
            "UNKNOWN_ENTITY",
            f"There is no entity {relation.target!r}. Add it, or point to one of"
            f" {', '.join(names.values())}.",
        )
    elif known != relation.target:
        findings.add(
            f"{path}.target",
            "UNKNOWN_ENTITY",
            f"There is no entity {relation.target!r}, but there is {known!r}. Write it so.",
        )


def _check_kind(path: str, relation: Relation, findings: Findings) -> None:
    many = relation.kind is RelationKind.MANY_TO_MANY
    if many and relation.required:
        findings.add(
            f"{path}.required",
            "CONTRADICTION",
            "A many_to_many relation starts empty, so it cannot be required. Remove required.",
        )
    if relation.required and relation.on_delete is OnDelete.SET_NULL and not many:
        findings.add(
            f"{path}.on_delete",
            "CONTRADICTION",
            "set_null would empty a required relation. Use cascade or restrict, or drop required.",
        )
    if relation.payload and not many:
        findings.add(
            f"{path}.payload",
            "KEY_NOT_OF_TYPE",
            f"Only a many_to_many relation has a payload, not {relation.kind}."
            " Move these fields to the entity.",
        )


def _check_payload(path: str, relation: Relation, findings: Findings, limits: Limits) -> None:
    if len(relation.payload) > limits.payload_fields:
        findings.add(
            f"{path}.payload", "TOO_MANY", f"A link has at most {limits.payload_fields} fields."
        )
        return
    taken = {"id": "the built-in 'id'"}
    for index, field in enumerate(relation.payload):
        at = f"{path}.payload[{index}]"
        check_field(at, field, findings, limits)
        other = taken.get(snake_case(field.name))
        if other is not None:
            findings.add(
                f"{at}.name", "NAME_CLASH", f"{field.name!r} clashes with {other}. Rename one."
            )
        taken.setdefault(snake_case(field.name), repr(field.name))


def _check_cycles(spec: ProjectSpec, findings: Findings) -> None:
    edges: dict[str, list[tuple[str, str, str]]] = {}
    for path, owner, relation in _each(spec):
        if relation.required and relation.kind is not RelationKind.MANY_TO_MANY:
            step = (relation.target, f"{path}.required", f"{owner}.{relation.name}")
            edges.setdefault(owner, []).append(step)
    done: set[str] = set()
    for entity in spec.entities:
        _walk(entity.name, edges, done, findings)


def _walk(
    start: str, edges: dict[str, list[tuple[str, str, str]]], done: set[str], findings: Findings
) -> None:
    trail: list[tuple[str, str]] = []
    on_trail: dict[str, int] = {}
    stack: list[tuple[str, int]] = [(start, 0)] if start not in done else []
    while stack:
        node, position = stack.pop()
        steps = edges.get(node, [])
        if position == 0:
            on_trail[node] = len(trail)
        if position == len(steps):
            done.add(node)
            del on_trail[node]
            if trail:
                trail.pop()
            continue
        target, path, label = steps[position]
        stack.append((node, position + 1))
        if target in on_trail:
            _tell_cycle([*(name for _, name in trail[on_trail[target] :]), label], path, findings)
        elif target not in done:
            trail.append((path, label))
            stack.append((target, 0))


def _tell_cycle(labels: list[str], path: str, findings: Findings) -> None:
    findings.add(
        path,
        "REQUIRED_CYCLE",
        f"No first row could ever be stored: {' → '.join(labels)} are all required."
        " Make one of them optional.",
    )


def _check_mirrors(spec: ProjectSpec, findings: Findings) -> None:
    relations = list(_each(spec))
    first: dict[tuple[str, str, str, str], str] = {}
    for path, owner, relation in relations:
        first[_key(owner, relation.name, relation.target, relation.back)] = path
    for path, owner, relation in relations:
        mirrored = first.get(_key(relation.target, relation.back, owner, relation.name))
        if relation.back and mirrored is not None and mirrored < path:
            findings.add(
                path,
                "WRITTEN_TWICE",
                f"{relation.name!r} is the other end of {mirrored}, which already names it as its"
                " back. Write a relation at one end only.",
            )


def _key(owner: str, name: str, target: str, back: str) -> tuple[str, str, str, str]:
    return snake_case(owner), snake_case(name), snake_case(target), snake_case(back)
