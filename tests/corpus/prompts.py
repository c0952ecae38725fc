"""The prompts of the corpus, and what the planner answers to each, as data to compare in full.

A request with a `base` asks for a change of what the prompt of that name plans.

`python -m tests.corpus.prompts` writes the present answers into the files, for review as a diff.
"""

from pathlib import Path
from typing import Any

import yaml

from chassis.errors import InvalidInputError
from generator_svc.domain.dump import spec_document
from generator_svc.domain.patch import SpecPatch
from generator_svc.planner import Plan, PlanRequest, Source, plan

PROMPTS = Path(__file__).parent / "prompts"


def prompt_names() -> list[str]:
    """Return the names of all prompts."""
    return sorted(path.stem for path in PROMPTS.glob("*.yaml"))


def load_prompt(name: str) -> dict[str, Any]:
    """Return one prompt with its expected answer."""
    entry: dict[str, Any] = yaml.safe_load((PROMPTS / f"{name}.yaml").read_text("utf-8"))
    return entry


def request_of(entry: dict[str, Any]) -> PlanRequest:
    """Return the request of an entry."""
    keys = dict(entry["request"])
    base = keys.pop("base", None)
    planned = plan(request_of(load_prompt(base))).spec if base is not None else None
    return PlanRequest(
        **{**keys, "constraints": tuple(keys.get("constraints", ())), "base": planned}
    )


def answer_to(request: PlanRequest) -> dict[str, Any]:
    """Return what the planner answers: a plan or a refusal, in full."""
    try:
        return {"plan": _plan(plan(request))}
    except InvalidInputError as error:
        violations = [
            {"field": each.field, "reason": each.reason, "message": each.message}
            for each in error.violations
        ]
        return {
            "refused": {
                "reason": error.reason,
                "violations": violations,
                "metadata": error.metadata,
            }
        }


def _plan(planned: Plan) -> dict[str, Any]:
    """Return a plan in full; the spec of a change follows from its base and its patch."""
    if planned.patch is not None:
        return {
            "patch": _patch(planned.patch),
            "losses": [f"{loss.target} {loss.reason} {loss.message}" for loss in planned.losses],
            "sources": [_source(source) for source in planned.sources],
        }
    return {
        "spec": spec_document(planned.spec),
        "sources": [_source(source) for source in planned.sources],
        "unresolved": [f"{span.start}-{span.end} {span.text}" for span in planned.unresolved],
    }


def _patch(patch: SpecPatch) -> dict[str, Any]:
    renames = [{"target": each.target, "to": each.to} for each in patch.rename]
    sections: dict[str, list[Any]] = {
        "add": [{change.target: dict(change.keys)} for change in patch.add],
        "alter": [{change.target: dict(change.keys)} for change in patch.alter],
        "rename": renames,
        "drop": list(patch.drop),
    }
    return {name: items for name, items in sections.items() if items}


def _source(source: Source) -> str:
    span = source.span
    words = f" <- {span.start}-{span.end} {span.text}" if span is not None else ""
    return f"{source.path} {source.rule}{words}"


def _write() -> None:
    for name in prompt_names():
        entry = load_prompt(name)
        answered = {"request": entry["request"], **answer_to(request_of(entry))}
        text = yaml.safe_dump(answered, sort_keys=False, allow_unicode=True, width=100)
        (PROMPTS / f"{name}.yaml").write_text(text, "utf-8")


if __name__ == "__main__":
    _write()
