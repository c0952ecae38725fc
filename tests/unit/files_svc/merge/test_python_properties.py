"""Properties of the merge of Python, over modules made at random."""

import ast

from hypothesis import given, settings
from hypothesis import strategies as st

from files_svc.domain.merge.content import merge_content
from files_svc.domain.merge.patch import Patch
from files_svc.domain.merge.result import Merged

NAMES = ["alpha", "beta", "gamma", "delta"]
BODIES = st.lists(st.sampled_from(["x = 1", "y = 2", "# why", "z = x", "return 3"]), max_size=3)
FUNCTIONS = st.dictionaries(st.sampled_from(NAMES), BODIES, max_size=4)
MODULES = st.fixed_dictionaries(
    {
        "imports": st.sets(st.sampled_from(["import re", "from a import b", "from a import c"])),
        "functions": FUNCTIONS,
        "methods": FUNCTIONS,
    }
)
Module = dict[str, dict[str, list[str]]]


def function(name: str, body: list[str], indent: str = "") -> str:
    """Write a function whose every line is its own."""
    lines = [f"{line}  # {name}" for line in [*body, "pass"]]
    return f"{indent}def {name}():\n" + "".join(f"{indent}    {line}\n" for line in lines)


def written(module: Module) -> str:
    """Write a module."""
    text = "".join(f"{line}\n" for line in sorted(module["imports"]))
    for name, body in module["functions"].items():
        text += "\n\n" + function(name, body)
    text += '\n\nclass Thing:\n    """A thing."""\n'
    for name, body in module["methods"].items():
        text += "\n" + function(f"{name}_m", body, "    ")
    return text


def merge(base: Module, ours: Module, theirs: Module, *, drops: tuple[str, ...] = ()) -> Merged:
    """Merge three modules."""
    sides = (written(module).encode() for module in (base, ours, theirs))
    return merge_content("a.py", *sides, patch=Patch(drops=drops))[1]


def symbols(text: str) -> set[str]:
    """Return the functions and methods of a module."""
    return {node.name for node in ast.walk(ast.parse(text)) if isinstance(node, ast.FunctionDef)}


def lines(text: str) -> set[str]:
    """Return the lines of a module, layout aside."""
    return {line.strip() for line in text.splitlines() if line.strip()}


@settings(max_examples=150, deadline=None)
@given(MODULES, MODULES, MODULES)
def test_every_merge_is_sound(base: Module, ours: Module, theirs: Module) -> None:
    """Parses, loses no public symbol of OURS, and no edited line without a report."""
    merged = merge(base, ours, theirs)
    found, mine = merged.text, written(ours)
    assert symbols(found) >= symbols(mine)
    edited = lines(mine) - lines(written(base))
    lost = {line for line in edited - lines(found) if not line.startswith("from a import")}
    assert not lost or merged.clashes
    if not merged.clashes:
        added = symbols(written(theirs)) - symbols(written(base))
        assert symbols(found) >= added


@settings(max_examples=60, deadline=None)
@given(MODULES, MODULES)
def test_without_edits_the_rendering_is_taken(base: Module, theirs: Module) -> None:
    """Gives THEIRS when the user changed nothing, and OURS when the rendering did not."""
    assert merge(base, base, theirs, drops=tuple(NAMES)).text == written(theirs)
    assert merge(base, theirs, base).text == written(theirs)


@settings(max_examples=60, deadline=None)
@given(MODULES, MODULES)
def test_the_same_change_on_both_sides_is_no_conflict(base: Module, both: Module) -> None:
    """Takes what both sides did alike."""
    merged = merge(base, both, both)
    assert merged.clashes == ()
    assert lines(merged.text) == lines(written(both))


@settings(max_examples=60, deadline=None)
@given(MODULES, MODULES, MODULES)
def test_merging_again_changes_nothing(base: Module, ours: Module, theirs: Module) -> None:
    """Is settled: the merged text merged with the same rendering is itself."""
    merged = merge(base, ours, theirs).text
    rendering = written(theirs)
    again = merge_content(
        "a.py", rendering.encode(), merged.encode(), rendering.encode(), patch=Patch()
    )
    assert again[0].decode() == merged
