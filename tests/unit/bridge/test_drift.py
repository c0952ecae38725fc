"""What is made from something else is what that makes now."""

from importlib.resources import files
from pathlib import Path

from bridge.sse.typescript import declarations

CLIENT = Path(__file__).parents[3] / "clients" / "js"


def test_types() -> None:
    """Keeps the TypeScript types as the protos make them."""
    assert (CLIENT / "events.d.ts").read_text() == declarations()


def test_client_of_the_page() -> None:
    """Serves the page with the very client that others take from `clients/js`."""
    served = files("bridge.web").joinpath("backsmith.js").read_text()
    assert (CLIENT / "backsmith.js").read_text() == served
