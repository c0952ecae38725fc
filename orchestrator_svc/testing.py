"""Values for tests and benchmarks."""

from datetime import datetime
from typing import Any

from orchestrator_svc.domain.model import Generation, Mode


def new_generation(*, now: datetime, **values: Any) -> Generation:
    """Return a generation that is about to be stored, as a start makes it but for these values."""
    usual: dict[str, Any] = {
        "generation_id": "gen_1",
        "user_id": "ada",
        "project_id": "prj_1",
        "project_name": "Blog",
        "auto_created_project": True,
        "prompt": "A blog with posts",
        "mode": Mode.CLASSIC,
        "engine": "template",
        "entities_count": 1,
        "entity_name": "Post",
        "create_time": now,
        "update_time": now,
    }
    return Generation(**{**usual, **values})
