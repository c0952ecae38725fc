"""Generations seen together: active ones, recent ones, counts, iterations, reports."""

from backsmith.orchestrator.v1 import orchestrator_service_pb2 as orchestrator_pb
from fastapi import APIRouter

from bridge.convert import generation_to_out, review_to_out, statistics_to_out
from bridge.filters import Which
from bridge.params import GenerationId, PageSize, PageToken, known_shape, plain
from bridge.parts import Has, Parts
from bridge.problems import documented
from bridge.schemas.generation import GenerationPageOut, Status
from bridge.schemas.review import ReviewOut
from bridge.schemas.statistics import StatisticsOut
from bridge.security import User

router = APIRouter(prefix="/generations", tags=["generations"])

ACTIVE: tuple[Status, ...] = ("pending", "processing")
RECENT = 10


@router.get("/active", responses=documented())
async def active(
    _user: User, parts: Has, which: Which, page_size: PageSize = 50, page_token: PageToken = ""
) -> GenerationPageOut:
    """List your generations that have not ended."""
    wanted = [status for status in which.statuses or ACTIVE if status in ACTIVE]
    if not wanted:
        return GenerationPageOut(generations=[], next_page_token="")
    request = which.listing(page_size=page_size, page_token=page_token, statuses=wanted)
    return await page_of(parts, request)


@router.get("/recent", responses=documented())
async def recent(
    _user: User, parts: Has, which: Which, page_size: PageSize = RECENT, page_token: PageToken = ""
) -> GenerationPageOut:
    """List your newest generations, few at a time."""
    return await page_of(parts, which.listing(page_size=page_size, page_token=page_token))


@router.get("/statistics", responses=documented())
async def statistics(_user: User, parts: Has, which: Which) -> StatisticsOut:
    """Count your generations."""
    return statistics_to_out(await parts.orchestrator.statistics(which.counting()))


@router.get("/{generation_id}/iterations", responses=documented())
async def iterations(
    generation_id: GenerationId,
    _user: User,
    parts: Has,
    page_size: PageSize = 50,
    page_token: PageToken = "",
) -> GenerationPageOut:
    """List the iterations of a generation."""
    parent = await parts.orchestrator.generation(known_shape(generation_id, what="generation"))
    request = orchestrator_pb.ListGenerationsRequest(
        parent_generation_id=parent.generation_id,
        page_size=page_size,
        page_token=plain(page_token, field="page_token"),
    )
    return await page_of(parts, request)


@router.get("/{generation_id}/review", responses=documented())
async def review(generation_id: GenerationId, _user: User, parts: Has) -> ReviewOut:
    """Return the quality report of a generation."""
    identifier = known_shape(generation_id, what="generation")
    return review_to_out(identifier, await parts.orchestrator.review(identifier))


async def page_of(
    parts: Parts, request: orchestrator_pb.ListGenerationsRequest
) -> GenerationPageOut:
    """Return a page of generations as callers see it."""
    page = await parts.orchestrator.generations(request)
    return GenerationPageOut(
        generations=[generation_to_out(each) for each in page.generations],
        next_page_token=page.next_page_token,
    )
