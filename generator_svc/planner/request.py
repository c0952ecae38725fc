"""What the planner is asked and what it answers."""

from dataclasses import dataclass
from enum import StrEnum

from generator_svc.domain.patch import Loss, SpecPatch
from generator_svc.domain.spec import ProjectSpec, TechStack


class SpecFormat(StrEnum):
    """The formats a spec may be written in."""

    JSON = "json"
    YAML = "yaml"


@dataclass(frozen=True, slots=True, kw_only=True)
class SpecDocument:
    """A spec as its user wrote it."""

    content: bytes
    """The text, UTF-8."""

    format: SpecFormat = SpecFormat.YAML
    """Its format; JSON is read as YAML, too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanRequest:
    """What to plan; a spec or a document wins over the prompt."""

    prompt: str = ""
    """What the user asked for; may be empty with a spec."""

    spec: ProjectSpec | None = None
    """The spec, if the caller has one."""

    document: SpecDocument | None = None
    """The spec as its user wrote it, if there is one."""

    project_name: str = ""
    """The project's name; empty derives it."""

    tech_stack: TechStack | None = None
    """The stack asked for; None leaves it to the spec, the prompt, then the default."""

    domain: str = ""
    """The domain to take defaults from; empty means none but what the prompt names."""

    constraints: tuple[str, ...] = ()
    """Features asked for, such as `dockerized`."""

    base: ProjectSpec | None = None
    """The parent's spec, when an iteration is planned; the prompt says what to change."""

    patch: SpecDocument | None = None
    """The patch as its user wrote it, if there is one; it wins over the prompt."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A run of characters of the prompt, counted in code points."""

    start: int
    """The first character."""

    end: int
    """One past the last."""

    text: str
    """The characters themselves."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where one item of a plan comes from."""

    path: str
    """The item, as a path in the spec: `entities[0].fields[1]`."""

    rule: str
    """The rule that produced it, in snake case."""

    span: Span | None = None
    """The words it came from; None when it comes from a spec or a default."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A checked spec, where its items come from, and what was not understood."""

    spec: ProjectSpec
    """The spec that would be generated."""

    sources: tuple[Source, ...] = ()
    """Where each item of the spec comes from, in the spec's order."""

    unresolved: tuple[Span, ...] = ()
    """What of the prompt matched nothing, in its order."""

    patch: SpecPatch | None = None
    """With a base: what changes."""

    losses: tuple[Loss, ...] = ()
    """With a base: what of the stored data would be dropped or refused."""
