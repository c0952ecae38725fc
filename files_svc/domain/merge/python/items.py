"""What a block of Python is made of, and by what each statement is known."""

import ast
import textwrap
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import libcst as cst

Statement = cst.BaseStatement
PRINTER = cst.Module(body=[])
SYMBOL = ("def", "class", "name")


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A statement of a block."""

    kind: str
    """`def`, `class`, `name`, `from`, `import`, `if` or `statement`."""

    name: str
    """By what it is known among its kind."""

    node: Statement
    text: str
    """Its code with its comments, without the blank lines before it."""

    layout: str
    """Its code as it is laid out."""

    @property
    def key(self) -> str:
        """By what it is known in its block."""
        return f"{'name' if self.kind in SYMBOL else self.kind} {self.name}"

    @property
    def is_symbol(self) -> bool:
        """Whether others may refer to it by its name."""
        return self.kind in SYMBOL

    @property
    def is_public(self) -> bool:
        """Whether others outside its scope are meant to refer to it."""
        return self.is_symbol and not self.name.startswith("_")


def code_of(node: cst.CSTNode) -> str:
    """Print a node as it was written."""
    return PRINTER.code_for_node(node)


def items_of(statements: Sequence[Statement]) -> list[Item]:
    """Return the items of a block; the second of one key is known as `…#2`."""
    seen: Counter[tuple[str, str]] = Counter()
    items: list[Item] = []
    for place, node in enumerate(statements):
        kind, name = _identify(node, first=place == 0)
        seen[kind, name] += 1
        number = seen[kind, name]
        name = f"{name}#{number}" if number > 1 else name
        layout = code_of(node)
        text = layout.lstrip("\n").rstrip() + "\n"
        items.append(Item(kind=kind, name=name, node=node, text=text, layout=layout))
    return items


def _identify(node: Statement, *, first: bool) -> tuple[str, str]:
    match node:
        case cst.FunctionDef(name=cst.Name(value=name), decorators=decorators):
            return "def", name + _accessor(decorators)
        case cst.ClassDef(name=cst.Name(value=name)):
            return "class", name
        case cst.If(test=test):
            return "if", code_of(test)
        case cst.SimpleStatementLine(body=[small]):
            return _identify_small(small, first=first)
        case cst.SimpleStatementLine():
            return "statement", code_of(node).strip()
        case _:
            return "statement", code_of(node).strip().partition("\n")[0]


def _accessor(decorators: Sequence[cst.Decorator]) -> str:
    """Tell a property's setter and deleter from its getter."""
    for decorator in decorators:
        match decorator.decorator:
            case cst.Attribute(attr=cst.Name(value="setter" | "deleter" as role)):
                return f".{role}"
    return ""


def _identify_small(small: cst.BaseSmallStatement, *, first: bool) -> tuple[str, str]:
    match small:
        case (
            cst.Assign(targets=[cst.AssignTarget(target=cst.Name(value=name))])
            | cst.AnnAssign(target=cst.Name(value=name))
        ):
            return "name", name
        case cst.ImportFrom():
            return "from", _module_of(small)
        case cst.Import():
            return "import", code_of(small)
        case cst.Expr(value=cst.SimpleString() | cst.ConcatenatedString()) if first:
            return "statement", "docstring"
        case _:
            return "statement", _gist(small)


def _gist(small: cst.BaseSmallStatement) -> str:
    """Return what two versions of a statement share: a call's function and first argument."""
    match small:
        case cst.Expr(value=cst.Call(func=func, args=args)):
            return f"{code_of(func)}({code_of(args[0].value) if args else ''}"
        case _:
            return code_of(small)


def _module_of(node: cst.ImportFrom) -> str:
    dots = "." * len(node.relative)
    return dots + (code_of(node.module) if node.module else "")


def same_meaning(one: Item, other: Item) -> bool:
    """Tell whether two statements differ in layout alone: the same code, the same comments."""
    return _meaning(one.text) == _meaning(other.text)


def _meaning(text: str) -> tuple[str, tuple[str, ...]]:
    return ast.dump(ast.parse(textwrap.dedent(text))), tuple(comments_of(text))


def comments_of(text: str) -> Iterator[str]:
    """Yield the comments of some code, in order."""
    module = cst.parse_module(textwrap.dedent(text))
    finder = _Comments()
    module.visit(finder)
    yield from finder.found


class _Comments(cst.CSTVisitor):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def visit_Comment(self, node: cst.Comment) -> None:  # noqa: N802 - the library's name
        self.found.append(node.value.lstrip("# "))
