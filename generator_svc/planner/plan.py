"""The planner's one entry: a request in, a checked plan out, the same each time."""

from dataclasses import replace

from chassis.errors import InvalidInputError
from generator_svc.domain.refusal import PLAN_REFUSED
from generator_svc.domain.spec import ProjectSpec
from generator_svc.domain.validate import validate
from generator_svc.planner.assemble import complete, spec_of
from generator_svc.planner.catalogue import catalogues
from generator_svc.planner.constraints import allows_best_effort, apply_constraints
from generator_svc.planner.document import read_document, read_tree
from generator_svc.planner.draft import Draft, Origin
from generator_svc.planner.embedded import read_embedded
from generator_svc.planner.english import read_english
from generator_svc.planner.patch import PatchRequest, plan_patch
from generator_svc.planner.refuse import (
    check_domain,
    check_plan,
    check_project_name,
    check_prompt,
)
from generator_svc.planner.request import Plan, PlanRequest, Source

SHORTEST_PROMPT = 10
"""Characters of a prompt."""

LONGEST_PROMPT = 5_000
"""Characters of a prompt."""

LONGEST_CHANGE = 2_000
"""Characters of a prompt that asks for a change."""

_SWITCHES = frozenset({"auth", "docker", "ci", "tests"})


def plan(request: PlanRequest) -> Plan:
    """Return the checked plan of a request.

    Raises:
        InvalidInputError: The spec or the prompt is refused; `violations` names each place, and the
            metadata of a refused prompt holds what was understood, as a spec to go on with.
    """
    try:
        return _planned(request)
    except InvalidInputError as error:
        raise InvalidInputError(
            error.message,
            violations=error.violations,
            reason=PLAN_REFUSED,
            metadata=error.metadata,
        ) from error


def _planned(request: PlanRequest) -> Plan:
    check_project_name(request.project_name)
    if request.base is not None:
        return _from_base(request, request.base)
    if request.document is not None:
        return _from_spec(request, read_document(request.document), rule="spec_document")
    if request.spec is not None:
        return _from_spec(request, request.spec, rule="spec")
    return _from_prompt(request)


def _from_base(request: PlanRequest, base: ProjectSpec) -> Plan:
    written = read_tree(request.patch) if request.patch is not None else None
    if written is None:
        check_prompt(
            request.prompt,
            field="modification_prompt",
            shortest=SHORTEST_PROMPT,
            longest=LONGEST_CHANGE,
        )
    planned = plan_patch(PatchRequest(spec=base, prompt=request.prompt, patch=written))
    return Plan(
        spec=planned.spec, sources=planned.sources, patch=planned.patch, losses=planned.losses
    )


def _from_spec(request: PlanRequest, spec: ProjectSpec, *, rule: str) -> Plan:
    spec = replace(
        spec,
        name=request.project_name or spec.name,
        tech_stack=request.tech_stack or spec.tech_stack,
    )
    spec, constrained = apply_constraints(spec, request.constraints)
    validate(spec)
    entities = (Source(path=f"entities[{index}]", rule=rule) for index in range(len(spec.entities)))
    return Plan(spec=spec, sources=(Source(path="name", rule=rule), *entities, *constrained))


def _from_prompt(request: PlanRequest) -> Plan:
    check_prompt(request.prompt, field="prompt", shortest=SHORTEST_PROMPT, longest=LONGEST_PROMPT)
    check_domain(request.domain, [each.domain for each in catalogues()])
    draft = _draft(request)
    embedded = read_embedded(request.prompt, draft)
    understanding = read_english(embedded.prompt, draft, declared=embedded.declared)
    complete(draft)
    spec, sources = _merged(embedded.spec, draft, request)
    spec, constrained = apply_constraints(spec, request.constraints)
    best_effort = allows_best_effort(request.constraints)
    check_plan(spec, draft, understanding, sources=sources, best_effort=best_effort)
    left_out = (*understanding.unresolved, *(span for _, span in draft.asked))
    unresolved = tuple(sorted(left_out, key=lambda span: span.start))
    return Plan(spec=spec, sources=(*sources, *constrained), unresolved=unresolved)


def _merged(
    document: ProjectSpec | None, draft: Draft, request: PlanRequest
) -> tuple[ProjectSpec, tuple[Source, ...]]:
    """Return the spec of a draft, or of the document in the prompt with the draft's features."""
    if document is None:
        return spec_of(draft)
    switches = {key: on for key, (on, _) in draft.features.items() if key in _SWITCHES}
    features = replace(document.features, **switches)  # type: ignore[arg-type]
    stack = draft.tech_stack[0] if draft.tech_stack else document.tech_stack
    name = request.project_name or document.name
    sources = [Source(path="name", rule="spec_in_prompt")]
    sources += [
        Source(path=f"entities[{index}]", rule="spec_in_prompt")
        for index in range(len(document.entities))
    ]
    return replace(document, name=name, features=features, tech_stack=stack), tuple(sources)


def _draft(request: PlanRequest) -> Draft:
    draft = Draft()
    if request.project_name:
        draft.name = (request.project_name, Origin(rule="project_name"))
    if request.tech_stack is not None:
        draft.tech_stack = (request.tech_stack, Origin(rule="tech_stack"))
    if request.domain:
        draft.domain = (request.domain, Origin(rule="domain"))
    return draft
