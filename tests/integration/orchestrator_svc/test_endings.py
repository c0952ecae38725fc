"""However a generation ends, it ends once, truthfully, and stays as it is."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from backsmith.generator.v1 import generator_service_pb2 as generator_pb
from backsmith.orchestrator.v1 import orchestrator_service_pb2 as pb
from backsmith.progress.v1 import progress_pb2

from chassis.errors import FailedPreconditionError, InvalidInputError, UnavailableError
from chassis.status import rpc_errors
from tests.integration.orchestrator_svc.conftest import QUICK, Client, System, eventually, terminal
from tests.integration.orchestrator_svc.fake_generator import FakeGenerator
from tests.integration.orchestrator_svc.test_happy_path import listed

FAILED = progress_pb2.GENERATION_STATUS_FAILED
CANCELLED = progress_pb2.GENERATION_STATUS_CANCELLED
COMPLETED = progress_pb2.GENERATION_STATUS_COMPLETED
BROKEN = InvalidInputError("The spec cannot be rendered.")


async def cancel(client: Client, generation_id: str) -> progress_pb2.GenerationStatus:
    """Cancel a generation."""
    stub = await client.stub()
    answer = await stub.CancelGeneration(pb.CancelGenerationRequest(generation_id=generation_id))
    return answer.generation.status  # type: ignore[no-any-return]


async def retry(client: Client, generation_id: str) -> progress_pb2.GenerationStatus:
    """Retry a generation."""
    stub = await client.stub()
    answer = await stub.RetryGeneration(pb.RetryGenerationRequest(generation_id=generation_id))
    return answer.generation.status  # type: ignore[no-any-return]


async def test_cancel_stops_the_running_phase_within_a_second(
    client: Client, generator: FakeGenerator, system: System
) -> None:
    """Ends the stream, cuts the generator's work off, and keeps the finished phase readable."""
    hold = generator.hold(2)
    started = await client.start()
    await hold.reached.wait()

    async with asyncio.timeout(1):
        assert await cancel(client, started.generation_id) == CANCELLED
        story = await client.story(started.generation_id)
        await eventually(lambda: generator.cancelled[2] == 1)

    assert story[-1].stage == "cancelled"
    assert story[-1].status == CANCELLED
    assert story[-1].progress >= 0.2
    hold.release.set()
    generation = await client.get(started.generation_id)
    assert (generation.status, generation.phases_completed) == (CANCELLED, 1)
    assert len(await listed(system, generation.snapshot_id)) == 4


async def test_cancel_reaches_a_run_of_another_replica(
    client: Client, generator: FakeGenerator, system: System
) -> None:
    """Stops a run wherever it runs."""
    idle = replace(QUICK, concurrency=0)
    hold = generator.hold(1)
    started = await client.start()
    await hold.reached.wait()
    async with system.orchestrator(runner=idle) as other:
        async with asyncio.timeout(1):
            await cancel(other, started.generation_id)
            story = await other.story(started.generation_id)
            await eventually(lambda: generator.cancelled[1] == 1)
    assert story[-1].stage == "cancelled"


async def test_cancel_before_a_runner_came_leaves_nothing_to_run(
    system: System, generator: FakeGenerator
) -> None:
    """Ends a pending generation; a runner that comes later finds nothing to do."""
    async with system.orchestrator(runner=replace(QUICK, concurrency=0)) as client:
        started = await client.start()
        await cancel(client, started.generation_id)
        story = await client.story(started.generation_id)
    async with system.orchestrator() as client:
        other = await client.start()
        await client.story(other.generation_id)

    assert [event.stage for event in story] == ["queued", "cancelled"]
    assert generator.rendered[1] == 1


async def test_cancelling_twice_is_harmless_and_an_end_cannot_be_cancelled(
    client: Client, generator: FakeGenerator
) -> None:
    """Answers a repeat alike, and refuses to cancel what is completed."""
    hold = generator.hold(1)
    started = await client.start()
    await hold.reached.wait()
    assert await cancel(client, started.generation_id) == CANCELLED
    assert await cancel(client, started.generation_id) == CANCELLED

    other = await client.start()
    await client.story(other.generation_id)
    with pytest.raises(FailedPreconditionError), rpc_errors():
        await cancel(client, other.generation_id)
    assert (await client.get(other.generation_id)).status == COMPLETED


async def test_a_refused_phase_fails_with_its_cause_and_keeps_what_was_reached(
    client: Client, generator: FakeGenerator
) -> None:
    """Tells the cause, keeps the progress, and keeps finished phases."""
    generator.failures[3] = [BROKEN]
    started = await client.start()

    story = await client.story(started.generation_id)
    generation = await client.get(started.generation_id)

    assert (story[-1].stage, story[-1].status) == ("error", FAILED)
    assert story[-1].error == BROKEN.message
    assert story[-1].message.endswith(f"generation failed: {BROKEN.message}")
    assert story[-1].progress == pytest.approx(story[-2].progress)
    assert (generation.status, generation.error) == (FAILED, BROKEN.message)
    assert generation.phases_completed == 2
    assert generation.progress == pytest.approx(story[-1].progress)


@pytest.mark.parametrize("phase", [1, 6])
async def test_a_phase_that_ends_early_is_a_failure(
    client: Client, generator: FakeGenerator, phase: int
) -> None:
    """Never takes a cut stream for a finished phase."""
    generator.short.add(phase)
    started = await client.start()
    story = await client.story(started.generation_id)
    assert story[-1].status == FAILED
    assert (await client.get(started.generation_id)).phases_completed == phase - 1


async def test_a_project_that_does_not_pass_the_first_tier_is_not_completed(
    client: Client, generator: FakeGenerator
) -> None:
    """Fails with the gate's name, and keeps the report."""
    generator.gate = generator_pb.GATE_OUTCOME_FAILED
    started = await client.start()
    story = await client.story(started.generation_id)
    assert story[-1].status == FAILED
    assert "'compiles'" in story[-1].error


async def test_a_fault_of_ours_is_never_success(client: Client, generator: FakeGenerator) -> None:
    """Fails when the generator breaks in a way nobody meant."""
    generator.failures[2] = [ValueError("postgres://secret@host")]  # type: ignore[list-item]
    started = await client.start()
    story = await client.story(started.generation_id)
    assert story[-1].status == FAILED
    assert "secret" not in str(story[-1])


async def test_what_passes_by_itself_is_waited_for(
    client: Client, generator: FakeGenerator
) -> None:
    """Goes on when a service was away, and tells nothing twice and nothing wrong."""
    away = UnavailableError("away")
    generator.failures = {1: [away, away], 4: [away]}
    started = await client.start()

    story = await client.story(started.generation_id)

    assert story[-1].status == COMPLETED
    keys = [(event.stage, event.current_file) for event in story]
    assert len(set(keys)) == len(keys)
    assert generator.rendered[2] == 1
    assert generator.rendered[4] == 2


async def test_patience_ends(system: System, generator: FakeGenerator) -> None:
    """Fails, telling that a service is away, when it stays away for too long."""
    generator.failures = {1: [UnavailableError("The printer is away.")] * 1000}
    short = replace(QUICK, patience=timedelta(milliseconds=200))
    async with system.orchestrator(runner=short) as client:
        started = await client.start()
        story = await client.story(started.generation_id)
    assert (story[-1].status, story[-1].error) == (FAILED, "The printer is away.")


async def test_a_phase_has_a_deadline(system: System, generator: FakeGenerator) -> None:
    """Fails a phase that takes longer than it may, and stops the generator."""
    generator.hold(1)
    short = replace(QUICK, phase_deadline=timedelta(milliseconds=200))
    async with system.orchestrator(runner=short) as client:
        started = await client.start()
        story = await client.story(started.generation_id)
    assert story[-1].status == FAILED
    assert generator.cancelled[1] == 1


async def test_retry_resumes_at_the_first_unfinished_phase(
    client: Client, generator: FakeGenerator
) -> None:
    """Runs finished phases no second time, tells nothing twice, and ends with the new end."""
    generator.failures[3] = [BROKEN]
    started = await client.start()
    first = await client.story(started.generation_id)

    assert await retry(client, started.generation_id) == progress_pb2.GENERATION_STATUS_PENDING
    story = await client.story(started.generation_id)

    assert (generator.rendered[1], generator.rendered[2], generator.rendered[3]) == (1, 1, 2)
    assert story[-1].status == COMPLETED
    assert [terminal(event) for event in story].count(True) == 1
    shown = story[len(first) - 1]
    assert (shown.stage, shown.status) == (
        "attempt_failed",
        progress_pb2.GENERATION_STATUS_PROCESSING,
    )
    assert [event.attempt for event in story] == sorted(event.attempt for event in story)
    progress = [event.progress for event in story]
    assert progress == sorted(progress)
    keys = [(e.stage, e.current_file) for e in story if e.stage != "queued"]
    assert len(set(keys)) == len(keys)


async def test_a_watcher_at_the_first_end_resumes_into_the_retry(
    client: Client, generator: FakeGenerator
) -> None:
    """Gives who has the first end what follows it, and nothing again."""
    generator.failures[1] = [BROKEN]
    started = await client.start()
    first = [watched async for watched in client.watch(started.generation_id)]
    await retry(client, started.generation_id)

    rest = [
        watched.event async for watched in client.watch(started.generation_id, first[-1].cursor)
    ]

    assert rest[0].stage == "queued"
    assert rest[0].message == "Waiting for a runner, attempt 2"
    assert rest[-1].stage == "completed"


async def test_only_a_failed_generation_can_be_retried(client: Client) -> None:
    """Refuses to retry what is completed."""
    started = await client.start()
    await client.story(started.generation_id)
    with pytest.raises(FailedPreconditionError), rpc_errors():
        await retry(client, started.generation_id)


async def test_deleting_needs_force_while_it_runs(client: Client, generator: FakeGenerator) -> None:
    """Refuses to delete a running generation unless forced; then it is cancelled first."""
    hold = generator.hold(1)
    started = await client.start()
    await hold.reached.wait()
    stub = await client.stub()
    request = pb.DeleteGenerationRequest(generation_id=started.generation_id)
    watching = asyncio.create_task(client.story(started.generation_id))

    with pytest.raises(FailedPreconditionError), rpc_errors():
        await stub.DeleteGeneration(request)
    await stub.GetGeneration(pb.GetGenerationRequest(generation_id=started.generation_id))
    request.force = True
    await stub.DeleteGeneration(request)

    assert (await watching)[-1].stage == "cancelled"
    answer = await stub.ListGenerations(pb.ListGenerationsRequest())
    assert list(answer.generations) == []
