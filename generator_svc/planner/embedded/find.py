"""Finds the specs that stand in a prompt, reads them, and blanks them for the layers below."""

import re
from dataclasses import dataclass

from chassis.errors import InvalidInputError
from generator_svc.domain.spec import ProjectSpec
from generator_svc.planner.document import spec_from_tree
from generator_svc.planner.draft import Draft
from generator_svc.planner.embedded.jdl import read_jdl
from generator_svc.planner.embedded.models import Model, plan_models
from generator_svc.planner.embedded.shorthand import find_shorthand
from generator_svc.planner.embedded.sql import read_sql
from generator_svc.planner.text_tree import read_json, read_yaml

_FENCE = re.compile(r"```[a-zA-Z]*\n(?P<body>.*?)```", re.DOTALL)
_YAML = re.compile(r"^(?:name|entities|description|features|tech_stack):", re.MULTILINE)
_JSON = re.compile(r"\{\s*\"(?:name|entities|description|features|tech_stack)\"")
_SQL = re.compile(r"\bcreate\s+table\b.*\)[^;)]*(?:;|$)", re.DOTALL | re.IGNORECASE)
_JDL = re.compile(r"^[ \t]*(?:entity|enum|relationship)\s+\w+.*(?:\}|^[ \t]*entity\s+\w+[ \t]*$)",
                  re.DOTALL | re.MULTILINE)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Remainder:
    """What is left of a prompt when its specs were read."""

    prompt: str
    """The prompt with the specs blanked, character by character."""

    spec: ProjectSpec | None
    """The document that the prompt holds, if it holds one."""

    declared: frozenset[str]
    """The keys of the entities that were planned."""


def read_embedded(prompt: str, draft: Draft) -> Remainder:
    """Read the specs in a prompt into a draft.

    Raises:
        InvalidInputError: The prompt holds a document of ours that is wrong; each place is named.
    """
    rest, spec = _read_document(prompt)
    if spec is None:
        rest = _read_statements(rest, draft, prompt)
        rest = _read_shorthand(rest, draft, prompt)
    return Remainder(prompt=rest, spec=spec, declared=frozenset(draft.entities))


def _read_document(prompt: str) -> tuple[str, ProjectSpec | None]:
    start, end, body = 0, len(prompt), prompt
    fence = _FENCE.search(prompt)
    if fence is not None:
        start, end, body = fence.start(), fence.end(), fence["body"]
    as_json, as_yaml = _JSON.search(body), _YAML.search(body)
    if as_json is not None:
        text = body[as_json.start() : body.rindex("}") + 1] if "}" in body else body
        start = start if fence else as_json.start()
        end = end if fence else as_json.start() + len(text)
        return _found(prompt, start, end, _document(text, is_json=True))
    if as_yaml is not None and "entities:" in body:
        start = start if fence else as_yaml.start()
        return _found(prompt, start, end, _document(body[as_yaml.start() :], is_json=False))
    return prompt, None


def _found(
    prompt: str, start: int, end: int, spec: ProjectSpec | None
) -> tuple[str, ProjectSpec | None]:
    return (_blanked(prompt, start, end) if spec is not None else prompt), spec


def _document(text: str, *, is_json: bool) -> ProjectSpec | None:
    try:
        tree = (read_json if is_json else read_yaml)(text.encode())
    except InvalidInputError:
        return None  # it only looks like a document; the layers below read it
    if not isinstance(tree, dict) or not isinstance(tree.get("entities"), list):
        return None
    if not all(isinstance(entity, dict) for entity in tree["entities"]):  # type: ignore[union-attr]
        return None
    return spec_from_tree(tree)


def _read_statements(rest: str, draft: Draft, prompt: str) -> str:
    for pattern, read, rule in ((_SQL, read_sql, "sql_create_table"), (_JDL, read_jdl, "jdl")):
        match = pattern.search(rest)
        models = read(match.group(), match.start()) if match is not None else None
        if match is not None and models:
            plan_models(models, draft, prompt=prompt, rule=rule)
            rest = _blanked(rest, match.start(), match.end())
    return rest.replace("```", "   ")


def _read_shorthand(rest: str, draft: Draft, prompt: str) -> str:
    models: list[Model] = []
    for start, end, model in list(find_shorthand(rest)):
        models.append(model)
        named = start + len(model.name)
        in_list = rest[start:named] == model.name and rest[named : named + 1] == "("
        rest = _erased(rest, named, end) if in_list else _blanked(rest, start, end)
    plan_models(models, draft, prompt=prompt, rule="shorthand")
    return rest


def _erased(text: str, start: int, end: int) -> str:
    """Return a text with a region blank, as if it were not there."""
    return f"{text[:start]}{' ' * (end - start)}{text[end:]}"


def _blanked(text: str, start: int, end: int) -> str:
    """Return a text with a region blank; sentences end there."""
    blank = re.sub(r"[^\n]", " ", text[start:end])
    return f"{text[:start]};{blank[1:]}{text[end:]}"
