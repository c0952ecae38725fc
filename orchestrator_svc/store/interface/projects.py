"""Projects and their versions."""

from collections.abc import Sequence
from typing import Protocol

from orchestrator_svc.domain.model import Generation, Project
from orchestrator_svc.store.values import Idempotency


class Projects(Protocol):
    """Projects and their versions."""

    async def create(self, project: Project, *, idempotency: Idempotency | None) -> Project:
        """Store a project, or return its twin.

        Raises:
            AlreadyExistsError: The idempotency key was used with another request.
        """
        ...

    async def get_project(self, user_id: str, project_id: str) -> Project:
        """Return a project.

        Raises:
            NotFoundError: It is unknown.
        """
        ...

    async def list_projects(self, user_id: str, *, before: str, limit: int) -> Sequence[Project]:
        """Return projects, newest first, that are older than `before` (empty: all)."""
        ...

    async def update_project(
        self, user_id: str, project_id: str, *, name: str | None, description: str | None
    ) -> Project:
        """Change a project; None leaves a value as it is.

        Raises:
            NotFoundError: It is unknown.
        """
        ...

    async def delete_project(self, user_id: str, project_id: str, *, force: bool) -> None:
        """Forget a project and its generations.

        Raises:
            NotFoundError: It is unknown.
            FailedPreconditionError: A generation has not ended, and `force` is not given.
        """
        ...

    async def version(self, user_id: str, project_id: str, number: int) -> Generation:
        """Return the generation that made a version; 0 means the active one.

        Raises:
            NotFoundError: The project or the version is unknown.
        """
        ...

    async def activate(
        self, user_id: str, project_id: str, generation_id: str, *, expected: str | None
    ) -> Project:
        """Make a version the active one.

        Raises:
            NotFoundError: The project or the generation is unknown.
            FailedPreconditionError: The generation is not completed.
            AbortedError: Another version is active than the expected one.
        """
        ...
