"""Generations: lists and details."""

from fastapi import APIRouter

from bridge.convert import generation_to_detail
from bridge.filters import Which
from bridge.params import GenerationId, PageSize, PageToken, known_shape
from bridge.parts import Has
from bridge.problems import documented
from bridge.routes.overview import page_of
from bridge.schemas.generation import GenerationDetailOut, GenerationPageOut
from bridge.security import User

router = APIRouter(prefix="/generations", tags=["generations"])


@router.get("", responses=documented())
async def list_generations(
    _user: User, parts: Has, which: Which, page_size: PageSize = 50, page_token: PageToken = ""
) -> GenerationPageOut:
    """List your generations, newest first."""
    return await page_of(parts, which.listing(page_size=page_size, page_token=page_token))


@router.get("/{generation_id}", responses=documented())
async def get_generation(
    generation_id: GenerationId, _user: User, parts: Has
) -> GenerationDetailOut:
    """Return one generation."""
    identifier = known_shape(generation_id, what="generation")
    return generation_to_detail(await parts.orchestrator.generation(identifier))
