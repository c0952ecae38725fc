"""Signing in, in development."""

from ipaddress import ip_address

from fastapi import APIRouter, Request

from bridge.parts import Has
from bridge.problems import documented
from bridge.schemas.auth import DevTokenBody, DevTokenOut
from chassis.errors import NotFoundError

router = APIRouter(prefix="/auth", tags=["auth"])


@router.post("/dev-token", responses=documented(413))
async def dev_token(body: DevTokenBody, request: Request, parts: Has) -> DevTokenOut:
    """Sign anybody in: in development mode, and on this machine only."""
    settings = parts.settings.auth
    if settings.mode != "development" or not _from_this_machine(request):
        raise NotFoundError("There is nothing at this path.")
    return DevTokenOut(
        access_token=parts.issuer.user_token(body.user),
        token_type="bearer",  # noqa: S106 - the scheme's name
        expires_in=int(settings.user_token_lifetime.total_seconds()),
    )


def _from_this_machine(request: Request) -> bool:
    """Tell whether a request came over loopback and through no proxy."""
    forwarded = {"forwarded", "x-forwarded-for"} & set(request.headers.keys())
    if request.client is None or forwarded:
        return False
    try:
        return ip_address(request.client.host).is_loopback
    except ValueError:
        return False
