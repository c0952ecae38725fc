"""The template engine: renders a project without a model, the same bytes for the same spec."""

import itertools
from collections.abc import Iterable, Iterator
from importlib import resources

import jinja2

from generator_svc.domain.iteration import Base
from generator_svc.domain.spec import ProjectSpec
from generator_svc.engines import closing, describing
from generator_svc.engines.describing import Describe
from generator_svc.engines.fingerprint import fingerprint
from generator_svc.engines.formatting import format_files
from generator_svc.engines.interface import (
    EntityCompleted,
    EntityStarted,
    GeneratedFile,
    PhaseCompleted,
    Step,
)
from generator_svc.phases import core, entities, main, migrations, registry, support, tests
from generator_svc.phases.drafts import Draft
from generator_svc.phases.model.entities import EntityModel
from generator_svc.phases.model.project import ProjectModel, build
from generator_svc.phases.model.source import json_literal

BATCH = 8
"""How many entities are formatted at once: one run of ruff costs as much as a few files."""

_ENTITIES, _MIGRATIONS, _MAIN = 2, 3, 6
_LONG = 40
_DRAFTS = {
    1: core.drafts,
    4: tests.drafts,
    5: support.drafts,
    6: main.drafts,
}


class TemplateEngine:
    """Renders phases from the templates of this package.

    Args:
        describe: How a rendered application is asked for its OpenAPI document.
    """

    def __init__(self, describe: Describe = describing.describe) -> None:
        self._describe = describe
        self._templates = jinja2.Environment(
            loader=jinja2.FunctionLoader(_load),
            undefined=jinja2.StrictUndefined,
            variable_start_string="<<",
            variable_end_string=">>",
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
            autoescape=False,  # noqa: S701 - it writes Python, not HTML
        )
        self._templates.filters |= {
            "repr": repr,
            "short": _short,
            "json": json_literal,
            "slashed": "/{}".format,
        }

    def generate(
        self, spec: ProjectSpec, phase: int, *, base: Base | None = None
    ) -> Iterator[Step]:
        """Yield what happens in a phase, each file as it is rendered."""
        registry.phase(phase)
        project = build(spec)
        if base and (kept := self._untouched(project, phase, base)):
            yield PhaseCompleted(files_generated=0, kept_paths=kept)
            return
        if phase == _ENTITIES:
            yield from self._entities(project)
            return
        files = self._render(project, _drafts(phase, project, base))
        yield from files
        last = self._closing(project, files, base) if phase == _MAIN else []
        yield from last
        yield PhaseCompleted(files_generated=len(files) + len(last))

    def _entities(self, project: ProjectModel) -> Iterator[Step]:
        count, total = len(project.entities), 0
        numbered = enumerate(project.entities, start=1)
        for batch in iter(lambda: list(itertools.islice(numbered, BATCH)), []):
            files = self._render(
                project, itertools.chain.from_iterable(entities.drafts(e) for _, e in batch)
            )
            total += len(files)
            by_path = {file.path: file for file in files}
            for index, entity in batch:
                yield from _entity_steps(entity, index, count, by_path)
        yield PhaseCompleted(files_generated=total)

    def _closing(
        self, project: ProjectModel, main: list[GeneratedFile], base: Base | None
    ) -> list[GeneratedFile]:
        """Render what is about the whole project, whose other phases are rendered again for it."""
        earlier = (draft for phase in range(1, _MAIN) for draft in _drafts(phase, project, base))
        files = [*self._render(project, earlier), *main, *_kept(base)]
        document = closing.openapi(files, self._describe)
        spec = closing.spec_file(project.spec)
        return [document, spec, closing.manifest([*files, document])]

    def _untouched(self, project: ProjectModel, phase: int, base: Base) -> tuple[str, ...]:
        """Return a phase's paths if every file is as the parent's rendering has it; else none.

        What the templates write decides, before anything is laid out: that alone takes long.
        """
        if base.rendering.renderer != fingerprint():
            return ()
        before = build(base.spec)
        old = {draft.path: draft for draft in _drafts(phase, before, None)}
        new = list(_drafts(phase, project, base))
        for draft in new:
            if draft.path not in old or draft.path not in base.rendering.digests:
                return ()
            if self._text(project, draft) != self._text(before, old[draft.path]):
                return ()
        if phase != _MAIN:
            return tuple(draft.path for draft in new)
        same = closing.same_project(project.spec, base)
        return (*(draft.path for draft in new), *closing.PATHS) if same else ()

    def _render(self, project: ProjectModel, drafts: Iterable[Draft]) -> list[GeneratedFile]:
        return format_files([self._file(project, draft) for draft in drafts])

    def _file(self, project: ProjectModel, draft: Draft) -> GeneratedFile:
        return GeneratedFile(path=draft.path, content=self._text(project, draft).encode())

    def _text(self, project: ProjectModel, draft: Draft) -> str:
        template = self._templates.get_template(draft.template)
        return template.render(p=project, **draft.context)


def _drafts(phase: int, project: ProjectModel, base: Base | None) -> Iterator[Draft]:
    if phase == _ENTITIES:
        return itertools.chain.from_iterable(map(entities.drafts, project.entities))
    if phase == _MIGRATIONS:
        return migrations.drafts(project, base)
    return _DRAFTS[phase](project)


def _kept(base: Base | None) -> list[GeneratedFile]:
    """Return the files of the parent that stay as they are and belong to the project."""
    found = base.migrations if base else {}
    return [GeneratedFile(path=path, content=content) for path, content in found.items()]


def _entity_steps(
    entity: EntityModel, index: int, count: int, files: dict[str, GeneratedFile]
) -> Iterator[Step]:
    yield EntityStarted(name=entity.name, index=index, count=count)
    for draft in entities.drafts(entity):
        yield files[draft.path]
    yield EntityCompleted(
        name=entity.name,
        index=index,
        count=count,
        files_generated=len(entities.CORE_PACKAGES),
    )


def _short(value: object) -> str:
    """Return a value as source; a long run of one character as a product."""
    if isinstance(value, str) and len(value) > _LONG and len(set(value)) == 1:
        return f"{value[0]!r} * {len(value)}"
    if isinstance(value, list) and len(value) > _LONG:
        return f"[{value[0]!r}] * {len(value)}"
    return repr(value)


def _load(name: str) -> str:
    folder = resources.files("generator_svc").joinpath("templates")
    return folder.joinpath(f"{name}.j2").read_text(encoding="utf-8")
