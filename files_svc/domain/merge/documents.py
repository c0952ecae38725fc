"""Keyed documents: TOML, YAML and JSON, read and printed with comments, order and quotes kept."""

import io
import json
import re
from collections.abc import Callable, Mapping, MutableMapping
from dataclasses import dataclass
from typing import Any

import tomlkit
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from tomlkit.exceptions import TOMLKitError

from files_svc.domain.merge.keyed import merge_mappings
from files_svc.domain.merge.result import Merged

ALIAS = re.compile(r"(?<![^\s,\[{:-])\*\w")
MAX_ALIASES = 20
"""Aliases of aliases multiply: comparing a few dozen could take for ever."""

WIDE = 4096
"""Longer than any line: the YAML printer must not fold what stood on one line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentType:
    """How a kind of document is read and printed."""

    parse: Callable[[str], Any]
    """Raises `ValueError` for what is no document of this kind."""

    render: Callable[[Any], str]


def _parse_toml(text: str) -> Any:
    try:
        return tomlkit.parse(text)
    except TOMLKitError as error:
        raise ValueError("this is no TOML") from error


def _yaml(indent: int, offset: int) -> YAML:
    yaml = YAML()
    yaml.preserve_quotes = True
    yaml.width = WIDE
    yaml.indent(mapping=2, sequence=indent, offset=offset)
    return yaml


def _parse_yaml(text: str) -> Any:
    if len(ALIAS.findall(text)) > MAX_ALIASES:
        raise ValueError("this YAML may grow beyond all bounds")
    try:
        return _yaml(2, 0).load(text)
    except YAMLError as error:
        raise ValueError("this is no YAML") from error


def _render_yaml(indent: int, offset: int) -> Callable[[Any], str]:
    def render(document: Any) -> str:
        stream = io.StringIO()
        _yaml(indent, offset).dump(document, stream)
        return stream.getvalue()

    return render


def _render_json(indent: int) -> Callable[[Any], str]:
    return lambda document: json.dumps(document, indent=indent, ensure_ascii=False) + "\n"


DOCUMENT_TYPES: Mapping[str, tuple[DocumentType, ...]] = {
    "toml": (DocumentType(parse=_parse_toml, render=tomlkit.dumps),),
    "yaml": (
        DocumentType(parse=_parse_yaml, render=_render_yaml(2, 0)),
        DocumentType(parse=_parse_yaml, render=_render_yaml(4, 2)),
    ),
    "json": (
        DocumentType(parse=json.loads, render=_render_json(2)),
        DocumentType(parse=json.loads, render=_render_json(4)),
    ),
}
"""The types of each kind; of several, the one that prints OURS as it stands is taken."""


def merge_document(kind: str, base: str, ours: str, theirs: str) -> Merged | None:
    """Merge a document key by key, or None when it cannot be read, or printed as it stands."""
    for document_type in DOCUMENT_TYPES[kind]:
        try:
            documents = [document_type.parse(text) for text in (base, ours, theirs)]
            if document_type.render(documents[1]) == ours:
                return _merge(document_type, documents)
        except (ValueError, RecursionError, TOMLKitError, YAMLError):
            return None
    return None


def _merge(document_type: DocumentType, documents: list[Any]) -> Merged | None:
    base, ours, theirs = documents
    if not all(isinstance(each, MutableMapping) for each in documents):
        return None
    clashes = merge_mappings(base, ours, theirs)
    text = document_type.render(ours)
    document_type.parse(text)
    return Merged(text=text, clashes=tuple(clashes))
