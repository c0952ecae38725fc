"""A generation from its start to its end, told as the contract says."""

import asyncio

import pytest
from backsmith.files.v1 import files_service_pb2 as files_pb
from backsmith.files.v1.files_service_pb2_grpc import FilesServiceStub
from backsmith.orchestrator.v1 import generation_pb2
from backsmith.orchestrator.v1 import orchestrator_service_pb2 as pb
from backsmith.progress.v1 import progress_pb2
from prometheus_client import Counter

from chassis.auth import TokenIssuer
from chassis.channel import ChannelSettings, dial
from orchestrator_svc.runner.metrics import ENDED
from tests.integration.orchestrator_svc.conftest import AUTH, Client, System, terminal

STAGES = {
    "queued": (0.0, "Waiting for a runner"),
    "initializing": (0.01, "Starting classic generation..."),
    "schema_extraction": (0.03, "Extracting project schema and entities..."),
    "code_generation": (0.04, "Generating code using template engine..."),
    "phased_generation_started": (0.05, "Starting phased generation for 3 entities"),
    "phase_1_complete": (0.20, "Phase 1 complete: Generated 4 core infrastructure files"),
    "entity_processing_1": (0.20, "Processing entity 1/3: User"),
    "entity_complete_1": (0.266667, "Entity 1/3 complete: Generated 4 User entity files"),
    "entity_processing_2": (0.266667, "Processing entity 2/3: Post"),
    "entity_complete_2": (0.333333, "Entity 2/3 complete: Generated 4 Post entity files"),
    "entity_processing_3": (0.333333, "Processing entity 3/3: Comment"),
    "entity_complete_3": (0.40, "Entity 3/3 complete: Generated 4 Comment entity files"),
    "phase_2_complete": (0.40, "Phase 2 complete: Generated 12 entity files"),
    "phase_3_complete": (0.60, "Phase 3 complete: Generated 4 database migration files"),
    "phase_4_complete": (0.80, "Phase 4 complete: Generated 4 test files"),
    "phase_5_complete": (0.85, "Phase 5 complete: Generated 4 support files"),
    "phase_6_complete": (0.95, "Phase 6 complete: Generated 4 main application files"),
    "file_management": (0.97, "Organizing and saving files..."),
    "quality_assessment": (0.99, "Running quality assessment..."),
    "quality_gate_1": (0.99, "Gate 1/1: compiles"),
    "completed": (1.0, "Generation completed successfully with 33 files"),
}
CLASSIC = generation_pb2.GENERATION_MODE_CLASSIC


async def test_tells_the_stages_of_the_contract_in_order(client: Client) -> None:
    """Tells every stage of the table once, in its order, with its progress and words."""
    started = await client.start(generation_mode=CLASSIC)

    story = await client.story(started.generation_id)

    told = {e.stage: (e.progress, e.message) for e in story if e.stage != "generating_file"}
    assert list(told.items()) == list(STAGES.items())
    assert len([e for e in story if e.stage != "generating_file"]) == len(STAGES)


async def test_progress_never_goes_back_and_ends_once(client: Client) -> None:
    """Raises progress only, and sends one terminal event, as the last."""
    started = await client.start()

    story = await client.story(started.generation_id)

    progress = [event.progress for event in story]
    assert progress == sorted(progress)
    assert [terminal(event) for event in story].count(True) == 1
    assert terminal(story[-1])


async def test_each_file_announces_itself_with_a_whole_phase_info(client: Client) -> None:
    """Tells each file once, with a phase info that counts right."""
    started = await client.start()

    story = await client.story(started.generation_id)

    files = [event for event in story if event.stage == "generating_file"]
    assert len({event.current_file for event in files}) == len(files) == 32
    assert [event.phase_info.total_files for event in files] == list(range(1, 33))
    assert {event.phase_info.total_phases for event in files} == {6}
    last = files[-1].phase_info
    assert (last.current_phase, last.phase, last.name) == (6, "phase_6", "Main Application")
    assert (last.entities_count, last.files_generated) == (3, 4)


@pytest.mark.parametrize(
    ("prompt", "name", "files"),
    [
        ("please make an Invoice", "Entities", "4 Invoice entity files"),
        ("please make Post and User", "User Entity", "8 entity files"),
    ],
)
async def test_the_second_phase_is_named_after_users(
    client: Client, prompt: str, name: str, files: str
) -> None:
    """Names the second phase after the entity User when there is one (contract 4)."""
    started = await client.start(prompt)

    story = await client.story(started.generation_id)

    complete = next(event for event in story if event.stage == "phase_2_complete")
    assert complete.phase_info.name == name
    assert complete.message == f"Phase 2 complete: Generated {files}"


async def test_an_enhanced_generation_tells_what_it_adds(client: Client) -> None:
    """Analyses the context and names its features in every event."""
    started = await client.start(generation_mode=generation_pb2.GENERATION_MODE_ENHANCED)

    story = await client.story(started.generation_id)

    assert list(started.enhanced_features) == ["context_analysis", "extended_review"]
    assert [event.progress for event in story if event.stage == "context_analysis"] == [0.02]
    assert {event.generation_mode for event in story} == {"enhanced"}


async def test_outcomes_are_counted_by_group(client: Client) -> None:
    """Counts how a generation in `auto` ended under the group that its user is in."""
    started = await client.start(generation_mode=generation_pb2.GENERATION_MODE_AUTO)
    counter = ENDED.labels("completed", started.ab_group)
    before = value_of(counter)

    await client.story(started.generation_id)

    assert started.ab_group in {"control", "treatment"}
    async with asyncio.timeout(10):
        while value_of(counter) == before:  # noqa: ASYNC110 - counted after the end is told
            await asyncio.sleep(0)
    assert value_of(counter) == before + 1


def value_of(counter: Counter) -> float:
    """Return what a counter has counted."""
    return next(sample.value for metric in counter.collect() for sample in metric.samples)


async def test_what_is_started_is_answered_whole(client: Client) -> None:
    """Answers the generation that was stored, PENDING, with a project named from the plan."""
    started = await client.start(context={"ticket": "T-1", "depth": 3})

    assert started.generation_id.startswith("gen_")
    assert started.project_id.startswith("prj_")
    assert started.project_name == "users"
    assert started.auto_created_project
    assert started.version == 1
    assert started.status == progress_pb2.GENERATION_STATUS_PENDING
    assert started.context == {"ticket": "T-1", "depth": 3}
    assert [entity.name for entity in started.spec.entities] == ["User", "Post", "Comment"]
    assert started.engine == "template"


async def test_a_completed_generation_knows_its_files_and_quality(
    client: Client, system: System
) -> None:
    """Keeps the snapshot, counts, score and report, and becomes the active version."""
    started = await client.start()
    await client.story(started.generation_id)

    generation = await client.get(started.generation_id)
    stub = await client.stub()
    project = (await stub.GetProject(pb.GetProjectRequest(project_id=started.project_id))).project
    review = await stub.GetReview(pb.GetReviewRequest(generation_id=started.generation_id))

    assert generation.status == progress_pb2.GENERATION_STATUS_COMPLETED
    assert (generation.progress, generation.phases_completed, generation.file_count) == (1, 6, 33)
    assert generation.quality_score == pytest.approx(0.9)
    assert generation.generated_snapshot_id == generation.snapshot_id
    assert project.active_generation_id == started.generation_id
    assert review.report.gates[0].name == "compiles"
    assert len(await listed(system, generation.snapshot_id)) == 33


async def test_files_of_a_phase_can_be_read_when_it_is_told_complete(
    client: Client, system: System
) -> None:
    """Has saved a phase's files by the time that its completion is told."""
    started = await client.start()
    seen = []
    async for watched in client.watch(started.generation_id):
        if watched.event.stage.startswith("phase_") and watched.event.stage.endswith("complete"):
            generation = await client.get(started.generation_id)
            paths = await listed(system, generation.snapshot_id)
            seen.append(watched.event.phase_info.total_files <= len(paths))
    assert seen == [True] * 6


async def test_versions_have_no_gaps_or_doubles_when_started_at_once(client: Client) -> None:
    """Numbers twenty concurrent generations of one project 1 to 20."""
    first = await client.start()
    started = await asyncio.gather(*(client.start(project_id=first.project_id) for _ in range(19)))

    assert sorted(each.version for each in started) == list(range(2, 21))
    await asyncio.gather(*(client.story(each.generation_id) for each in started))


async def listed(system: System, snapshot_id: str) -> list[str]:
    """Return the paths of a snapshot."""
    token = TokenIssuer(AUTH).internal_token("test", user_id="ada")
    async with dial(system.files, ChannelSettings(), lambda: token) as channel:
        response = await FilesServiceStub(channel).ListFiles(
            files_pb.ListFilesRequest(snapshot_id=snapshot_id)
        )
    return [entry.path for entry in response.entries]


async def test_the_time_that_is_left_is_told_where_it_was_measured(client: Client) -> None:
    """Leaves it out of the first run of its kind; tells it in the next from phase 1 to the end."""
    first = await client.start()
    story = await client.story(first.generation_id)
    assert not any(event.HasField("estimated_time_remaining") for event in story)
    second = await client.start("make a Car for us")
    story = await client.story(second.generation_id)
    told = [event.stage for event in story if event.HasField("estimated_time_remaining")]
    stages = [event.stage for event in story]
    assert told == stages[stages.index("phase_1_complete") : -1]
    assert all(event.estimated_time_remaining >= 0 for event in story)
