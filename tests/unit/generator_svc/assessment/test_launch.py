"""What a generated server is started with comes from its own `.env.example`."""

import pytest

from generator_svc.assessment.launch import ADMIN_EMAIL, launch_of
from generator_svc.assessment.project import Project
from tests.corpus.loading import load
from tests.corpus.rendering import render

EXAMPLE = """\
# Told in a comment.
ENVIRONMENT=development
# DATABASE_URL=sqlite+aiosqlite:///./app.db
# SECRET_KEY=
# ADMIN_EMAIL=
# ACCESS_TOKEN_MINUTES=15
# PASSWORD_MEMORY_KIB=65536
# MAX_BODY_BYTES=1048576
"""


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ENVIRONMENT", "development"),
        ("DATABASE_URL", "sqlite+aiosqlite:///x.db"),
        ("ADMIN_EMAIL", ADMIN_EMAIL),
        ("ACCESS_TOKEN_MINUTES", "1440"),
        ("PASSWORD_MEMORY_KIB", "8"),
        ("MAX_BODY_BYTES", "1048576"),
    ],
)
def test_variables_are_set_for_an_attack(name: str, value: str) -> None:
    """Keeps what the example says, but for who comes in, how long, and at what cost."""
    launch = launch_of(Project({".env.example": EXAMPLE.encode()}), "sqlite+aiosqlite:///x.db")
    assert launch.environment[name] == value


def test_the_secret_is_known() -> None:
    """Gives the server a secret that the gates can sign tokens with."""
    launch = launch_of(Project({".env.example": EXAMPLE.encode()}), "sqlite+aiosqlite:///x.db")
    assert launch.environment["SECRET_KEY"] == launch.secret
    assert len(launch.secret) >= 32


def test_every_setting_stands_in_the_example() -> None:
    """Names each setting of a generated project, so that its user finds them in one place."""
    files = render(load("all_features"))
    config = files["app/core/config.py"].decode()
    settings = [
        line.split(":")[0].strip()
        for line in config.splitlines()
        if line.startswith("    ") and ": " in line and " = " in line and line[4].isalpha()
    ]
    example = files[".env.example"].decode()
    assert "password_memory_kib" in settings
    assert [name for name in settings if f"{name.upper()}=" not in example] == []
