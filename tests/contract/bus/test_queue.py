"""What every work queue promises: each job to one worker at a time, until it is done."""

import asyncio
from datetime import timedelta

import pytest

from chassis.bus.interface import Bus, Job, WorkQueue

ACKNOWLEDGE_WITHIN = timedelta(seconds=0.5)
AT_ONCE = timedelta()
SOON = timedelta(seconds=5)


@pytest.fixture
async def queue(bus: Bus, name: str) -> WorkQueue:
    """A queue whose jobs come back after half a second."""
    return await bus.work_queue(name, acknowledge_within=ACKNOWLEDGE_WITHIN, max_deliveries=2)


async def get(queue: WorkQueue) -> Job:
    """Return the next job, which must come."""
    job = await queue.get(wait=SOON)
    assert job is not None
    return job


async def test_jobs_come_in_order_once(queue: WorkQueue) -> None:
    """Hands jobs out as they came, and no more than there are."""
    for number in range(3):
        await queue.put(str(number).encode(), message_id=str(number))
    jobs = [await get(queue) for _ in range(3)]
    assert [job.data for job in jobs] == [b"0", b"1", b"2"]
    assert await queue.get(wait=AT_ONCE) is None
    for job in jobs:
        await job.done()


async def test_done_job_never_comes_back(queue: WorkQueue) -> None:
    """Forgets a job that was acknowledged."""
    await queue.put(b"x", message_id="1")
    await (await get(queue)).done()
    assert await queue.get(wait=ACKNOWLEDGE_WITHIN * 2) is None


async def test_repeat_is_queued_once(queue: WorkQueue) -> None:
    """Knows a message id again, also when its job is done."""
    for _ in range(2):
        await queue.put(b"x", message_id="same")
    await (await get(queue)).done()
    await queue.put(b"x", message_id="same")
    assert await queue.get(wait=AT_ONCE) is None


async def test_job_of_a_dead_worker_comes_back(queue: WorkQueue) -> None:
    """Hands a job out again when it was not acknowledged in time, and says how often."""
    await queue.put(b"x", message_id="1")
    dead = await get(queue)
    again = await get(queue)
    assert (dead.deliveries, again.deliveries) == (1, 2)
    assert again.data == b"x"
    await again.done()


async def test_job_handed_out_too_often_is_spent_and_not_lost(queue: WorkQueue) -> None:
    """Leaves it to the owner to end a job that no worker could finish."""
    await queue.put(b"x", message_id="1")
    seen = []
    for _ in range(3):
        job = await get(queue)
        seen.append((job.deliveries, job.spent))
        await job.give_back()
    assert seen == [(1, False), (2, False), (3, True)]


async def test_kept_job_stays_with_its_worker(queue: WorkQueue) -> None:
    """Waits for a worker that says it is still at work."""
    await queue.put(b"x", message_id="1")
    job = await get(queue)
    for _ in range(6):
        assert await queue.get(wait=ACKNOWLEDGE_WITHIN / 3) is None
        await job.keep()
    await job.done()
    assert await queue.get(wait=ACKNOWLEDGE_WITHIN * 2) is None


async def test_job_given_back_comes_after_its_delay(queue: WorkQueue) -> None:
    """Hands a job out again at once, or after the delay asked for."""
    await queue.put(b"x", message_id="1")
    await (await get(queue)).give_back()
    loop = asyncio.get_running_loop()
    started = loop.time()
    await (await get(queue)).give_back(delay=timedelta(seconds=0.3))
    job = await get(queue)
    assert 0.29 <= loop.time() - started < 2
    assert job.deliveries == 3
    await job.done()


async def test_waiting_worker_gets_a_job_as_it_comes(queue: WorkQueue) -> None:
    """Wakes a worker that was waiting."""
    waiting = asyncio.create_task(get(queue))
    assert await queue.get(wait=AT_ONCE) is None
    await queue.put(b"x", message_id="1")
    await (await waiting).done()


async def test_many_workers_share_the_jobs(queue: WorkQueue) -> None:
    """Gives every job to exactly one of many workers."""
    done: list[bytes] = []

    async def work() -> None:
        while (job := await queue.get(wait=ACKNOWLEDGE_WITHIN / 5)) is not None:
            done.append(job.data)
            await job.done()

    for number in range(60):
        await queue.put(str(number).encode(), message_id=str(number))
    await asyncio.gather(*(work() for _ in range(10)))
    assert sorted(map(int, done)) == list(range(60))


async def test_cancelled_worker_takes_no_job_with_it(queue: WorkQueue) -> None:
    """Leaves the queue to others when a waiting worker stops."""
    waiting = asyncio.create_task(queue.get(wait=SOON))
    assert await queue.get(wait=ACKNOWLEDGE_WITHIN / 5) is None
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    await queue.put(b"x", message_id="1")
    assert (await get(queue)).deliveries == 1


async def test_replicas_share_one_queue(backend: object, queue: WorkQueue, name: str) -> None:
    """Lets one replica queue what another one works on."""
    other: Bus = backend.other  # type: ignore[attr-defined]
    same = await other.work_queue(name, acknowledge_within=ACKNOWLEDGE_WITHIN, max_deliveries=2)
    await same.put(b"x", message_id="1")
    await (await get(queue)).done()
    assert await same.get(wait=AT_ONCE) is None
