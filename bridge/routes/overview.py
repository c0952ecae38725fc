"""Generations seen together: active ones, recent ones, counts, iterations, reports."""

from typing import Annotated

from backsmith.orchestrator.v1 import orchestrator_service_pb2 as orchestrator_pb
from backsmith.progress.v1 import progress_pb2
from fastapi import APIRouter, Query

from bridge.convert import generation_to_out, review_to_out, statistics_to_out
from bridge.params import GenerationId, PageSize, PageToken, known_shape, plain
from bridge.parts import Has, Parts
from bridge.problems import documented
from bridge.schemas.generation import GenerationPageOut
from bridge.schemas.review import ReviewOut
from bridge.schemas.statistics import StatisticsOut
from bridge.security import User

router = APIRouter(prefix="/generations", tags=["generations"])

ACTIVE = [progress_pb2.GENERATION_STATUS_PENDING, progress_pb2.GENERATION_STATUS_PROCESSING]
RECENT = 10


@router.get("/active", responses=documented())
async def active(
    _user: User, parts: Has, page_size: PageSize = 50, page_token: PageToken = ""
) -> GenerationPageOut:
    """List your generations that have not ended."""
    request = orchestrator_pb.ListGenerationsRequest(
        statuses=ACTIVE, page_size=page_size, page_token=plain(page_token, field="page_token")
    )
    return await page_of(parts, request)


@router.get("/recent", responses=documented())
async def recent(_user: User, parts: Has, page_size: PageSize = RECENT) -> GenerationPageOut:
    """List your newest generations."""
    return await page_of(parts, orchestrator_pb.ListGenerationsRequest(page_size=page_size))


@router.get("/statistics", responses=documented())
async def statistics(
    _user: User,
    parts: Has,
    project_id: Annotated[str, Query(max_length=64, description="Only this project's.")] = "",
) -> StatisticsOut:
    """Count your generations."""
    counted = await parts.orchestrator.statistics(plain(project_id, field="project_id"))
    return statistics_to_out(counted)


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
