"""Calls about who watches."""

from datetime import timedelta

from backsmith.orchestrator.v1 import orchestrator_service_pb2 as pb

from chassis.auth import require_internal, require_user
from orchestrator_svc import convert
from orchestrator_svc.calls.parts import Answering, Context
from orchestrator_svc.checks import BRIDGE_ID, Checks

LONGEST_HOLD = timedelta(hours=1)


class AudienceCalls(Answering):
    """Answers calls about who watches, and what that decides."""

    async def SetCancelAfter(
        self, request: pb.SetCancelAfterRequest, context: Context
    ) -> pb.SetCancelAfterResponse:
        """Decide what happens when the last viewer leaves."""
        checks = Checks()
        checks.cancel_after(request)
        checks.require()
        generation = await self._parts.audiences.set_cancel_after(
            require_user(), request.generation_id, convert.cancel_after_from_proto(request)
        )
        return pb.SetCancelAfterResponse(generation=convert.generation_to_proto(generation))

    async def ReportViewers(
        self, request: pb.ReportViewersRequest, context: Context
    ) -> pb.ReportViewersResponse:
        """Note which generations have viewers at a bridge."""
        require_internal()
        hold = request.hold.ToTimedelta()
        checks = Checks()
        checks.text("bridge_id", request.bridge_id, BRIDGE_ID)
        if not timedelta() < hold <= LONGEST_HOLD:
            checks.add("hold", "is not between 0 s and an hour", "RANGE")
        checks.require()
        await self._parts.audiences.report(request.bridge_id, request.generation_ids, hold=hold)
        return pb.ReportViewersResponse()
