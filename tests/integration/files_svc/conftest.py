"""A files service in this process, served over real gRPC on a free port."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from chassis.auth import AuthSettings, TokenIssuer
from chassis.channel import ChannelSettings, dial
from chassis.server import ServerSettings
from files_svc.app import application
from files_svc.settings import FilesSettings, LimitSettings, StoreSettings
from tests.integration.files_svc.client import FilesClient

AUTH = AuthSettings(secret="a secret that only the tests know..", mode="development")


@pytest.fixture
def settings(tmp_path: Path) -> FilesSettings:
    """Name a folder of its own and small limits."""
    return FilesSettings(
        auth=AUTH,
        store=StoreSettings(
            url=(tmp_path / "files").as_uri(), fsync=False, probe_interval=timedelta()
        ),
        server=ServerSettings(health_interval=timedelta(seconds=0.05), drain=timedelta(seconds=1)),
        limits=LimitSettings(file_bytes=3_000_000, snapshot_files=12_000, snapshot_bytes=8_000_000),
    )


@asynccontextmanager
async def serving(settings: FilesSettings) -> AsyncIterator[str]:
    """Serve for the length of a block and yield the address."""
    async with application(settings, asyncio.Event()) as address:
        yield address


@asynccontextmanager
async def calling(address: str, token: str) -> AsyncIterator[FilesClient]:
    """Open a client for the length of a block."""
    async with dial(address, ChannelSettings(), lambda: token) as channel:
        yield FilesClient(channel)


@pytest.fixture
async def address(settings: FilesSettings) -> AsyncIterator[str]:
    """Serve for the length of a test."""
    async with serving(settings) as served:
        yield served


@pytest.fixture
async def client(address: str) -> AsyncIterator[FilesClient]:
    """Call as a service."""
    token = TokenIssuer(AUTH).internal_token("tests")
    async with calling(address, token) as opened:
        yield opened


ClientOf = Callable[[str], AbstractAsyncContextManager[FilesClient]]


@pytest.fixture
def as_user(address: str) -> ClientOf:
    """Call as a user."""
    return lambda user: calling(address, TokenIssuer(AUTH).user_token(user))


@pytest.fixture
async def away_client(settings: FilesSettings) -> AsyncIterator[FilesClient]:
    """Call a service whose store, an S3-speaking server, is away."""
    store = StoreSettings(
        url="s3://bucket",
        s3_endpoint="http://127.0.0.1:1",
        s3_access_key_id="test",
        s3_secret_access_key="test",
        s3_allow_http=True,
        s3_retries=0,
    )
    token = TokenIssuer(AUTH).internal_token("tests")
    async with (
        serving(replace(settings, store=store)) as address,
        calling(address, token) as opened,
    ):
        yield opened
