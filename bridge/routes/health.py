"""Health and metrics."""

from typing import Literal

from fastapi import APIRouter, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from pydantic import BaseModel

from bridge.parts import Has
from bridge.problems import documented
from chassis.errors import NotFoundError, UnavailableError

router = APIRouter(tags=["health"])


class HealthOut(BaseModel):
    """How this process is."""

    status: Literal["ok"]


@router.get("/healthz")
async def healthz() -> HealthOut:
    """Answer while the process lives."""
    return HealthOut(status="ok")


@router.get("/readyz", responses=documented())
async def readyz(parts: Has) -> HealthOut:
    """Answer while the process can do its work: its services answer, and it is not stopping."""
    if parts.door.streams.draining:
        raise UnavailableError("This server stops.", reason="STOPPING")
    parts.health.require()
    return HealthOut(status="ok")


@router.get("/metrics", include_in_schema=False)
async def metrics(parts: Has) -> Response:
    """Tell the metrics, where a setting allows it."""
    if not parts.settings.metrics:
        raise NotFoundError("There is nothing at this path.")
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)
