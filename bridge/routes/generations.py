"""Generations: lists and details."""

from typing import Annotated

from backsmith.orchestrator.v1 import orchestrator_service_pb2 as orchestrator_pb
from fastapi import APIRouter, Query

from bridge.convert import STATUSES, generation_to_detail
from bridge.params import GenerationId, PageSize, PageToken, known_shape, plain
from bridge.parts import Has
from bridge.problems import documented
from bridge.routes.overview import page_of
from bridge.schemas.generation import GenerationDetailOut, GenerationPageOut, Status
from bridge.security import User

router = APIRouter(prefix="/generations", tags=["generations"])


@router.get("", responses=documented())
async def list_generations(
    *,
    _user: User,
    parts: Has,
    status: Annotated[list[Status] | None, Query(description="Only these statuses.")] = None,
    project_id: Annotated[str, Query(max_length=64, description="Only this project's.")] = "",
    is_iteration: Annotated[bool | None, Query(description="Only iterations, or none.")] = None,
    min_quality_score: Annotated[float | None, Query(ge=0, le=1)] = None,
    page_size: PageSize = 50,
    page_token: PageToken = "",
) -> GenerationPageOut:
    """List your generations, newest first."""
    request = orchestrator_pb.ListGenerationsRequest(
        page_size=page_size,
        page_token=plain(page_token, field="page_token"),
        statuses=[STATUSES[word] for word in status or ()],
        project_id=plain(project_id, field="project_id"),
        is_iteration=is_iteration,
        min_quality_score=min_quality_score,
    )
    return await page_of(parts, request)


@router.get("/{generation_id}", responses=documented())
async def get_generation(
    generation_id: GenerationId, _user: User, parts: Has
) -> GenerationDetailOut:
    """Return one generation."""
    identifier = known_shape(generation_id, what="generation")
    return generation_to_detail(await parts.orchestrator.generation(identifier))
