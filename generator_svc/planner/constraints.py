"""Features asked for beside the prompt: `dockerized`, `authenticated`, `soft delete`."""

from dataclasses import replace
from typing import Any

from generator_svc.domain.refusal import SPEC_INVALID, Findings
from generator_svc.domain.spec import Entity, ProjectSpec, TechStack
from generator_svc.planner.draft import ENTITY_OPTIONS
from generator_svc.planner.lexicon import lexicon
from generator_svc.planner.request import Source

BEST_EFFORT = "best_effort"
"""The constraint that allows a plan without what cannot be generated."""

_FEATURES = frozenset({"auth", "docker", "ci", "tests"})
_OPTIONS = frozenset({*ENTITY_OPTIONS, "timestamps"})
_WHO = frozenset({"User", "Tenant"})


def allows_best_effort(constraints: tuple[str, ...]) -> bool:
    """Tell whether a plan may leave out what cannot be generated."""
    return BEST_EFFORT in constraints


def apply_constraints(
    spec: ProjectSpec, constraints: tuple[str, ...]
) -> tuple[ProjectSpec, tuple[Source, ...]]:
    """Return a spec with the features that constraints ask for, and where these come from.

    Raises:
        InvalidInputError: A constraint is unknown, or cannot be met.
    """
    findings = Findings()
    sources: list[Source] = []
    for index, constraint in enumerate(constraints):
        feature = _feature(constraint)
        if feature is None and constraint != BEST_EFFORT:
            _tell(findings, f"constraints[{index}]", constraint)
        elif feature is not None:
            spec = _with(spec, feature)
            sources += [Source(path=path, rule="constraint") for path in _paths(spec, feature)]
    findings.raise_if_any(reason=SPEC_INVALID)
    return spec, tuple(sources)


def _paths(spec: ProjectSpec, feature: str) -> list[str]:
    if feature in {"sqlite", "postgres"}:
        return ["tech_stack"]
    options = [
        f"entities[{index}].options.{feature}"
        for index, entity in enumerate(spec.entities)
        if feature in _OPTIONS and getattr(entity.options, feature)
    ]
    needs_auth = feature in {"auth", "owner", "tenant", "roles"}
    switch = "auth" if needs_auth else feature
    return options + ([f"features.{switch}"] if switch in _FEATURES else [])


def _feature(constraint: str) -> str | None:
    word = constraint.strip().lower()
    features = lexicon().features
    spellings = (word, word.replace("_", " "), word.replace("_", "-"))
    found = next((features[each] for each in spellings if each in features), None)
    return found or (word if word in _FEATURES | _OPTIONS else None)


def _tell(findings: Findings, path: str, constraint: str) -> None:
    known = "authenticated, dockerized, tested, ci, paginated, soft_delete, ownership, multi_tenant"
    findings.add(
        path,
        "UNKNOWN_CONSTRAINT",
        f"There is no constraint {constraint!r}. Use {known}, timestamps, sqlite, postgres or"
        f" {BEST_EFFORT}.",
    )


def _with(spec: ProjectSpec, feature: str) -> ProjectSpec:
    if feature in {"sqlite", "postgres"}:
        return replace(spec, tech_stack=TechStack(f"fastapi_{feature}"))
    if feature in _OPTIONS:
        spec = replace(spec, entities=tuple(_optioned(each, feature) for each in spec.entities))
    if feature in {"auth", "owner", "tenant", "roles"}:
        feature = "auth"
    if feature in _FEATURES:
        switched: dict[str, Any] = {feature: True}
        return replace(spec, features=replace(spec.features, **switched))
    return spec


def _optioned(entity: Entity, option: str) -> Entity:
    if option in {"owner", "tenant"} and entity.name in _WHO:
        return entity
    switched: dict[str, Any] = {option: True}
    return replace(entity, options=replace(entity.options, **switched))
