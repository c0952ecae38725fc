"""The corpus has every word of SQL and of Python as an entity and as a field."""

import asyncpg

from tests.corpus.loading import load, spec_names
from tests.corpus.words import python_words, sqlite_words

RESERVED = "SELECT word FROM pg_get_keywords() WHERE catcode IN ('R', 'T')"
"""The words that cannot name a table or a column, and those that can only sometimes."""

KEY = "id"
"""The builtin that is no field: every entity has it."""


def entity_names() -> set[str]:
    """Return what the entities of the corpus are called."""
    return {entity.name for name in spec_names() for entity in load(name).entities}


def field_names() -> set[str]:
    """Return what the fields of the corpus are called."""
    among = [entity for name in spec_names() for entity in load(name).entities]
    return {field.name for entity in among for field in entity.fields}


def lower(names: set[str]) -> set[str]:
    """Return names as SQL reads them."""
    return {name.lower() for name in names}


def test_every_word_of_python_is_an_entity_and_a_field() -> None:
    """Has each keyword, soft keyword and builtin as both."""
    assert python_words() - entity_names() == set()
    assert python_words() - field_names() == {KEY}


def test_every_word_of_sqlite_is_an_entity_and_a_field() -> None:
    """Has each keyword that the library names as both."""
    assert sqlite_words() - lower(entity_names()) == set()
    assert sqlite_words() - lower(field_names()) == set()


async def test_every_word_of_postgresql_is_an_entity_and_a_field(postgres_url: str) -> None:
    """Has each word that the server reserves, wholly or in part, as both."""
    connection = await asyncpg.connect(postgres_url)
    try:
        rows = await connection.fetch(RESERVED)
    finally:
        await connection.close()
    words = {row["word"] for row in rows}
    assert words - lower(entity_names()) == set()
    assert words - lower(field_names()) == set()
