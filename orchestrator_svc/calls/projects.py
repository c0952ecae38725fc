"""Calls about projects and their versions."""

from backsmith.orchestrator.v1 import orchestrator_service_pb2 as pb

from chassis.auth import require_user
from chassis.ids import new_id
from orchestrator_svc import convert
from orchestrator_svc.calls.parts import Answering, Context
from orchestrator_svc.checks import DESCRIPTION, KEY, PROJECT_NAME, Checks
from orchestrator_svc.domain.model import Project
from orchestrator_svc.paging import page_size, page_token, read_page_token
from orchestrator_svc.repeats import as_created, idempotency_of


class ProjectCalls(Answering):
    """Answers calls about projects and their versions."""

    async def CreateProject(
        self, request: pb.CreateProjectRequest, context: Context
    ) -> pb.CreateProjectResponse:
        """Make a project without versions."""
        _check(request.name, request.description, request.request_id)
        new = self._new(request)
        made = await self._parts.projects.create(new, idempotency=idempotency_of(request))
        self._parts.committed()
        return pb.CreateProjectResponse(project=convert.project_to_proto(as_created(made, new)))

    async def GetProject(
        self, request: pb.GetProjectRequest, context: Context
    ) -> pb.GetProjectResponse:
        """Return a project."""
        project = await self._parts.projects.get_project(require_user(), request.project_id)
        return pb.GetProjectResponse(project=convert.project_to_proto(project))

    async def ListProjects(
        self, request: pb.ListProjectsRequest, context: Context
    ) -> pb.ListProjectsResponse:
        """List the caller's projects, newest first."""
        user_id = require_user()
        size = page_size(request.page_size)
        before = read_page_token(request.page_token, "projects", user_id)
        found = await self._parts.projects.list_projects(user_id, before=before, limit=size + 1)
        page = found[:size]
        more = len(found) > size
        return pb.ListProjectsResponse(
            projects=[convert.project_to_proto(project) for project in page],
            next_page_token=page_token(page[-1].project_id, "projects", user_id) if more else "",
        )

    async def UpdateProject(
        self, request: pb.UpdateProjectRequest, context: Context
    ) -> pb.UpdateProjectResponse:
        """Rename or describe a project."""
        _check(request.name if request.HasField("name") else "-", request.description, "")
        project = await self._parts.projects.update_project(
            require_user(),
            request.project_id,
            name=request.name if request.HasField("name") else None,
            description=request.description if request.HasField("description") else None,
        )
        self._parts.committed()
        return pb.UpdateProjectResponse(project=convert.project_to_proto(project))

    async def DeleteProject(
        self, request: pb.DeleteProjectRequest, context: Context
    ) -> pb.DeleteProjectResponse:
        """Forget a project and its generations."""
        await self._parts.projects.delete_project(
            require_user(), request.project_id, force=request.force
        )
        self._parts.committed()
        self._parts.cancelled()
        return pb.DeleteProjectResponse()

    async def GetVersion(
        self, request: pb.GetVersionRequest, context: Context
    ) -> pb.GetVersionResponse:
        """Return the generation that made a version."""
        generation = await self._parts.projects.version(
            require_user(), request.project_id, request.version
        )
        details = await self._parts.generations.details(generation.generation_id)
        return pb.GetVersionResponse(generation=convert.generation_to_proto(generation, details))

    async def RollBackVersion(
        self, request: pb.RollBackVersionRequest, context: Context
    ) -> pb.RollBackVersionResponse:
        """Make the next version out of an older one."""
        generation = await self._parts.iterating.roll_back(require_user(), request)
        details = await self._parts.generations.details(generation.generation_id)
        return pb.RollBackVersionResponse(
            generation=convert.generation_to_proto(generation, details)
        )

    async def ActivateVersion(
        self, request: pb.ActivateVersionRequest, context: Context
    ) -> pb.ActivateVersionResponse:
        """Make a completed generation the active version."""
        named = request.HasField("expected_active_generation_id")
        project = await self._parts.projects.activate(
            require_user(),
            request.project_id,
            request.generation_id,
            expected=request.expected_active_generation_id if named else None,
        )
        self._parts.committed()
        return pb.ActivateVersionResponse(project=convert.project_to_proto(project))

    def _new(self, request: pb.CreateProjectRequest) -> Project:
        now = self._parts.clock.now()
        return Project(
            project_id=new_id("prj", clock=self._parts.clock),
            user_id=require_user(),
            name=request.name,
            description=request.description,
            latest_version=0,
            active_generation_id="",
            create_time=now,
            update_time=now,
        )


def _check(name: str, description: str, request_id: str) -> None:
    checks = Checks()
    checks.text("name", name, PROJECT_NAME)
    checks.text("description", description, DESCRIPTION)
    checks.text("request_id", request_id, KEY)
    checks.require()
