"""Merging what has keys: TOML, YAML, JSON, env files, requirements, ignore files, and lines."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from files_svc.domain.merge.content import merge_content
from files_svc.domain.merge.lines import merge_lines
from files_svc.domain.merge.patch import Patch
from files_svc.domain.merge.result import Merged, Reason


def merge(path: str, base: str, ours: str, theirs: str) -> Merged:
    """Merge three texts."""
    return merge_content(path, base.encode(), ours.encode(), theirs.encode(), patch=Patch())[1]


def clean(path: str, base: str, ours: str, theirs: str) -> str:
    """Merge three texts that do not clash."""
    merged = merge(path, base, ours, theirs)
    assert merged.clashes == ()
    return merged.text


TOML = """\
[project]
name = "blog"
dependencies = [
    "fastapi==0.1",  # web
    "sqlalchemy==2",
]

[tool.ruff]
line-length = 100
"""


def test_toml_keeps_comments_and_takes_both_changes() -> None:
    """Merges values, dependencies by package, and new tables; comments and order stay."""
    ours = TOML.replace("100", "88  # narrower").replace('==2",\n', '==2",\n    "httpx==1",\n')
    theirs = TOML.replace("fastapi==0.1", "fastapi==0.2") + "\n[tool.mypy]\nstrict = true\n"
    text = clean("pyproject.toml", TOML, ours, theirs)
    assert text == ours.replace("fastapi==0.1", "fastapi==0.2") + "\n[tool.mypy]\nstrict = true\n"


def test_toml_names_the_key_that_clashes() -> None:
    """Keeps the user's value where both changed it, and takes the rest."""
    ours, theirs = TOML.replace("100", "88"), TOML.replace("100", "120").replace("blog", "shop")
    merged = merge("pyproject.toml", TOML, ours, theirs)
    assert [(clash.place, clash.reason) for clash in merged.clashes] == [
        ("tool.ruff.line-length", Reason.BOTH_CHANGED)
    ]
    assert merged.text == ours.replace("blog", "shop")


def test_toml_removes_what_only_the_rendering_removed() -> None:
    """Takes a removal, and keeps the user's."""
    base = TOML + "\n[tool.old]\na = 1\nb = 2\n"
    ours = base.replace("b = 2\n", "").replace("100", "88")
    assert clean("pyproject.toml", base, ours, TOML + "\n[tool.old]\nb = 2\n").endswith(
        "[tool.old]\n"
    )


def test_toml_that_does_not_parse_is_merged_by_lines() -> None:
    """Does not give up on a file that the user broke."""
    ours = "broken = [\n" + TOML
    assert clean("pyproject.toml", TOML, ours, TOML + "new = 1\n") == ours + "new = 1\n"


YAML = """\
# the system
services:
  app:
    image: "app:1"
    ports:
      - "80:80"
  db:
    image: postgres
"""


def test_yaml_keeps_comments_and_quotes() -> None:
    """Merges mappings and lists; comments, quotes and indentation stay."""
    ours = YAML.replace('- "80:80"', '- "80:80"\n      - "90:90"  # mine')
    theirs = YAML.replace("postgres", "postgres:17").replace("app:1", "app:2")
    expected = ours.replace("postgres", "postgres:17").replace("app:1", "app:2")
    assert clean("compose.yaml", YAML, ours, theirs) == expected


def test_yaml_steps_are_known_by_name() -> None:
    """Merges the steps of a workflow by their names."""
    base = "steps:\n- name: lint\n  run: ruff\n- name: test\n  run: pytest\n"
    ours = base.replace("pytest", "pytest -x")
    theirs = base.replace("run: ruff", "run: ruff check") + "- name: build\n  run: make\n"
    expected = ours.replace("run: ruff", "run: ruff check") + "- name: build\n  run: make\n"
    assert clean(".github/workflows/ci.yml", base, ours, theirs) == expected


def test_env_files_are_merged_by_variable() -> None:
    """Merges variable by variable; the user's comments stay."""
    base = "# url\nURL=a\n# secret\nSECRET=\n"
    ours = "# url\nURL=mine\n# my secret\nSECRET=\nMINE=1\n"
    theirs = "# url\nURL=a\n# port\nPORT=1\n# secret\nSECRET=x\n"
    expected = "# url\nURL=mine\n# port\nPORT=1\n# my secret\nSECRET=x\nMINE=1\n"
    assert clean(".env.example", base, ours, theirs) == expected


def test_requirements_are_merged_by_package() -> None:
    """Takes new pins with their hashes, and keeps the user's packages."""
    base = "a==1\nB.b==1 \\\n    --hash=sha256:1\n"
    ours = "a==1\nmine==1  # mine\nB.b==1 \\\n    --hash=sha256:1\n"
    theirs = "a==1\nb-b==2 \\\n    --hash=sha256:2\nc==1\n"
    expected = "a==1\nmine==1  # mine\nb-b==2 \\\n    --hash=sha256:2\nc==1\n"
    assert clean("requirements.txt", base, ours, theirs) == expected


def test_requirements_clash_on_one_package() -> None:
    """Names the package that both sides pinned anew."""
    merged = merge("requirements.txt", "a==1\n", "a==2\n", "a==3\n")
    assert merged.text == "a==2\n"
    assert [clash.place for clash in merged.clashes] == ["a"]


def test_ignore_files_are_sets_of_lines() -> None:
    """Keeps what either side ignores anew."""
    assert clean(".gitignore", "a\n", "a\nmine\n", "a\nnew\n") == "a\nnew\nmine\n"


def test_text_is_merged_by_lines() -> None:
    """Takes changes of different lines."""
    base = "one\n\ntwo\n\nthree\n"
    ours, theirs = base.replace("one", "1"), base.replace("three", "3")
    assert clean("README.md", base, ours, theirs) == "1\n\ntwo\n\n3\n"


def test_text_keeps_ours_where_lines_meet() -> None:
    """Keeps the whole of OURS, without markers, and names the line."""
    merged = merge("README.md", "a\nb\n", "a\nmine\n", "a\ntheirs\n")
    assert merged.text == "a\nmine\n"
    assert [(clash.place, clash.reason) for clash in merged.clashes] == [
        ("line 2", Reason.BOTH_CHANGED)
    ]


@pytest.mark.parametrize("content", [b"\xff\xfe", b"a\0b"])
def test_what_is_no_text_stays(content: bytes) -> None:
    """Keeps the user's bytes when a side is no text."""
    data, merged = merge_content("a.py", b"x = 1\n", content, b"x = 2\n", patch=Patch())
    assert data == content
    assert [clash.reason for clash in merged.clashes] == [Reason.NOT_TEXT]


LINES = st.lists(st.sampled_from("abc"), max_size=5).map(
    lambda each: "".join(f"{x}\n" for x in each)
)


@given(LINES, LINES)
def test_lines_take_the_side_that_changed(base: str, changed: str) -> None:
    """Gives the changed text when one side changed, or both did alike."""
    for ours, theirs in ((changed, base), (base, changed), (changed, changed)):
        assert merge_lines(base, ours, theirs) == Merged(text=changed)


SCALARS = st.integers(0, 3) | st.sampled_from(["x", "y"])
VALUES = st.recursive(
    SCALARS, lambda inner: st.dictionaries(st.sampled_from("abc"), inner, max_size=3), max_leaves=6
)
DOCUMENTS = st.dictionaries(st.sampled_from("abc"), VALUES, max_size=3)


def dumped(document: Any) -> str:
    """Print a document as the generator does."""
    return json.dumps(document, indent=2) + "\n"


def leaves(value: Any, at: str = "") -> dict[str, Any]:
    """Return what a document holds by where it holds it."""
    if not isinstance(value, dict):
        return {at: value}
    found = {at: {}} if not value else {}
    for key, inner in value.items():
        found |= leaves(inner, f"{at}.{key}" if at else key)
    return found


@given(DOCUMENTS, DOCUMENTS, DOCUMENTS)
def test_documents_lose_no_edit(base: Any, ours: Any, theirs: Any) -> None:
    """Keeps every value that the user changed; every other one is THEIRS, or clashes."""
    merged = merge("a.json", dumped(base), dumped(ours), dumped(theirs))
    found, before, mine = leaves(json.loads(merged.text)), leaves(base), leaves(ours)
    for place, value in mine.items():
        if before.get(place, ...) != value and value != {}:
            assert found.get(place) == value
    if not merged.clashes and ours == base:
        assert json.loads(merged.text) == theirs
    if theirs == base:
        assert json.loads(merged.text) == ours
        assert not merged.clashes
