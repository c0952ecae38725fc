"""What the routes work with; put together in `app`."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from bridge.clients import Files, Orchestrator
from bridge.door import Door
from bridge.settings import BridgeSettings
from chassis.auth import Authenticator, TokenIssuer
from chassis.health import Health


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """Everything a request may need."""

    settings: BridgeSettings
    authenticator: Authenticator
    issuer: TokenIssuer
    orchestrator: Orchestrator
    files: Files
    door: Door
    health: Health


async def parts_of(request: Request) -> Parts:
    """Return the parts of the application that serves a request.

    It waits for nothing; but the framework would run a plain function in a thread of its own.
    """
    parts: Parts = request.app.state.parts
    return parts


Has = Annotated[Parts, Depends(parts_of)]
