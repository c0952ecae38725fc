"""From the command line to a request."""

from pathlib import Path

import click
import pytest

from cli.errors import RefusedError
from cli.request import MAX_SPEC_BYTES, body_of, read_spec


def spec_file(folder: Path, text: str) -> Path:
    """Write a spec file."""
    path = folder / "spec.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_only_what_was_said_is_sent(tmp_path: Path) -> None:
    """Leaves out every option without a value, so that the server's defaults hold."""
    spec = spec_file(tmp_path, "name: blog")
    body = body_of("A blog", spec, tech_stack="fastapi_sqlite", domain=None, constraints=())
    assert body == {"prompt": "A blog", "spec": {"name": "blog"}, "tech_stack": "fastapi_sqlite"}


def test_nothing_to_build_is_wrong_usage() -> None:
    """Asks for a prompt or a spec."""
    with pytest.raises(click.UsageError, match="PROMPT"):
        body_of(None, None)


def test_yaml_means_what_json_would(tmp_path: Path) -> None:
    """Reads `on` and `no` as words, and dates as the text they are."""
    text = "values: [on, off, no]\ndefault: 2020-01-31\nat: 2020-01-31T10:00:00\nflag: true\n"
    assert read_spec(spec_file(tmp_path, text)) == {
        "values": ["on", "off", "no"],
        "default": "2020-01-31",
        "at": "2020-01-31T10:00:00",
        "flag": True,
    }


def test_json_is_read_too(tmp_path: Path) -> None:
    """Reads JSON, of which YAML is an extension."""
    assert read_spec(spec_file(tmp_path, '{"a": [1, 2.5, null]}')) == {"a": [1, 2.5, None]}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a: [1", "neither JSON nor YAML"),
        ("- a\n- b\n", "must start with names and values"),
        ("", "must start with names and values"),
        ("a: .nan", "what JSON cannot say"),
        ("a: !!binary aGVsbG8=", "what JSON cannot say"),
        ("a: !!python/object:os.system x", "neither JSON nor YAML"),
        ("a: 1\na: 2\n", "neither JSON nor YAML"),
        ("a: " + "x" * MAX_SPEC_BYTES, "larger than"),
    ],
)
def test_what_is_no_spec_is_refused(tmp_path: Path, text: str, words: str) -> None:
    """Says what is wrong with a file that is no document."""
    with pytest.raises(RefusedError, match=words):
        read_spec(spec_file(tmp_path, text))


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    """Names the file that is not there."""
    with pytest.raises(RefusedError, match="No such file"):
        read_spec(tmp_path / "none.yaml")
