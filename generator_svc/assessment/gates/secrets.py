"""T0: no secret stands in a file."""

import ast
import math
import re
from collections import Counter
from collections.abc import Iterator

from generator_svc.assessment.project import Project, Source

_SHAPES = {
    "a private key": re.compile(r"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----"),
    "an AWS key id": re.compile(r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b"),
    "a GitHub token": re.compile(r"\bgh[pousr]_[A-Za-z0-9]{36,}\b"),
    "a Slack token": re.compile(r"\bxox[abprs]-[A-Za-z0-9-]{10,}"),
    "a Google key": re.compile(r"\bAIza[0-9A-Za-z_-]{35}\b"),
    "an OpenAI-like key": re.compile(r"\bsk-(?:[a-z]+-)*[A-Za-z0-9_-]{32,}"),
    "a signed token": re.compile(r"\beyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{20,}"),
}
_TELLING = re.compile(r"secret|passw(?:or)?d|token|api_?key|private_?key|credential", re.IGNORECASE)
_ASSIGNED = re.compile(r"^\s*([A-Za-z_][\w.-]*)\s*[=:]\s*[\"']?([^\s\"'#]+)")
_ENVIRONMENTS = (".env", ".yaml", ".yml", ".toml", ".ini", ".example")
_MIN_LENGTH = 20
_MIN_BITS = 3.5
"""Bits per character: words and placeholders stay below, random hexadecimal lies above."""


def check_secrets(project: Project) -> Iterator[str]:
    """Yield each place that looks like a secret; never the secret itself."""
    for path in project.files:
        text = project.text(path) or ""
        yield from _shapes(path, text)
        if path.rpartition("/")[2] == ".env":
            yield f"{path}: an .env file is part of the project"
        if path.endswith(_ENVIRONMENTS):
            yield from _assigned(path, text)
    for source, tree in project.parsed:
        if not source.is_test:
            yield from _literals(source, tree)


def _shapes(path: str, text: str) -> Iterator[str]:
    for meaning, shape in _SHAPES.items():
        for match in shape.finditer(text):
            yield f"{path}:{text.count(chr(10), 0, match.start()) + 1}: looks like {meaning}"


def _assigned(path: str, text: str) -> Iterator[str]:
    for number, line in enumerate(text.splitlines(), 1):
        match = _ASSIGNED.match(line)
        if match and _TELLING.search(match[1]) and _is_random(match[2]):
            yield f"{path}:{number}: {match[1]} looks like a real secret"


def _literals(source: Source, tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        for name, value in _named_values(node):
            if _TELLING.search(name) and _is_literal(value):
                yield f"{source.path}:{value.lineno}: {name} looks like a real secret"


def _named_values(node: ast.AST) -> Iterator[tuple[str, ast.expr]]:
    match node:
        case ast.Assign(targets=[ast.Name(id=name) | ast.Attribute(attr=name)], value=value):
            yield name, value
        case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
            yield name, value
        case ast.keyword(arg=str(name), value=value):
            yield name, value
        case ast.Dict(keys=keys, values=values):
            for key, value in zip(keys, values, strict=True):
                if isinstance(key, ast.Constant) and isinstance(key.value, str):
                    yield key.value, value


def _is_literal(value: ast.expr) -> bool:
    return (
        isinstance(value, ast.Constant) and isinstance(value.value, str) and _is_random(value.value)
    )


def _is_random(text: str) -> bool:
    if len(text) < _MIN_LENGTH or not re.fullmatch(r"[\w+/=.~-]+", text):
        return False
    has_both = any(char.isdigit() for char in text) and any(char.isalpha() for char in text)
    return has_both and _bits(text) >= _MIN_BITS


def _bits(text: str) -> float:
    counts = Counter(text).values()
    return -sum(count / len(text) * math.log2(count / len(text)) for count in counts)
