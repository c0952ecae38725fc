"""Where things are, as callers see them."""

from bridge.settings import BridgeSettings


def named_stream(settings: BridgeSettings, generation_id: str) -> str:
    """Return the URL of a generation's stream for `progress` listeners."""
    return f"{settings.public_url}/generations/generate/{generation_id}/stream"


def message_stream(settings: BridgeSettings, generation_id: str) -> str:
    """Return the URL of a generation's stream for `message` listeners."""
    return f"{settings.public_url}/generations/{generation_id}/stream"


def generation(settings: BridgeSettings, generation_id: str) -> str:
    """Return the URL of a generation."""
    return f"{settings.public_url}/generations/{generation_id}"
