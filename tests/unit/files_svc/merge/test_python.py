"""Merging Python by its symbols."""

import ast

import pytest

from files_svc.domain.merge.content import merge_content
from files_svc.domain.merge.patch import Patch, Rename
from files_svc.domain.merge.result import Merged, Reason

BASE = '''\
"""Posts."""

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from app.core.database import Base

__all__ = ["Post"]


class Post(Base):
    """A post."""

    __tablename__ = "posts"

    title: Mapped[str] = mapped_column(String(80))

    def summary(self) -> str:
        """Return the first words."""
        return self.title[:10]


def newest(posts: list[Post]) -> Post:
    """Return the newest."""
    return posts[-1]
'''

FIELD = "    title: Mapped[str] = mapped_column(String(80))\n"
NEW_FIELD = FIELD + "    body: Mapped[str] = mapped_column(Text)\n"
BODY = "        return self.title[:10]\n"


def changed(text: str, *changes: tuple[str, str]) -> str:
    """Replace parts of a text that are there."""
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    return text


def merge(ours: str, theirs: str, *, path: str = "app/models/post.py", **patch: object) -> Merged:
    """Merge two changes of BASE."""
    sides = (text.encode() for text in (BASE, ours, theirs))
    merged = merge_content(path, *sides, patch=Patch(**patch))[1]  # type: ignore[arg-type]
    ast.parse(merged.text)
    return merged


def clean(ours: str, theirs: str, **patch: object) -> str:
    """Merge two changes of BASE that do not clash."""
    merged = merge(ours, theirs, **patch)  # type: ignore[arg-type]
    assert merged.clashes == ()
    return merged.text


ADDED_FIELD = changed(BASE, (FIELD, NEW_FIELD), ("import String", "import String, Text"))
METHOD = "\n    def shout(self) -> str:\n        # loud\n        return self.title.upper()\n"


@pytest.mark.parametrize(
    "edit",
    [
        pytest.param([(BODY, BODY + METHOD)], id="new method"),
        pytest.param([('"""Posts."""\n', '"""Posts."""\n\nimport re\n')], id="new import"),
        pytest.param([("[:10]", "[:20]  # longer")], id="edited body"),
        pytest.param([("def newest", "def oldest"), ("[-1]", "[0]")], id="renamed function"),
        pytest.param([('"""A post."""', '"""A post of mine."""')], id="edited docstring"),
        pytest.param([("class Post(Base):", "@final\nclass Post(Base):")], id="new decorator"),
        pytest.param([("-> str:\n        ", "-> str:\n        # why\n        ")], id="comment"),
        pytest.param([("posts: list[Post]", "posts: Sequence[Post]")], id="edited signature"),
        pytest.param([("    __tablename__", "    x = 1\n    __tablename__")], id="attribute"),
    ],
)
def test_a_new_field_joins_any_edit(edit: list[tuple[str, str]]) -> None:
    """Gives the text that both changes, made one after the other, would have given."""
    ours = changed(BASE, *edit)
    if "def oldest" in ours:
        merged = merge(ours, ADDED_FIELD)
        assert merged.text == changed(ADDED_FIELD, *edit)
        return
    assert clean(ours, ADDED_FIELD) == changed(ADDED_FIELD, *edit)


def test_reordered_members_stay_in_the_users_order() -> None:
    """Keeps the order the user chose, and puts new members where they follow."""
    start, end = BASE.index("    title:"), BASE.index("\n\n\ndef newest")
    field, method = BASE[start:end].split("\n\n", 1)
    ours = f"{BASE[:start]}{method}\n\n{field}{BASE[end:]}"
    text = clean(ours, ADDED_FIELD)
    assert text.index("def summary") < text.index("title:") < text.index("body:")


def test_new_functions_of_both_sides_are_kept() -> None:
    """Keeps what each side added at the same place, which lines would take for a conflict."""
    ours = BASE + "\n\ndef mine() -> int:\n    return 1\n"
    theirs = BASE + "\n\ndef theirs() -> int:\n    return 2\n"
    text = clean(ours, theirs)
    assert "def mine" in text
    assert "def theirs" in text


def test_imports_are_merged_as_a_set() -> None:
    """Joins the names that both sides import from one module."""
    ours = changed(BASE, ("import String", "import Integer, String"), ("[-1]", "[Integer]"))
    theirs = changed(BASE, ("import String", "import Boolean, String"), ("[:10]", "[Boolean]"))
    assert "from sqlalchemy import Boolean, Integer, String\n" in clean(ours, theirs)


def test_a_new_import_of_both_sides_is_joined() -> None:
    """Joins what both sides import anew from one module."""
    header = '"""Posts."""\n'
    ours = changed(BASE, (header, header + "\nfrom enum import Enum\n"))
    theirs = changed(BASE, (header, header + "\nfrom enum import StrEnum\n"))
    assert "from enum import Enum, StrEnum\n" in clean(ours, theirs)


def test_an_import_that_an_edit_needs_stays() -> None:
    """Brings back what the new rendering no longer imports and the user's code uses."""
    base_like = changed(BASE, (FIELD, ""), ("from sqlalchemy import String\n", ""))
    ours = changed(BASE, (BODY, BODY + "\n    def kind(self) -> object:\n        return String\n"))
    text = clean(ours, base_like, drops=("Post.title",))
    assert "from sqlalchemy import String\n" in text
    assert "title: Mapped" not in text


def test_exported_names_are_merged_as_a_set() -> None:
    """Joins lists of names, each in its own layout."""
    ours = changed(BASE, ('["Post"]', '[\n    "Post",\n    "mine",\n]'))
    theirs = changed(BASE, ('["Post"]', '["Post", "newest"]'))
    assert '[\n    "Post",\n    "mine",\n    "newest",\n]' in clean(ours, theirs)


def test_two_changes_of_one_body_are_merged_by_lines() -> None:
    """Merges a function line by line where the changes lie apart."""
    start = "".join(f"        {name} = {number}\n" for number, name in enumerate("abcd", 1))
    sides = [changed(BASE, (BODY, start + BODY)).encode()]
    sides.append(changed(sides[0].decode(), ("a = 1", "a = 10")).encode())
    sides.append(changed(sides[0].decode(), ("d = 4", "d = 40")).encode())
    data, merged = merge_content("a.py", *sides, patch=Patch())
    assert merged.clashes == ()
    assert b"a = 10\n        b = 2\n        c = 3\n        d = 40" in data


def test_two_changes_of_one_line_clash() -> None:
    """Keeps the user's body, names the symbol, and still takes what does not clash."""
    ours = changed(BASE, ("[:10]", "[:20]"))
    theirs = changed(ADDED_FIELD, ("[:10]", "[:30]"))
    merged = merge(ours, theirs)
    assert [(clash.place, clash.reason) for clash in merged.clashes] == [
        ("Post.summary", Reason.BOTH_CHANGED)
    ]
    assert merged.text == changed(ADDED_FIELD, ("[:10]", "[:20]"))


def test_reformatted_code_takes_the_new_rendering() -> None:
    """Does not take layout for a change of the same member."""
    ours = changed(BASE, (BODY, "        return (\n            self.title[:10]\n        )\n"))
    theirs = changed(BASE, ("[:10]", "[:30]"))
    assert "return self.title[:30]" in clean(ours, theirs)


def test_a_symbol_that_no_drop_named_stays() -> None:
    """Keeps a public symbol that the new rendering lacks, and says so."""
    theirs = BASE[: BASE.index("\n\ndef newest")]
    merged = merge(changed(BASE, ("[:10]", "[:20]")), theirs)
    assert merged.retained == ("newest",)
    assert "def newest" in merged.text


def test_a_method_that_no_drop_named_stays() -> None:
    """Keeps a public method too, in a class that the user did not touch."""
    theirs = changed(BASE, (BASE[BASE.index("    def summary") : BASE.index("\n\ndef newest")], ""))
    merged = merge(BASE, theirs)
    assert merged.retained == ("Post.summary",)
    assert merged.clashes == ()
    assert "def summary" in merged.text


def test_a_dropped_symbol_vanishes() -> None:
    """Takes away what the patch drops, and what is named after it."""
    method = "\n    def title_length(self) -> int:\n        return 1\n"
    base = changed(BASE, (BODY, BODY + method))
    ours = changed(base, ("posts[-1]", "posts[0]"))
    theirs = changed(BASE, (FIELD + "\n", ""))
    sides = (text.encode() for text in (base, ours, theirs))
    merged = merge_content("a.py", *sides, patch=Patch(drops=("Post.title",)))[1]
    assert "title:" not in merged.text
    assert "title_length" not in merged.text
    assert "posts[0]" in merged.text
    assert merged.clashes == merged.retained == ()


def test_an_edited_symbol_that_is_dropped_is_reported() -> None:
    """Reports what the user had changed and the patch drops."""
    ours = changed(BASE, ("String(80)", "String(99)"))
    theirs = changed(BASE, (FIELD + "\n", ""))
    merged = merge(ours, theirs, drops=("Post.title",))
    assert [(clash.place, clash.reason) for clash in merged.clashes] == [
        ("Post.title", Reason.CHANGED_AND_DROPPED)
    ]


def test_a_symbol_that_the_user_deleted_stays_deleted() -> None:
    """Does not bring back what the user deleted; reports it when the rendering changed it."""
    ours = BASE[: BASE.index("\n\ndef newest")]
    assert "def newest" not in clean(ours, ADDED_FIELD)
    merged = merge(ours, changed(BASE, ("posts[-1]", "posts[0]")))
    assert "def newest" not in merged.text
    assert [clash.reason for clash in merged.clashes] == [Reason.DELETED_AND_CHANGED]


def test_a_symbol_that_both_added_clashes() -> None:
    """Keeps the user's of two new functions with one name."""
    ours = BASE + "\n\ndef extra() -> int:\n    return 1\n"
    theirs = BASE + "\n\ndef extra() -> int:\n    return 2\n"
    merged = merge(ours, theirs)
    assert merged.text == ours
    assert [clash.reason for clash in merged.clashes] == [Reason.BOTH_ADDED]


def test_an_edit_follows_a_renamed_field() -> None:
    """Renames in the user's code what the new rendering renamed."""
    ours = changed(BASE, (BODY, BODY + METHOD))
    renames = (Rename(old="Post.title", new="Post.headline"),)
    text = clean(ours, BASE.replace("title", "headline"), renames=renames)
    assert text == ours.replace("title", "headline")


def test_a_property_keeps_its_setter() -> None:
    """Tells a property's getter, setter and deleter apart."""
    members = "".join(
        f"\n    @{how}\n    def loud(self{extra}) -> {result}:\n        {body}\n"
        for how, extra, result, body in (
            ("property", "", "str", "return self.title"),
            ("loud.setter", ", value: str", "None", "self.title = value"),
        )
    )
    text = clean(changed(BASE, (BODY, BODY + members)), ADDED_FIELD)
    assert text.count("def loud") == 2


def test_registrations_are_merged_as_a_set() -> None:
    """Joins calls that both sides add to a module."""
    base = "app = make()\napp.include_router(posts.router)\n"
    ours = base + "app.include_router(mine.router)\n"
    theirs = base + "app.include_router(tags.router)\n"
    merged = merge_content("m.py", *(text.encode() for text in (base, ours, theirs)), patch=Patch())
    assert merged[1].clashes == ()
    assert merged[0].count(b"include_router") == 3


def test_type_checking_imports_are_merged() -> None:
    """Merges the inside of `if TYPE_CHECKING`."""
    base = "from typing import TYPE_CHECKING\n\nif TYPE_CHECKING:\n    from a import A\n"
    ours, theirs = base + "    from mine import M\n", base + "    from tags import T\n"
    data, merged = merge_content(
        "m.py", *(text.encode() for text in (base, ours, theirs)), patch=Patch()
    )
    assert merged.clashes == ()
    assert b"    from mine import M\n" in data
    assert b"    from tags import T\n" in data


def test_tests_may_vanish() -> None:
    """Lets the test of a rendering go with it: tests are nobody's interface."""
    theirs = BASE[: BASE.index("\n\ndef newest")]
    merged = merge(changed(BASE, ("[:10]", "[:20]")), theirs, path="tests/test_post.py")
    assert merged.retained == ()
    assert "def newest" not in merged.text


@pytest.mark.parametrize(
    "nonsense",
    [
        "def mine():\n    x = 1\n    global x\n",
        "def mine(a, a):\n    pass\n",
        "def mine():\n    nonlocal x\n",
        "return 1\n",
        "del Post\n",
        "x = yield\n",
        "from . import *\n",
        "import a.b as c, d\n",
        "match 1:\n    case _:\n        pass\n",
        "if 1:\n    a = 1\nelif 2:\n    a = 2\nelse:\n    a = 3\n",
        "class Inline: pass\n",
        "x = 1; y = 2\n",
        "x: int\n",
        "async def mine():\n    async with a as b, c:\n        pass\n",
        "@a.b(c)\n@d\ndef mine(*, e: int = 1, **f: str) -> None: ...\n",
        "try:\n    pass\nexcept* ValueError:\n    pass\n",
        "# only a comment at the end\n",
    ],
)
def test_any_code_may_be_added(nonsense: str) -> None:
    """Keeps code of every kind that a user adds, sensible or not, beside a new field."""
    ours = f"{BASE}\n\n{nonsense}"
    data, merged = merge_content(
        "app/a.py", BASE.encode(), ours.encode(), ADDED_FIELD.encode(), patch=Patch()
    )
    assert merged.clashes == ()
    assert nonsense in data.decode()
    assert "body: Mapped[str]" in data.decode()


def test_the_users_line_ends_stay() -> None:
    """Takes other line ends for layout, and keeps the user's."""
    windows = BASE.replace('"""A post."""', '"""My post."""').replace("\n", "\r\n")
    assert clean(windows, ADDED_FIELD) == changed(
        ADDED_FIELD, ('"""A post."""', '"""My post."""')
    ).replace("\n", "\r\n")


def test_broken_code_is_merged_by_lines() -> None:
    """Merges a module that the user broke by its lines."""
    ours = BASE + "def broken(:\n"
    sides = (text.encode() for text in (BASE, ours, ADDED_FIELD))
    data, merged = merge_content("a.py", *sides, patch=Patch())
    assert merged.clashes == ()
    assert data.decode() == ADDED_FIELD + "def broken(:\n"
