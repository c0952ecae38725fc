"""What users do to generated projects."""

import ast
import re
import subprocess
import sys
from collections.abc import Callable, Mapping

from tests.integration.files_svc.matrix.specs import Tree

Edit = Callable[[Tree], Tree]

FUNCTION = '\n\n\ndef mine() -> str:\n    """Return mine."""\n    return "mine"\n'


def _code(tree: Tree, folder: str) -> str:
    """Return the path of the first entity's module in a folder of `app`."""
    models = (path for path in tree if path.startswith("app/models/"))
    model = next(path for path in sorted(models) if b"title" in tree[path])
    return model.replace("models", folder, 1)


def _changed(tree: Tree, path: str, change: Callable[[str], str]) -> Tree:
    before = tree[path].decode()
    after = change(before)
    assert after != before
    return {**tree, path: after.encode()}


def new_method(tree: Tree) -> Tree:
    """Add a method to a model."""
    method = '\n\n    def mine(self) -> str:\n        """Return mine."""\n        return "mine"\n'
    return _changed(tree, _code(tree, "models"), lambda text: text.rstrip() + method)


def new_import(tree: Tree) -> Tree:
    """Import something into every module of the application, and use it."""
    for path in sorted(tree):
        if path.startswith("app/") and path.endswith(".py") and b"\nimport " in tree[path]:
            tree = _changed(tree, path, _importing)
    return tree


def _importing(text: str) -> str:
    start = text.index("\nimport ") + 1
    text = f"{text[:start]}import textwrap\n{text[start:].rstrip()}{FUNCTION}"
    return _sorted_imports(text.replace('"mine"\n', 'textwrap.dedent("mine")\n'))


def _sorted_imports(text: str) -> str:
    known = "lint.isort.known-first-party = ['app', 'migrations', 'tests']"
    return _ruff(text, "check", "--select", "I", "--fix", "--config", known)


def _ruff(text: str, *arguments: str) -> str:
    command = [sys.executable, "-m", "ruff", *arguments, "--isolated", "--quiet", "-"]
    done = subprocess.run(command, input=text, capture_output=True, text=True, check=True)
    return done.stdout


def edited_body(tree: Tree) -> Tree:
    """Write a line into every function of the application that returns something."""
    for path in sorted(tree):
        if path.startswith("app/") and path.endswith(".py"):
            text = tree[path].decode()
            edited = re.sub(r"(?m)^(    +)return (?!$)", r"\1# the user's line\n\1return ", text)
            tree = {**tree, path: edited.encode()}
    return tree


def new_file(tree: Tree) -> Tree:
    """Add a module."""
    return {**tree, "app/mine.py": f'"""Mine."""{FUNCTION}'.encode()}


def deleted_file(tree: Tree) -> Tree:
    """Delete a file that the iteration need not change."""
    return {path: content for path, content in tree.items() if path != "Makefile"}


def reordered(tree: Tree) -> Tree:
    """Swap the first two classes of the schemas."""
    return _changed(tree, _code(tree, "schemas"), _swapped)


def _swapped(text: str) -> str:
    lines = text.splitlines(keepends=True)
    classes = [node for node in ast.parse(text).body if isinstance(node, ast.ClassDef)]
    first, second = classes[:2]
    assert first.end_lineno
    assert second.end_lineno
    one = "".join(lines[first.lineno - 1 : first.end_lineno])
    other = "".join(lines[second.lineno - 1 : second.end_lineno])
    between = "".join(lines[first.end_lineno : second.lineno - 1])
    head, tail = "".join(lines[: first.lineno - 1]), "".join(lines[second.end_lineno :])
    return head + other + between + one + tail


def reformatted(tree: Tree) -> Tree:
    """Lay a router out for a narrow screen."""
    return _changed(
        tree, _code(tree, "routers"), lambda text: _ruff(text, "format", "--line-length", "60")
    )


def edited_documents(tree: Tree) -> Tree:
    """Write into README and pyproject."""
    tree = _changed(tree, "README.md", lambda text: f"{text}\n## Mine\n\nMy words.\n")
    return _changed(
        tree,
        "pyproject.toml",
        lambda text: text.replace("dependencies = [", 'dependencies = [\n    "rich>=13",', 1),
    )


EDITS: Mapping[str, Edit] = {
    "new method": new_method,
    "new import": new_import,
    "edited body": edited_body,
    "new file": new_file,
    "deleted file": deleted_file,
    "reordered": reordered,
    "reformatted": reformatted,
    "edited README and pyproject": edited_documents,
}
