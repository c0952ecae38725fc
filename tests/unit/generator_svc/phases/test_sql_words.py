"""A generated project quotes every word of SQL that it uses as a name."""

import os
import subprocess
import sys
from pathlib import Path

from generator_svc.domain.spec import Entity, ProjectSpec
from generator_svc.engines.interface import GeneratedFile
from generator_svc.engines.template import TemplateEngine
from generator_svc.phases.registry import PHASES

SQLITE = (
    "abort action add after all alter always analyze and as asc attach autoincrement before begin"
    " between by cascade case cast check collate column commit conflict constraint create cross"
    " current current_date current_time current_timestamp database default deferrable deferred"
    " delete desc detach distinct do drop each else end escape except exclude exclusive exists"
    " explain fail filter first following for foreign from full generated glob group groups having"
    " if ignore immediate in index indexed initially inner insert instead intersect into is isnull"
    " join key last left like limit match materialized natural no not nothing notnull null nulls of"
    " offset on or order others outer over partition plan pragma preceding primary query raise"
    " range recursive references regexp reindex release rename replace restrict returning right"
    " rollback row rows savepoint select set table temp temporary then ties to transaction trigger"
    " unbounded union unique update using vacuum values view virtual when where window with without"
)
"""The keywords of SQLite."""

POSTGRESQL = (
    "all analyse analyze and any array as asc asymmetric authorization binary both case cast check"
    " collate collation column concurrently constraint create cross current_catalog current_date"
    " current_role current_schema current_time current_timestamp current_user default deferrable"
    " desc distinct do else end except false fetch for foreign freeze from full grant group having"
    " ilike in initially inner intersect into is isnull join lateral leading left like limit"
    " localtime localtimestamp natural not notnull null offset on only or order outer overlaps"
    " placing primary references returning right select session_user similar some symmetric"
    " system_user table tablesample then to trailing true union unique user using variadic verbose"
    " when where window with"
)
"""The words that PostgreSQL reserves."""

SCRIPT = """
import sys
from sqlalchemy.dialects import postgresql, sqlite
from app.core.database import quote_words

for module, words in ((sqlite, sys.argv[1]), (postgresql, sys.argv[2])):
    dialect = module.dialect()
    quote_words(dialect)
    quote = dialect.identifier_preparer.quote
    print(*(word for word in (*words.split(), "title") if quote(word) == word))
"""


SPEC = ProjectSpec(name="words", entities=(Entity(name="Returning"),))


def _render(root: Path) -> None:
    for step in TemplateEngine().generate(SPEC, PHASES[0].number):
        if isinstance(step, GeneratedFile):
            path = root / step.path
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(step.content)


def test_words_are_quoted(tmp_path: Path) -> None:
    """Quotes each word of either database, and no other name."""
    _render(tmp_path)
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, SQLITE, POSTGRESQL],
        cwd=tmp_path,
        env={"PATH": os.defpath, "PYTHONDONTWRITEBYTECODE": "1", "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert done.stdout.splitlines() == ["title", "title"]
