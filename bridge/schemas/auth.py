"""Signing in, in development."""

from typing import Literal

from pydantic import BaseModel, Field

from bridge.schemas.body import Body


class DevTokenBody(Body):
    """Whom to sign in."""

    user: str = Field(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9][A-Za-z0-9._@-]*$")


class DevTokenOut(BaseModel):
    """A user's bearer token."""

    access_token: str
    token_type: Literal["bearer"]
    expires_in: int = Field(description="In seconds.")
