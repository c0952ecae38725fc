"""Projects and their versions."""

from typing import Annotated

from backsmith.orchestrator.v1 import orchestrator_service_pb2 as orchestrator_pb
from fastapi import APIRouter, Path, Query, Response

from bridge.convert import generation_to_detail, project_to_out
from bridge.params import (
    GenerationId,
    IdempotencyKey,
    PageSize,
    PageToken,
    ProjectId,
    known_shape,
    plain,
    request_id,
)
from bridge.parts import Has
from bridge.problems import documented
from bridge.routes import paths
from bridge.routes.overview import page_of
from bridge.routes.start import started
from bridge.schemas.generation import GenerationDetailOut, GenerationPageOut
from bridge.schemas.project import ProjectOut, ProjectPageOut
from bridge.schemas.start import StartedOut
from bridge.schemas.update import CreateProjectBody, UpdateProjectBody
from bridge.security import User

router = APIRouter(tags=["projects"])

VERSIONS = "/generations/projects/{project_id}/versions"


@router.get(VERSIONS, responses=documented())
async def versions(
    project_id: ProjectId,
    _user: User,
    parts: Has,
    page_size: PageSize = 50,
    page_token: PageToken = "",
) -> GenerationPageOut:
    """List a project's versions, newest first."""
    project = await parts.orchestrator.project(known_shape(project_id, what="project"))
    request = orchestrator_pb.ListGenerationsRequest(
        project_id=project.project_id,
        page_size=page_size,
        page_token=plain(page_token, field="page_token"),
    )
    return await page_of(parts, request)


@router.get(VERSIONS + "/active", responses=documented())
async def active_version(project_id: ProjectId, _user: User, parts: Has) -> GenerationDetailOut:
    """Return the generation that is a project's active version."""
    identifier = known_shape(project_id, what="project")
    return generation_to_detail(await parts.orchestrator.version(identifier, 0))


@router.get(VERSIONS + "/{number}", responses=documented())
async def version(
    project_id: ProjectId,
    number: Annotated[int, Path(ge=1, le=2**31 - 1, description="From 1.")],
    _user: User,
    parts: Has,
) -> GenerationDetailOut:
    """Return the generation that made a version."""
    identifier = known_shape(project_id, what="project")
    return generation_to_detail(await parts.orchestrator.version(identifier, number))


@router.post(VERSIONS + "/{generation_id}/activate", responses=documented(409))
async def activate(
    project_id: ProjectId, generation_id: GenerationId, _user: User, parts: Has
) -> ProjectOut:
    """Make a completed generation the active version of its project."""
    project = known_shape(project_id, what="project")
    generation = known_shape(generation_id, what="generation")
    return project_to_out(await parts.orchestrator.activate(project, generation))


@router.post(VERSIONS + "/{generation_id}/rollback", status_code=201, responses=documented(409))
async def roll_back(
    *,
    project_id: ProjectId,
    generation_id: GenerationId,
    user: User,
    parts: Has,
    response: Response,
    idempotency_key: IdempotencyKey = None,
) -> StartedOut:
    """Make the next version out of an older one, as it stands; its stream can be opened at once."""
    parts.door.streams.check(user.user_id)
    request = orchestrator_pb.RollBackVersionRequest(
        project_id=known_shape(project_id, what="project"),
        generation_id=known_shape(generation_id, what="generation"),
        request_id=request_id(idempotency_key),
    )
    generation = await parts.orchestrator.roll_back(request)
    url = paths.message_stream(parts.settings, generation.generation_id)
    return await started(parts, generation, url, response)


@router.get("/projects", responses=documented())
async def list_projects(
    _user: User, parts: Has, page_size: PageSize = 50, page_token: PageToken = ""
) -> ProjectPageOut:
    """List your projects, newest first."""
    page = await parts.orchestrator.projects(
        page_size=page_size, page_token=plain(page_token, field="page_token")
    )
    return ProjectPageOut(
        projects=[project_to_out(each) for each in page.projects],
        next_page_token=page.next_page_token,
    )


@router.post("/projects", status_code=201, responses=documented(409, 413))
async def create_project(
    body: CreateProjectBody,
    _user: User,
    parts: Has,
    response: Response,
    idempotency_key: IdempotencyKey = None,
) -> ProjectOut:
    """Make a project without versions."""
    request = orchestrator_pb.CreateProjectRequest(
        name=body.name, description=body.description, request_id=request_id(idempotency_key)
    )
    project = await parts.orchestrator.create_project(request)
    response.headers["location"] = f"{parts.settings.public_url}/projects/{project.project_id}"
    return project_to_out(project)


@router.get("/projects/{project_id}", responses=documented())
async def get_project(project_id: ProjectId, _user: User, parts: Has) -> ProjectOut:
    """Return one project."""
    identifier = known_shape(project_id, what="project")
    return project_to_out(await parts.orchestrator.project(identifier))


@router.put("/projects/{project_id}", responses=documented(413))
async def update_project(
    project_id: ProjectId, body: UpdateProjectBody, _user: User, parts: Has
) -> ProjectOut:
    """Rename or describe a project."""
    request = orchestrator_pb.UpdateProjectRequest(
        project_id=known_shape(project_id, what="project"),
        name=body.name,
        description=body.description,
    )
    return project_to_out(await parts.orchestrator.update_project(request))


@router.delete("/projects/{project_id}", status_code=204, responses=documented(409))
async def delete_project(
    project_id: ProjectId,
    _user: User,
    parts: Has,
    force: Annotated[bool, Query(description="Cancel first what runs.")] = False,  # noqa: FBT002 - a query parameter
) -> Response:
    """Forget a project and its generations."""
    await parts.orchestrator.delete_project(known_shape(project_id, what="project"), force=force)
    return Response(status_code=204)
