"""The life of a generation: cancel, retry, rename, delete."""

from typing import Annotated

from backsmith.orchestrator.v1 import orchestrator_service_pb2 as orchestrator_pb
from fastapi import APIRouter, Query, Response

from bridge.convert import generation_to_detail
from bridge.params import GenerationId, known_shape
from bridge.parts import Has
from bridge.problems import documented
from bridge.schemas.generation import GenerationDetailOut
from bridge.schemas.update import UpdateGenerationBody
from bridge.security import User
from bridge.sse.event import Topic

router = APIRouter(prefix="/generations", tags=["generations"])


@router.post("/{generation_id}/cancel", responses=documented(409))
async def cancel(generation_id: GenerationId, _user: User, parts: Has) -> GenerationDetailOut:
    """End a generation for good; its finished phases stay readable."""
    identifier = known_shape(generation_id, what="generation")
    return generation_to_detail(await parts.orchestrator.cancel(identifier))


@router.post("/{generation_id}/retry", responses=documented(409))
async def retry(generation_id: GenerationId, user: User, parts: Has) -> GenerationDetailOut:
    """Resume a failed generation at its first unfinished phase."""
    identifier = known_shape(generation_id, what="generation")
    generation = await parts.orchestrator.retry(identifier)
    parts.door.hub.forget(Topic(kind="generation", name=identifier, user_id=user.user_id))
    return generation_to_detail(generation)


@router.patch("/{generation_id}", responses=documented(413))
async def update(
    generation_id: GenerationId, body: UpdateGenerationBody, _user: User, parts: Has
) -> GenerationDetailOut:
    """Rename, describe or tag a generation."""
    request = orchestrator_pb.UpdateGenerationRequest(
        generation_id=known_shape(generation_id, what="generation"),
        title=body.title,
        description=body.description,
        tags=None if body.tags is None else orchestrator_pb.Tags(values=body.tags),
    )
    return generation_to_detail(await parts.orchestrator.update(request))


@router.delete("/{generation_id}", status_code=204, responses=documented(409))
async def delete(
    generation_id: GenerationId,
    user: User,
    parts: Has,
    force: Annotated[bool, Query(description="Cancel it first if it runs.")] = False,  # noqa: FBT002 - a query parameter
) -> Response:
    """Forget a generation; its iterations keep working."""
    identifier = known_shape(generation_id, what="generation")
    await parts.orchestrator.delete(identifier, force=force)
    parts.door.hub.forget(Topic(kind="generation", name=identifier, user_id=user.user_id))
    return Response(status_code=204)
