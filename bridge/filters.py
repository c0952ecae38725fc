"""Which generations a list or a count is about: the same words on every such route."""

from collections.abc import Collection
from typing import Annotated, Any

from backsmith.orchestrator.v1 import orchestrator_service_pb2 as pb
from fastapi import Depends, Query

from bridge.convert import STATUSES
from bridge.params import plain
from bridge.schemas.generation import Status


class Filter:
    """What a caller may narrow a list or a count of generations to."""

    def __init__(
        self,
        *,
        status: Annotated[list[Status] | None, Query(description="Only these statuses.")] = None,
        project_id: Annotated[str, Query(max_length=64, description="Only this project's.")] = "",
        is_iteration: Annotated[bool | None, Query(description="Only iterations, or none.")] = None,
        min_quality_score: Annotated[
            float | None, Query(ge=0, le=1, description="Only those assessed this good.")
        ] = None,
    ) -> None:
        self.statuses: Collection[Status] = tuple(status or ())
        self._words: dict[str, Any] = {
            "project_id": plain(project_id, field="project_id"),
            "is_iteration": is_iteration,
            "min_quality_score": min_quality_score,
        }

    def listing(
        self, *, page_size: int, page_token: str, statuses: Collection[Status] | None = None
    ) -> pb.ListGenerationsRequest:
        """Return the request for a page; other statuses than the caller's may be given."""
        wanted = self.statuses if statuses is None else statuses
        return pb.ListGenerationsRequest(
            page_size=page_size,
            page_token=plain(page_token, field="page_token"),
            statuses=[STATUSES[word] for word in wanted],
            **self._words,
        )

    def counting(self) -> pb.GetStatisticsRequest:
        """Return the request for counts."""
        wanted = [STATUSES[word] for word in self.statuses]
        return pb.GetStatisticsRequest(statuses=wanted, **self._words)


Which = Annotated[Filter, Depends()]
