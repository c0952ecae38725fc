"""Phase 3 of an iteration renders one migration, and only where tables change."""

import hashlib
import json
from dataclasses import replace

from generator_svc.domain.iteration import Base
from generator_svc.domain.patch import Rename
from generator_svc.domain.spec import (
    Entity,
    EntityOptions,
    Features,
    Field,
    FieldType,
    PrimaryKey,
    ProjectSpec,
)
from generator_svc.engines.interface import GeneratedFile
from generator_svc.engines.template import TemplateEngine

TITLE = Field(name="title", type=FieldType.STRING, required=True)
BODY = Field(name="body", type=FieldType.TEXT)
POST = Entity(name="Post", fields=(TITLE,))
SPEC = ProjectSpec(name="blog", entities=(POST,))
FIRST = {"migrations/versions/0001_initial.py": b"revision = '0001'\ndown_revision = None\n"}


def with_post(**changes: object) -> ProjectSpec:
    """Return the spec with another post."""
    return replace(SPEC, entities=(replace(POST, **changes),))  # type: ignore[arg-type]


def phase(spec: ProjectSpec, number: int, *renames: Rename, **changes: object) -> dict[str, str]:
    """Return the files of a phase of an iteration from the spec."""
    base = Base(spec=SPEC, version=2, renames=renames, migrations=FIRST)
    steps = TemplateEngine().generate(spec, number, base=replace(base, **changes))  # type: ignore[arg-type]
    return {step.path: step.content.decode() for step in steps if isinstance(step, GeneratedFile)}


def migration(spec: ProjectSpec, *renames: Rename, **changes: object) -> str:
    """Return the one new migration."""
    files = phase(spec, 3, *renames, **changes)
    (found,) = (text for path, text in files.items() if "versions/" in path)
    return found


def test_only_the_new_migration_is_rendered() -> None:
    """Renders what runs migrations, and one that follows the last."""
    files = phase(with_post(fields=(TITLE, BODY)), 3)
    assert [*files] == [
        "alembic.ini",
        "migrations/env.py",
        "migrations/script.py.mako",
        "migrations/versions/0002_change_posts.py",
    ]
    text = files["migrations/versions/0002_change_posts.py"]
    assert 'revision: str = "0002"' in text
    assert 'down_revision: str | None = "0001"' in text


def test_what_changes_no_table_needs_none() -> None:
    """Renders no migration for another description, bound or feature."""
    longer = replace(TITLE, min_length=3, description="What it is about.")
    spec = replace(with_post(fields=(longer,)), features=Features(docker=False))
    assert not [path for path in phase(spec, 3) if "versions/" in path]


def test_the_same_change_is_the_same_bytes() -> None:
    """Renders the same bytes each time."""
    spec = replace(with_post(fields=(BODY,)), features=Features(auth=True))
    assert migration(spec) == migration(spec)


def test_a_rename_drops_nothing() -> None:
    """Renames what is renamed, however its target is written, and creates nothing in its place."""
    renamed = replace(SPEC, entities=(replace(POST, name="BlogPost"),))
    text = migration(renamed, Rename(target="post", to="BlogPost"))
    assert 'op.rename_table("posts", "blog_posts")' in text
    assert "drop_table" not in text
    assert "create_table" not in text


def test_a_name_can_be_given_anew() -> None:
    """Takes a new entity with a renamed one's old name for what it is."""
    spec = replace(SPEC, entities=(replace(POST, name="Article"), POST))
    text = migration(spec, Rename(target="Post", to="Article"))
    assert text.index('op.rename_table("posts", "articles")') < text.index(
        'create_table(\n        "posts"'
    )


def test_another_kind_of_key_is_another_table() -> None:
    """Drops and creates a table whose rows cannot keep their keys."""
    text = migration(with_post(options=EntityOptions(primary_key=PrimaryKey.BIGINT)))
    assert text.index('op.drop_table("posts")') < text.index('create_table(\n        "posts"')


def test_revisions_of_users_are_followed_and_spared() -> None:
    """Follows a migration that the user wrote, and takes no number that is taken."""
    own = {"migrations/versions/own.py": b"revision = '0002'\ndown_revision = '0001'\n"}
    text = migration(with_post(fields=()), migrations=FIRST | own)
    assert 'revision: str = "0003"' in text
    assert 'down_revision: str | None = "0002"' in text


def test_the_manifest_names_the_parents_migrations() -> None:
    """Names the migrations that stay beside those that are new."""
    files = phase(with_post(fields=(TITLE, BODY)), 6)
    told = {
        each["path"]: each["sha256"]
        for each in json.loads(files[".backsmith/manifest.json"])["files"]
    }
    path, content = next(iter(FIRST.items()))
    assert told[path] == hashlib.sha256(content).hexdigest()
    assert "migrations/versions/0002_change_posts.py" in told
