"""Changes to a parent with rows in its database, and what is there after each."""

from dataclasses import dataclass
from typing import Any

PARENT = """
name: blog
entities:
  - name: Author
    fields:
      - {name: name, type: string, required: true}
      - {name: email, type: email, unique: true}
  - name: Tag
    fields:
      - {name: label, type: string, required: true}
  - name: Post
    fields:
      - {name: title, type: string, required: true, max_length: 80, index: true}
      - {name: body, type: text}
      - {name: views, type: integer, required: true}
      - {name: price, type: decimal, precision: 6, scale: 2}
      - {name: status, type: enum, values: [draft, published, hidden], default: draft}
      - {name: code, type: string, unique: true}
    relations:
      - name: author
        kind: many_to_one
        target: Author
        back: posts
        required: true
        on_delete: cascade
      - {name: tags, kind: many_to_many, target: Tag, back: posts}
    unique_together: [[title, author]]
"""
NOW = "'2026-01-02 03:04:05+00'"
PRICES = {"sqlite": "'1001250'", "postgres": "12.50"}
ROWS = f"""INSERT INTO authors (id, name, email, created_at, updated_at)
VALUES ('{1:032x}', 'Ann', 'ann@example.com', {NOW}, {NOW});
INSERT INTO tags (id, label, created_at, updated_at) VALUES ('{2:032x}', 'news', {NOW}, {NOW});
INSERT INTO posts (id, title, body, views, price, status, code, author_id, created_at, updated_at)
VALUES ('{3:032x}', 'First', 'Text', 7, PRICE, 'hidden', '41', '{1:032x}', {NOW}, {NOW}),
       ('{4:032x}', 'Second', NULL, 8, NULL, 'draft', NULL, '{1:032x}', {NOW}, {NOW});
INSERT INTO post_tags (post_id, tag_id) VALUES ('{3:032x}', '{2:032x}');
"""  # noqa: S608 - constants
ORIGINAL = [("First", "Text", 7, "hidden", "41"), ("Second", None, 8, "draft", None)]
STORED = "SELECT title, body, views, status, code FROM posts ORDER BY title"
COUNTS = """SELECT (SELECT count(*) FROM authors), (SELECT count(*) FROM tags),
       (SELECT count(*) FROM posts), (SELECT count(*) FROM post_tags)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A change, and what is there after it."""

    name: str
    patch: str
    query: str
    expected: list[tuple[Any, ...]]
    after: list[tuple[Any, ...]] | None = None
    """What is there after the way back and again, where something was lost."""

    original: list[tuple[Any, ...]] | None = None
    """What is there after the way back, where something was lost."""


CASES = [
    Case(
        name="add an entity",
        patch="add: [{target: Badge, fields: [{name: label, type: string, unique: true}],"
        " relations: [{name: post, kind: many_to_one, target: Post, back: badges}]}]",
        query="SELECT count(*) FROM badges",
        expected=[(0,)],
    ),
    Case(
        name="add an optional field",
        patch="add: [{target: Post.subtitle, type: string, index: true}]",
        query="SELECT title, subtitle FROM posts ORDER BY title",
        expected=[("First", None), ("Second", None)],
    ),
    Case(
        name="add a required field with a default",
        patch="add: [{target: Post.stars, type: integer, required: true, default: 3}]",
        query="SELECT title, stars FROM posts ORDER BY title",
        expected=[("First", 3), ("Second", 3)],
    ),
    Case(
        name="add a required field without a default",
        patch="add: [{target: Post.stars, type: integer, required: true, minimum: '1'},"
        " {target: Post.kind, type: enum, values: [long, short], required: true},"
        " {target: Post.meta, type: json, required: true},"
        " {target: Post.words, type: array, items: string, required: true},"
        " {target: Post.day, type: date, required: true},"
        " {target: Post.cost, type: decimal, required: true},"
        " {target: Post.ref, type: uuid, required: true},"
        " {target: Post.length, type: duration, required: true}]",
        query="SELECT stars, kind, length IS NULL, ref IS NULL FROM posts ORDER BY title",
        expected=[(1, "long", False, False)] * 2,
    ),
    Case(
        name="rename a field",
        patch="rename: [{target: Post.title, to: headline}, {target: Post.body, to: order}]",
        query='SELECT headline, "order" FROM posts ORDER BY headline',
        expected=[("First", "Text"), ("Second", None)],
    ),
    Case(
        name="rename an entity",
        patch="rename: [{target: Post, to: Article}]",
        query="SELECT title, views, label, name FROM articles"
        " JOIN authors ON authors.id = author_id"
        " LEFT JOIN article_tags ON article_id = articles.id LEFT JOIN tags ON tags.id = tag_id"
        " ORDER BY title",
        expected=[("First", 7, "news", "Ann"), ("Second", 8, None, "Ann")],
    ),
    Case(
        name="rename the target of relations",
        patch="rename: [{target: Author, to: Writer}, {target: Tag, to: Label}]",
        query="SELECT title, name FROM posts JOIN writers ON writers.id = author_id"
        " JOIN post_tags ON post_id = posts.id JOIN labels ON labels.id = label_id",
        expected=[("First", "Ann")],
    ),
    Case(
        name="rename a relation",
        patch="rename: [{target: Post.author, to: writer}, {target: Post.tags, to: labels}]",
        query="SELECT title, name FROM posts JOIN authors ON authors.id = writer_id"
        " JOIN post_labels ON post_id = posts.id",
        expected=[("First", "Ann")],
    ),
    Case(
        name="lengthen a text",
        patch="alter: [{target: Post.title, max_length: 200}]",
        query="SELECT title FROM posts ORDER BY title",
        expected=[("First",), ("Second",)],
    ),
    Case(
        name="shorten a text",
        patch="alter: [{target: Post.title, max_length: 5}]",
        query="SELECT title FROM posts ORDER BY title",
        expected=[("First",), ("Secon",)],
        original=[("First", "Text", 7, "hidden", "41"), ("Secon", None, 8, "draft", None)],
    ),
    Case(
        name="widen an integer",
        patch="alter: [{target: Post.views, type: bigint}]",
        query="SELECT views FROM posts ORDER BY views",
        expected=[(7,), (8,)],
    ),
    Case(
        name="make an integer a decimal, and a text an integer",
        patch="alter: [{target: Post.views, type: decimal}, {target: Post.code, type: integer}]",
        query="SELECT code FROM posts ORDER BY title",
        expected=[(41,), (None,)],
    ),
    Case(
        name="round a decimal",
        patch="alter: [{target: Post.price, scale: 1}]",
        query="SELECT price IS NULL FROM posts ORDER BY title",
        expected=[(False,), (True,)],
    ),
    Case(
        name="require an optional field",
        patch="alter: [{target: Post.body, required: true, default: none}]",
        query="SELECT body FROM posts ORDER BY title",
        expected=[("Text",), ("none",)],
        original=[("First", "Text", 7, "hidden", "41"), ("Second", "none", 8, "draft", None)],
    ),
    Case(
        name="make a required field optional",
        patch="alter: [{target: Post.views, required: false}]",
        query="SELECT views FROM posts ORDER BY title",
        expected=[(7,), (8,)],
    ),
    Case(
        name="change the values of an enumeration",
        patch="alter: [{target: Post.status, values: [draft, published, archived]}]",
        query="SELECT status FROM posts ORDER BY title",
        expected=[("draft",), ("draft",)],
        original=[("First", "Text", 7, "draft", "41"), ("Second", None, 8, "draft", None)],
    ),
    Case(
        name="drop a field",
        patch="drop: [Post.body, Post.code]",
        query="SELECT title, views FROM posts ORDER BY title",
        expected=[("First", 7), ("Second", 8)],
        original=[("First", None, 7, "hidden", None), ("Second", None, 8, "draft", None)],
    ),
    Case(
        name="drop a field and rename another to it",
        patch="{drop: [Post.body], rename: [{target: Post.code, to: body}]}",
        query="SELECT body FROM posts ORDER BY title",
        expected=[("41",), (None,)],
        original=[("First", None, 7, "hidden", "41"), ("Second", None, 8, "draft", None)],
    ),
    Case(
        name="drop an entity",
        patch="drop: [Tag]",
        query="SELECT title FROM posts ORDER BY title",
        expected=[("First",), ("Second",)],
    ),
    Case(
        name="drop a relation",
        patch="drop: [Post.tags]",
        query="SELECT title FROM posts ORDER BY title",
        expected=[("First",), ("Second",)],
    ),
    Case(
        name="make a field unique",
        patch="alter: [{target: Post.title, unique: true}, {target: Post.code, unique: false}]",
        query="SELECT title FROM posts ORDER BY title",
        expected=[("First",), ("Second",)],
    ),
    Case(
        name="add an index, drop another",
        patch="alter: [{target: Post.views, index: true}, {target: Post.title, index: false},"
        " {target: Post, unique_together: [[title, views]]}]",
        query="SELECT title FROM posts ORDER BY title",
        expected=[("First",), ("Second",)],
    ),
    Case(
        name="rename a target, and the other end",
        patch="{rename: [{target: Tag, to: Label}], alter: [{target: Post.tags, back: articles}]}",
        query="SELECT title, label FROM posts LEFT JOIN post_tags ON post_id = posts.id"
        " LEFT JOIN labels ON labels.id = label_id ORDER BY title",
        expected=[("First", "news"), ("Second", None)],
    ),
    Case(
        name="add relations of each kind",
        patch="alter: [{target: Post, relations: ["
        "{name: author, kind: many_to_one, target: Author, back: posts, required: true,"
        " on_delete: cascade}, {name: tags, kind: many_to_many, target: Tag, back: posts},"
        "{name: editor, kind: many_to_one, target: Author}, {name: next, kind: one_to_one,"
        " target: Post}, {name: likers, kind: many_to_many, target: Author,"
        " payload: [{name: weight, type: integer, required: true}]}]}]",
        query="SELECT title, editor_id, next_id FROM posts LEFT JOIN post_likers"
        " ON post_id = posts.id ORDER BY title",
        expected=[("First", None, None), ("Second", None, None)],
    ),
    Case(
        name="change what a delete does",
        patch="alter: [{target: Post.author, on_delete: restrict}]",
        query=COUNTS,
        expected=[(1, 1, 2, 1)],
    ),
    Case(
        name="make a relation optional",
        patch="alter: [{target: Post.author, required: false, on_delete: set_null}]",
        query=COUNTS,
        expected=[(1, 1, 2, 1)],
    ),
    Case(
        name="add soft delete",
        patch="alter: [{target: Post, options: {soft_delete: true}},"
        " {target: Author, options: {soft_delete: true}}]",
        query="SELECT title, deleted_at FROM posts ORDER BY title",
        expected=[("First", None), ("Second", None)],
    ),
    Case(
        name="drop timestamps",
        patch="alter: [{target: Post, options: {timestamps: false}}]",
        query=COUNTS,
        expected=[(1, 1, 2, 1)],
    ),
    Case(
        name="add authentication",
        patch="add: [auth]",
        query="SELECT count(*) FROM auth_accounts",
        expected=[(0,)],
    ),
    Case(
        name="key by integers",
        patch="alter: [{target: Tag, options: {primary_key: bigint}}]",
        query="SELECT title FROM posts ORDER BY title",
        expected=[("First",), ("Second",)],
    ),
]
BY_NAME = {case.name: case for case in CASES}
CORE = {
    "add a required field without a default",
    "rename an entity",
    "shorten a text",
    "make an integer a decimal, and a text an integer",
    "drop a field and rename another to it",
    "add relations of each kind",
    "add soft delete",
}
"""What every run tries; the slow lane tries all."""
