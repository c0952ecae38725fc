"""Plans, without anything being stored."""

from fastapi import APIRouter

from bridge.convert import plan_request_from_body, plan_to_out
from bridge.parts import Has
from bridge.problems import documented
from bridge.schemas.plan import PlanOut
from bridge.schemas.start import PlanBody
from bridge.security import User

router = APIRouter(prefix="/generations", tags=["generations"])


@router.post("/plan", responses=documented(400, 413))
async def plan(body: PlanBody, _user: User, parts: Has) -> PlanOut:
    """Return the plan that a start would run, where each item comes from, and what is unclear."""
    return plan_to_out(await parts.orchestrator.plan(plan_request_from_body(body)))
