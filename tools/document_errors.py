"""Makes docs/errors.md from the code that raises them: `--check` fails when it differs."""

import ast
import importlib
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bridge.problems import STATUSES
from chassis.errors import FieldViolation, ServiceError
from chassis.status import CODES

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "errors.md"
PACKAGES = ("chassis", "orchestrator_svc", "generator_svc", "files_svc", "bridge")
INTRODUCTION = """\
# Errors

Over HTTP an error is a problem document (RFC 9457, `application/problem+json`): `title`, `status`,
`detail` for people, `reason` for machines, `trace_id` for whoever looks it up, and `errors` with
each field at fault. Over gRPC it is a `google.rpc.Status`: the same `reason` stands in
`ErrorInfo`, the fields in `BadRequest`, and how long to wait in `RetryInfo` (`Retry-After`).

A reason never changes its meaning. Neither a stack trace nor a path nor a secret leaves a process;
the cause of an `INTERNAL` stands in the log, under its `trace_id`.

This page is made from the code: `make gen` writes it, `make check` fails if it is out of date.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Raised:
    """One place where an error with a reason of its own is made."""

    kind: str
    reason: str
    message: str


def page() -> str:
    """Return the whole page."""
    classes = {each.__name__: each for each in _error_classes()}
    raised = sorted(set(_raised()), key=lambda each: (each.reason, each.kind, each.message))
    return "\n".join([INTRODUCTION, _kinds(classes), _reasons(classes, raised), _fields(raised)])


def _error_classes() -> list[type[ServiceError]]:
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*errors.py")):
            importlib.import_module(".".join(path.relative_to(ROOT).with_suffix("").parts))
    return sorted(_below(ServiceError), key=lambda each: each.__name__)


def _below(base: type[ServiceError]) -> Iterator[type[ServiceError]]:
    for each in base.__subclasses__():
        yield each
        yield from _below(each)


def _kinds(classes: dict[str, type[ServiceError]]) -> str:
    lines = ["## Kinds", "", "| reason | HTTP | gRPC | what it means |", "|---|---|---|---|"]
    named = [each for each in classes.values() if "default_reason" in vars(each)]
    for each in sorted(named, key=lambda each: (_http(each), each.default_reason)):
        meaning = (each.__doc__ or "").splitlines()[0]
        lines.append(f"| `{each.default_reason}` | {_http(each)} | {_grpc(each)} | {meaning} |")
    return "\n".join([*lines, ""])


def _reasons(classes: dict[str, type[ServiceError]], raised: list[Raised]) -> str:
    title = ["## Reasons", "", "Narrower than a kind; each is told in words of its own.", ""]
    lines = [*title, "| reason | HTTP | gRPC | what is told |", "|---|---|---|---|"]
    for each in raised:
        if each.kind in classes:
            of = classes[each.kind]
            lines.append(f"| `{each.reason}` | {_http(of)} | {_grpc(of)} | {each.message} |")
    return "\n".join([*lines, ""])


def _fields(raised: list[Raised]) -> str:
    title = ["## Reasons of fields", "", "In `errors[].reason`, beside the field's path.", ""]
    lines = [*title, "| reason | what is told |", "|---|---|"]
    own = (each for each in raised if each.kind == FieldViolation.__name__)
    lines += [f"| `{each.reason}` | {each.message} |" for each in own]
    return "\n".join([*lines, ""])


def _http(error: type[ServiceError]) -> int:
    return int(next(STATUSES[cls] for cls in error.__mro__ if cls in STATUSES))


def _grpc(error: type[ServiceError]) -> str:
    return str(next(CODES[cls] for cls in error.__mro__ if cls in CODES).name)


def _raised() -> Iterator[Raised]:
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                    yield from _in_call(node.func.id, node)


def _in_call(kind: str, call: ast.Call) -> Iterator[Raised]:
    keywords = {each.arg: each.value for each in call.keywords}
    message = keywords.get("message") or (call.args[0] if call.args else None)
    match keywords.get("reason"):
        case ast.Constant(value=str(reason)) if reason and message is not None:
            yield Raised(kind=kind, reason=reason, message=_words(message))


def _words(node: ast.expr) -> str:
    """Return a message as it is written, with `…` for what is filled in."""
    match node:
        case ast.Constant(value=str(text)):
            return text.replace("|", "\\|")
        case ast.JoinedStr(values=parts):
            return "".join(_words(part) for part in parts)
        case _:
            return "…"


def main() -> None:
    """Write the page, or compare it."""
    text = page()
    if "--check" not in sys.argv:
        PAGE.write_text(text, encoding="utf-8")
    elif PAGE.read_text(encoding="utf-8") != text:
        sys.exit("docs/errors.md differs from the code: run `make gen`")


if __name__ == "__main__":
    main()
