"""Who is calling: bearer tokens on every route that is not open."""

from typing import Annotated

import structlog
from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from chassis.auth import Authenticator, Principal, bind_principal
from chassis.errors import UnauthenticatedError

bearer = HTTPBearer(auto_error=False, description="A user's JWT.")


async def signed_in(
    request: Request,
    credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)],
) -> Principal:
    """Verify the bearer token and bind whom it names to the request.

    Raises:
        UnauthenticatedError: There is none, or it is a bad one.
    """
    if credentials is None or not credentials.credentials:
        raise UnauthenticatedError(
            "Send a bearer token in the `Authorization` header.", reason="TOKEN_MISSING"
        )
    authenticator: Authenticator = request.app.state.parts.authenticator
    return act_for(await authenticator.verify(credentials.credentials))


def act_for(principal: Principal) -> Principal:
    """Make a user the caller of whatever this request does.

    Raises:
        UnauthenticatedError: The token is not a user's.
    """
    if principal.internal or not principal.user_id:
        raise UnauthenticatedError("Sign in as a user.", reason="TOKEN_INVALID")
    bind_principal(principal)
    structlog.contextvars.bind_contextvars(user_id=principal.user_id)
    return principal


User = Annotated[Principal, Depends(signed_in)]
