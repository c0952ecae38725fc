"""Names normalise to ASCII identifiers, and clash exactly when those are equal."""

import keyword

import pytest

from generator_svc.domain import naming


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("BlogPost", "blog_post"),
        ("blog post", "blog_post"),
        ("blog-post", "blog_post"),
        ("HTTPServer", "http_server"),
        ("userID", "user_id"),
        ("address1", "address1"),
        ("Straße", "strasse"),
        ("Café", "cafe"),
        ("Æon", "aeon"),
        ("日本", "u26085_u26412"),
        ("1st", "n1_st"),
        ("__", "u95_u95"),
        ("", "unnamed"),
    ],
)
def test_snake_case(name: str, expected: str) -> None:
    """Turns any name into an ASCII identifier."""
    assert naming.snake_case(name) == expected
    assert expected.isidentifier()
    assert expected.isascii()


@pytest.mark.parametrize(
    ("name", "expected"),
    [("blog post", "BlogPost"), ("HTTPServer", "HttpServer"), ("x", "X"), ("2fa", "N2Fa")],
)
def test_pascal_case(name: str, expected: str) -> None:
    """Turns any name into the name of a class."""
    assert naming.pascal_case(name) == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Post", "posts"),
        ("BlogCategory", "blog_categories"),
        ("Day", "days"),
        ("Box", "boxes"),
        ("Status", "statuses"),
        ("Address", "addresses"),
        ("Person", "people"),
        ("Salesperson", "salespeople"),
        ("Child", "children"),
        ("News", "news"),
        ("series", "series"),
        ("Woman", "women"),
        ("Human", "humans"),
        ("Quiz", "quizzes"),
        ("Leaf", "leaves"),
        ("Mongoose", "mongooses"),
        ("posts", "posts"),
        ("data", "data"),
        ("Photo", "photos"),
        ("Hero", "heroes"),
        ("Analysis", "analyses"),
    ],
)
def test_plural(name: str, expected: str) -> None:
    """Knows the regular plurals, the irregular ones and words that have none."""
    assert naming.plural(name) == expected


_RESERVED = [word for word in keyword.kwlist if word.islower()]


_OURS = ["base64", "datetime", "decimal", "metadata", "registry", "id", "list", "model_config"]
"""What generated modules import, and what the libraries below them claim."""


@pytest.mark.parametrize("name", [*_RESERVED, *_OURS])
def test_attributes_never_shadow(name: str) -> None:
    """Gives a reserved word an underscore and leaves its column alone."""
    attribute = naming.attribute(name)
    assert attribute == f"{name}_"
    assert naming.column(name) == name


def test_system_columns_are_avoided() -> None:
    """Steps aside where PostgreSQL keeps a column of that name in every table."""
    assert naming.column("xmin") == "xmin_"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("None", "NoneEntity"),
        ("list", "List"),
        ("ValueError", "ValueErrorEntity"),
        ("Base", "Base"),
    ],
)
def test_classes_never_shadow(name: str, expected: str) -> None:
    """Keeps the names of Python's own classes and constants free."""
    assert naming.class_name(name) == expected


def test_keyword_modules() -> None:
    """Makes the module of an entity importable whatever its name."""
    assert naming.module("Class") == "class_"
    assert naming.module("List") == "list"


@pytest.mark.parametrize("name", ["Aux", "con", "NUL", "prn", "Com1", "lpt0"])
def test_device_modules(name: str) -> None:
    """Never calls a file what Windows calls a device."""
    assert naming.module(name) == f"{naming.snake_case(name)}_"


def test_modules_beside_devices() -> None:
    """Leaves the names alone that only begin like a device."""
    assert [naming.module(name) for name in ("Auxin", "com10", "Lpt")] == ["auxin", "com10", "lpt"]


def test_long_names_stay_distinct() -> None:
    """Cuts long names at the limit without making two of them equal."""
    one, two = naming.bounded("x" * 90 + "a"), naming.bounded("x" * 90 + "b")
    assert len(one) == len(two) == naming.MAX_IDENTIFIER
    assert one != two


def test_clashes_name_both() -> None:
    """Reports the two names as they were written, after normalisation."""
    assert naming.clashes(["Blog Post", "Tag", "BlogPost"]) == [("Blog Post", "BlogPost")]


def test_unused_counts_up() -> None:
    """Finds the first free name."""
    assert naming.unused("x", {"x", "x_2"}) == "x_3"
    assert naming.unused("y", {"x"}) == "y"
