"""Turns what the user wrote on the command line into the body of a request."""

import json
from datetime import date, time
from pathlib import Path
from typing import Any

import click
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from cli.client import Json
from cli.errors import RefusedError

MAX_SPEC_BYTES = 1024 * 1024


def body_of(prompt: str | None, spec: Path | None, **fields: Any) -> Json:
    """Return the body for `generate` or `plan`; fields without a value are left out.

    Raises:
        UsageError: There is neither a prompt nor a spec.
        RefusedError: The spec cannot be read.
    """
    if not prompt and spec is None:
        raise click.UsageError("Say what to build: a PROMPT, or --spec FILE.")
    body: Json = {key: value for key, value in fields.items() if value}
    if prompt:
        body["prompt"] = prompt
    if spec is not None:
        body["spec"] = read_spec(spec)
    return body


def iteration_of(parent: str, prompt: str | None, patch: Path | None, **fields: Any) -> Json:
    """Return the body for `iterate`; fields without a value are left out.

    Raises:
        UsageError: There is neither a prompt nor a patch.
        RefusedError: The patch cannot be read.
    """
    if not prompt and patch is None:
        raise click.UsageError("Say what to change: a PROMPT, or --patch FILE.")
    body: Json = {key: value for key, value in fields.items() if value}
    body["parent_generation_id"] = parent
    if prompt:
        body["modification_prompt"] = prompt
    if patch is not None:
        body["spec_patch"] = read_spec(patch)
    return body


def read_spec(path: Path) -> Json:
    """Return a spec file's document, JSON or YAML.

    Raises:
        RefusedError: It is not there, too large, or not a document of names and values.
    """
    try:
        if path.stat().st_size > MAX_SPEC_BYTES:
            raise RefusedError(f"{str(path)!r} is larger than {MAX_SPEC_BYTES} bytes.")
        document = YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise RefusedError(f"{str(path)!r} cannot be read: {error.strerror}.") from error
    except (YAMLError, ValueError) as error:
        raise RefusedError(f"{str(path)!r} is neither JSON nor YAML: {error}") from error
    if not isinstance(document, dict):
        raise RefusedError(f"{str(path)!r} is not a spec: it must start with names and values.")
    return _as_json(document)


def _as_json(document: dict[Any, Any]) -> Json:
    try:
        answer: Json = json.loads(json.dumps(document, default=_as_text, allow_nan=False))
    except (TypeError, ValueError, RecursionError) as error:
        raise RefusedError(f"The spec holds what JSON cannot say: {error}") from error
    return answer


def _as_text(value: Any) -> str:
    """Return a date or time as the text it was: JSON has none, and the server checks it."""
    if isinstance(value, date | time):
        return value.isoformat()
    raise TypeError(f"{value!r} is none of text, number, list or mapping")
