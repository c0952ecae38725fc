"""A channel to another service: keepalive, deadlines, credentials, safe retries."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar

import grpc

from chassis.auth import TokenIssuer, current_principal
from chassis.errors import UnauthenticatedError
from chassis.interceptors.client import Credentials, client_interceptors


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelSettings:
    """How a process calls the others."""

    ENV_PREFIX: ClassVar[str] = "BACKSMITH_CHANNEL"

    unary_deadline: timedelta = timedelta(seconds=30)
    """How long a call with one answer may take, in seconds."""

    stream_deadline: timedelta = timedelta(hours=1)
    """How long a call with a stream either way may take, in seconds."""

    keepalive: timedelta = timedelta(seconds=20)
    """How often an open connection is probed, in seconds."""

    max_message_bytes: int = 8 * 1024 * 1024
    """The largest message, in bytes."""

    max_reconnect_backoff: timedelta = timedelta(seconds=2)
    """The longest pause between two attempts to connect, in seconds."""


def acting_credentials(issuer: TokenIssuer, service: str) -> Credentials:
    """Return credentials by which a service acts for whoever is calling it now."""

    def token() -> str:
        try:
            user_id = current_principal().user_id
        except UnauthenticatedError:
            user_id = ""
        return issuer.internal_token(service, user_id=user_id)

    return token


@asynccontextmanager
async def dial(
    target: str, settings: ChannelSettings, credentials: Credentials
) -> AsyncIterator[grpc.aio.Channel]:
    """Open a channel for the length of a block; it connects when first used, and again when cut."""
    async with grpc.aio.insecure_channel(
        target,
        options=_options(settings),
        interceptors=client_interceptors(
            credentials,
            unary_deadline=settings.unary_deadline,
            stream_deadline=settings.stream_deadline,
        ),
    ) as channel:
        yield channel


def _options(settings: ChannelSettings) -> list[tuple[str, int | str]]:
    milliseconds = timedelta(milliseconds=1)
    return [
        ("grpc.keepalive_time_ms", settings.keepalive // milliseconds),
        ("grpc.keepalive_timeout_ms", settings.keepalive // milliseconds),
        ("grpc.keepalive_permit_without_calls", 1),
        ("grpc.http2.max_pings_without_data", 0),
        ("grpc.max_receive_message_length", settings.max_message_bytes),
        ("grpc.max_send_message_length", settings.max_message_bytes),
        ("grpc.initial_reconnect_backoff_ms", 100),
        ("grpc.max_reconnect_backoff_ms", settings.max_reconnect_backoff // milliseconds),
        ("grpc.enable_retries", 1),
        ("grpc.service_config", json.dumps(_RETRY_UNAVAILABLE)),
    ]


_RETRY_UNAVAILABLE = {
    "methodConfig": [
        {
            "name": [{}],
            "retryPolicy": {
                "maxAttempts": 3,
                "initialBackoff": "0.1s",
                "maxBackoff": "1s",
                "backoffMultiplier": 2,
                "retryableStatusCodes": ["UNAVAILABLE"],
            },
        }
    ]
}
"""Transparent to callers: gRPC retries only calls of which no answer has been seen (gRFC A6).

Every creating RPC of ours takes an idempotency key or is idempotent by content, so that a retry
of a call whose answer was lost is harmless.
"""
