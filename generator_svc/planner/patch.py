"""The planner of iterations: a prompt, or a patch as written, to a checked patch of a spec."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from chassis.errors import InvalidInputError
from generator_svc.domain.dump import patch_yaml
from generator_svc.domain.patch import Change, Loss, Rename, SpecPatch, find_losses
from generator_svc.domain.refusal import PLAN_REFUSED, Findings
from generator_svc.domain.spec import JsonValue, ProjectSpec
from generator_svc.planner.declared import declared_entities
from generator_svc.planner.interpret import interpret
from generator_svc.planner.nouns import is_plural
from generator_svc.planner.patch_apply import apply_patch
from generator_svc.planner.patch_changes import read_change
from generator_svc.planner.patch_document import read_patch
from generator_svc.planner.patch_draft import changes_of, draft_of
from generator_svc.planner.patch_reading import read_statements
from generator_svc.planner.patch_targets import Changes
from generator_svc.planner.reading import Reading
from generator_svc.planner.refuse import METADATA_LENGTH
from generator_svc.planner.request import Source, Span
from generator_svc.planner.syntax import Statement


@dataclass(frozen=True, slots=True, kw_only=True)
class PatchRequest:
    """What to change of which spec; a patch as written wins over the prompt."""

    spec: ProjectSpec
    """The parent's spec."""

    prompt: str = ""
    """What the user asked for."""

    patch: JsonValue = None
    """The patch as a tree of a document, if the user wrote one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PatchPlan:
    """A checked patch, what comes of it, and what it would lose."""

    patch: SpecPatch
    spec: ProjectSpec
    """The spec with the patch applied."""

    losses: tuple[Loss, ...]
    """What of the stored data would be dropped or refused; not empty needs confirmation."""

    sources: tuple[Source, ...] = ()
    """Which words were read by which rule, in the prompt's order."""


def plan_patch(request: PatchRequest) -> PatchPlan:
    """Return the checked patch of a request.

    Raises:
        InvalidInputError: The patch or the prompt is refused; `violations` names each place.
    """
    try:
        written = request.patch is not None
        patch, sources = (read_patch(request.patch), ()) if written else _from_prompt(request)
        spec = apply_patch(request.spec, patch)
    except InvalidInputError as error:
        raise InvalidInputError(
            error.message,
            violations=error.violations,
            reason=PLAN_REFUSED,
            metadata=error.metadata,
        ) from error
    losses = find_losses(request.spec, spec, patch)
    return PatchPlan(patch=patch, spec=spec, losses=losses, sources=sources)


def _from_prompt(request: PatchRequest) -> tuple[SpecPatch, tuple[Source, ...]]:
    draft = draft_of(request.spec)
    known = frozenset(draft.entities)
    parts, lost = read_statements(request.prompt, known)
    plain = [each for each in parts if each.kind not in _KINDS]
    declared = known | declared_entities(plain) | _added_entities(parts)
    reading = Reading(draft=draft, prompt=request.prompt, declared=declared)
    changes = Changes(reading=reading)
    for statement in parts:
        if statement.kind in _KINDS:
            read_change(changes, statement)
        elif _adds_by_the_way(statement, reading.declared):
            reading.unclear.append(reading.between(statement.start, statement.end))
        else:
            interpret(reading, statement)
        for item in statement.items:
            reading.skip_unheard(item)
    add, alter, drop = changes_of(request.spec, draft, required=changes.required)
    patch = SpecPatch(
        add=tuple(_after(changes.rename, change) for change in add),
        alter=tuple(alter),
        rename=tuple(changes.rename),
        drop=(*changes.drop, *drop),
    )
    _check(request.prompt, changes, [*lost, *reading.unclear], patch)
    return patch, tuple(_source(request.prompt, statement) for statement in parts)


def _added_entities(statements: Iterable[Statement]) -> set[str]:
    """Return the keys of the suppliers of `add suppliers; products have a supplier`."""
    added = [each for each in statements if each.kind in {"added", "added_with"}]
    phrases = [
        phrase
        for each in added
        if not each.places
        for phrase in (each.subject, *(item.phrase for item in each.items))
    ]
    return {each.singular for each in phrases if each is not None and is_plural(each.text)}


def _adds_by_the_way(statement: Statement, declared: frozenset[str]) -> bool:
    """Tell a list of bare nouns, which is nothing to add where nobody says so."""
    strange = [
        item
        for item in statement.items
        if item.phrase is not None and item.phrase.singular not in declared
    ]
    bare = not any(qualifier.kind == "group" for item in strange for qualifier in item.qualifiers)
    return statement.kind == "fragment" and bool(strange) and bare


def _source(prompt: str, statement: Statement) -> Source:
    start, end = statement.start, statement.end
    span = Span(start=start, end=end, text=prompt[start:end])
    return Source(path="spec_patch", rule=statement.kind, span=span)


def _after(renames: Sequence[Rename], change: Change) -> Change:
    """Return an addition with its entities by the names they have after the renames."""
    names = {rename.target: rename.to for rename in renames}
    owner, dot, member = change.target.partition(".")
    keys = dict(change.keys)
    if isinstance(keys.get("target"), str):
        keys["target"] = names.get(str(keys["target"]), keys["target"])
    return Change(target=f"{names.get(owner, owner)}{dot}{member}", keys=keys)


# ---- refusing


def _check(prompt: str, changes: Changes, lost: list[Span], patch: SpecPatch) -> None:
    findings = Findings()
    for capability, span in changes.reading.draft.asked:
        findings.add(
            "modification_prompt",
            "UNSUPPORTED_CAPABILITY",
            f"{span.text!r} asks for {capability}, which cannot be generated. Leave it out.",
        )
    if changes.reading.draft.tech_stack is not None:
        findings.add(
            "modification_prompt",
            "STACK_IS_FIXED",
            "The stack of a project stays as it is. Generate a new project for another one.",
        )
    for rule, message, span in changes.faults:
        findings.add("modification_prompt", rule, f"{span.text!r}: {message}")
    for span in sorted(lost, key=lambda each: each.start):
        findings.add(
            "modification_prompt",
            "NOT_UNDERSTOOD",
            f"{span.text!r} was not understood. Say it with add, remove, rename, make or change,"
            " such as: add a phone number to users; rename title of posts to headline.",
        )
    if not patch and not findings:
        findings.add(
            "modification_prompt",
            "NOTHING_TO_CHANGE",
            f"{prompt[:80]!r} changes nothing that is not so already. Say what to change, such"
            " as: make the title of posts unique.",
        )
    if findings:
        findings.raise_if_any(reason=PLAN_REFUSED, metadata=_metadata(patch))


TEMPLATE = """\
add:
- entity.field: Post.subtitle
  type: string
- entity.relation: Post.editor
  kind: many_to_one
  target: User
alter:
- entity.field: Post.title
  max_length: 80
rename:
- entity.field: Post.body
  to: content
drop:
- Post.summary
"""
"""A patch to fill in, for a change of which nothing was understood."""


def _metadata(patch: SpecPatch) -> dict[str, str]:
    """Return what was understood as a patch to go on with, or one to fill in."""
    partial = patch_yaml(patch) if patch else ""
    if partial and len(partial) <= METADATA_LENGTH:
        return {"partial_patch": partial}
    return {"patch_template": TEMPLATE}


_KINDS = frozenset(
    {"added", "added_with", "given", "dropped", "renamed", "altered", "changed"}
    | {"unlinked", "tied", "featured_with"}
)
