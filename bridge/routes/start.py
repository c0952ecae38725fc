"""Starting generations."""

from backsmith.orchestrator.v1 import generation_pb2
from fastapi import APIRouter, Response

from bridge.convert import (
    generation_to_out,
    iteration_request_from_body,
    json_from_struct,
    start_request_from_body,
)
from bridge.params import IdempotencyKey, known_shape, request_id
from bridge.parts import Has, Parts
from bridge.problems import documented
from bridge.routes import paths
from bridge.schemas.start import GenerateBody, IterateBody, StartedOut
from bridge.security import User
from bridge.sse.event import Topic

router = APIRouter(prefix="/generations", tags=["generations"])


@router.post("/generate", status_code=201, responses=documented(409, 413))
async def generate(
    body: GenerateBody,
    user: User,
    parts: Has,
    response: Response,
    idempotency_key: IdempotencyKey = None,
) -> StartedOut:
    """Start a generation; its stream can be opened at once."""
    parts.door.check(user.user_id)
    request = start_request_from_body(body, request_id=request_id(idempotency_key))
    generation = await parts.orchestrator.start(request)
    url = paths.named_stream(parts.settings, generation.generation_id)
    return await started(parts, generation, url, response)


@router.post("/iterate", status_code=201, responses=documented(409, 413))
async def iterate(
    body: IterateBody,
    user: User,
    parts: Has,
    response: Response,
    idempotency_key: IdempotencyKey = None,
) -> StartedOut:
    """Start an iteration of a completed generation."""
    parts.door.check(user.user_id)
    known_shape(body.parent_generation_id, what="generation")
    request = iteration_request_from_body(body, request_id=request_id(idempotency_key))
    generation = await parts.orchestrator.iterate(request)
    url = paths.message_stream(parts.settings, generation.generation_id)
    return await started(parts, generation, url, response)


async def started(
    parts: Parts, generation: generation_pb2.Generation, url: str, response: Response
) -> StartedOut:
    """Return the answer to a start, with a token for the generation's stream."""
    topic = Topic(kind="generation", name=generation.generation_id, user_id=generation.user_id)
    token = await parts.door.ticket(topic, url)
    response.headers["location"] = paths.generation(parts.settings, generation.generation_id)
    kind = "Iteration" if generation.is_iteration else "Generation"
    out = generation_to_out(generation)
    return StartedOut(
        **out.model_dump(),
        **token.model_dump(exclude={"generation_id"}),
        context=json_from_struct(generation.context),
        message=f"{kind} of {generation.project_name} version {generation.version} is accepted",
    )
