"""Refuses a prompt that cannot be planned, with what was understood and a spec to fill in."""

from collections.abc import Sequence

from generator_svc.domain.dump import spec_yaml
from generator_svc.domain.limits import DEFAULT_LIMITS
from generator_svc.domain.refusal import PLAN_REFUSED, Findings
from generator_svc.domain.spec import ProjectSpec
from generator_svc.domain.validate import find_violations
from generator_svc.domain.validate_names import check_name
from generator_svc.planner.constraints import BEST_EFFORT
from generator_svc.planner.draft import Draft
from generator_svc.planner.english import Understanding
from generator_svc.planner.request import Source, Span

MOST_UNRESOLVED = 0.4
"""The share of a prompt's words that may stay unresolved."""

METADATA_LENGTH = 3_000
"""Characters of a refusal's metadata: all of it travels in the trailers of one call."""

TEMPLATE = """\
name: my-project
entities:
- name: Book
  fields:
  - name: title
    type: string
    required: true
    max_length: 200
  relations:
  - name: author
    kind: many_to_one
    target: Author
    back: books
    required: true
- name: Author
  fields:
  - name: name
    type: string
    required: true
tech_stack: fastapi_postgres
"""
"""A spec to fill in, for a prompt of which nothing was understood."""


def check_prompt(prompt: str, *, field: str, shortest: int, longest: int) -> None:
    """Refuse a prompt that is too short to mean anything, or too long.

    Raises:
        InvalidInputError: It is.
    """
    findings = Findings()
    length = len(prompt.strip())
    if length < shortest:
        findings.add(
            field,
            "PROMPT_TOO_SHORT",
            f"The prompt has {length} characters, at least {shortest} are needed."
            " Say what to store, such as: a blog with posts and comments.",
        )
    if length > longest:
        findings.add(
            field,
            "PROMPT_TOO_LONG",
            f"The prompt has {length} characters, at most {longest} are read."
            " Shorten it, or send a spec.",
        )
    findings.raise_if_any(reason=PLAN_REFUSED, metadata={"spec_template": TEMPLATE})


def check_project_name(name: str) -> None:
    """Refuse a project name that could not be a spec's.

    Raises:
        InvalidInputError: It could not.
    """
    findings = Findings()
    if name:
        check_name("project_name", name, findings, DEFAULT_LIMITS)
    findings.raise_if_any(reason=PLAN_REFUSED)


def check_domain(domain: str, known: Sequence[str]) -> None:
    """Refuse a domain that has no catalogue.

    Raises:
        InvalidInputError: It has none.
    """
    findings = Findings()
    if domain and domain not in known:
        findings.add(
            "domain", "UNKNOWN_DOMAIN", f"There is no domain {domain!r}. Use {', '.join(known)}."
        )
    findings.raise_if_any(reason=PLAN_REFUSED)


def check_plan(
    spec: ProjectSpec,
    draft: Draft,
    understanding: Understanding,
    *,
    sources: Sequence[Source],
    best_effort: bool,
) -> None:
    """Refuse a plan that asks for too much, says too little or contradicts itself.

    Raises:
        InvalidInputError: It does; each violation names the words at fault.
    """
    findings = Findings()
    if not best_effort:
        _tell_capabilities(draft, findings)
    if not spec.entities:
        _tell_nothing(understanding, findings)
    elif understanding.unresolved_words > MOST_UNRESOLVED * understanding.words:
        _tell_too_little(understanding, findings)
    else:
        _tell_faults(draft, findings)
        _tell_violations(spec, sources, findings)
    if findings:
        findings.raise_if_any(reason=PLAN_REFUSED, metadata=_metadata(spec, understanding))


def _tell_capabilities(draft: Draft, findings: Findings) -> None:
    for capability, span in draft.asked:
        findings.add(
            "prompt",
            "UNSUPPORTED_CAPABILITY",
            f"{_quoted(span)} asks for {capability}, which cannot be generated. Leave it out, say"
            f" 'without {span.text}', or allow a plan without it by the constraint {BEST_EFFORT}.",
        )


def _tell_nothing(understanding: Understanding, findings: Findings) -> None:
    lost = ", ".join(_quoted(span) for span in understanding.unresolved[:5])
    missed = f" Not understood: {lost}." if lost else ""
    findings.add(
        "prompt",
        "NO_ENTITY",
        f"The prompt names nothing to store.{missed} Say what there is, such as: a library with"
        " authors and books. A book has a title and belongs to an author.",
    )


def _tell_too_little(understanding: Understanding, findings: Findings) -> None:
    for span in understanding.unresolved[:10]:
        findings.add(
            "prompt",
            "NOT_UNDERSTOOD",
            f"{_quoted(span)} was not understood, and it is much of the prompt. Say it in short"
            " sentences, such as: a book has a title and belongs to an author.",
        )


def _tell_faults(draft: Draft, findings: Findings) -> None:
    for rule, message, span in draft.faults:
        words = f"{_quoted(span)}: " if span is not None else ""
        findings.add("prompt", rule, f"{words}{message}")


def _tell_violations(spec: ProjectSpec, sources: Sequence[Source], findings: Findings) -> None:
    for violation in find_violations(spec).violations:
        span = _span_of(violation.field, sources)
        words = f"{_quoted(span)}: " if span is not None else ""
        findings.add("prompt", violation.reason, f"{words}{violation.field}: {violation.message}")


def _span_of(path: str, sources: Sequence[Source]) -> Span | None:
    known = {source.path: source.span for source in sources}
    while path:
        if path in known:
            return known[path]
        path = path.rpartition(".")[0]
    return None


def _quoted(span: Span) -> str:
    text = span.text if len(span.text) <= 80 else f"{span.text[:79]}…"  # noqa: PLR2004 - a line
    return f"{' '.join(text.split())!r} (characters {span.start} to {span.end})"


def _metadata(spec: ProjectSpec, understanding: Understanding) -> dict[str, str]:
    """Return the plan so far as a spec to go on with, and what is missing in it."""
    facts = {"unresolved": "; ".join(span.text for span in understanding.unresolved)[:500]}
    if not spec.entities:
        return facts | {"spec_template": TEMPLATE}
    partial = spec_yaml(spec)
    if len(partial) <= METADATA_LENGTH:
        return facts | {"partial_spec": partial}
    return facts | {"entities": ", ".join(entity.name for entity in spec.entities)[:500]}
