"""Plans, without anything being stored."""

from fastapi import APIRouter

from bridge.convert import plan_request_from_body, plan_to_out
from bridge.params import known_shape
from bridge.parts import Has
from bridge.problems import documented
from bridge.schemas.plan import PlanOut
from bridge.schemas.start import PlanBody
from bridge.security import User

router = APIRouter(prefix="/generations", tags=["generations"])


@router.post("/plan", responses=documented(409, 413))
async def plan(body: PlanBody, _user: User, parts: Has) -> PlanOut:
    """Return the plan that a start or an iteration would run, and where each item comes from."""
    if body.parent_generation_id is not None:
        known_shape(body.parent_generation_id, what="generation")
    return plan_to_out(await parts.orchestrator.plan(plan_request_from_body(body)))
