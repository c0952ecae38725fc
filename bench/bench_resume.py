"""Resumes: how often JetStream is read for viewers who return, by the real relay over real NATS.

A generation has told its first events. Then many viewers return at once with a cursor of it:

- in memory: the bridge still has what they miss;
- evicted: the generation goes on for others, but what these miss has left the bridge's ring,
  which is small here so that few events fill it;
- another bridge: it has never heard of the generation, as after a restart.

Every request that reads the log is counted on its way to the nats-server. What they miss fits one
page, so that a read of a page is a replay. Then the generation goes on and ends. A viewer that is
not sent every event after its cursor, once and in order, fails the run.

    python bench/bench_resume.py [--viewers 1000] [--rounds 3] [--strict]
"""

import argparse
import asyncio
import re
import statistics
import sys
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import nats
from nats.aio.client import Client
from nats.aio.msg import Msg

from chassis.testing.nats import running

sys.path.insert(0, str(Path(__file__).parent))

from relay.load import Load, request
from relay.processes import HERE, Process, first_line, started
from relay.report import judge

BEFORE, AFTER = 200, 20
"""How many events are told before the viewers return, and after."""
TOLD = b"event %06d " % (BEFORE - 1)
RING = 64
"""How many events the first bridge keeps."""
OLD, RECENT = 10, 170
"""The last event that viewers have whose events have left the ring, and are in it."""
PAGES = "$JS.API.DIRECT.GET.EVENTS"
NEWEST = "$JS.API.STREAM.MSG.GET.EVENTS"
CURSORS = re.compile(rb"id: (\S+)\n(?:event: \S+\n)?data: [^\n]*event (\d{6}) ")
TARGETS = {
    "resumes in memory served without NATS, %": (95, 100),
    "JetStream replays, evicted": (3, 1),
    "JetStream replays, another bridge": (3, 1),
}
"""What each figure must be, and should."""


class Options(argparse.Namespace):
    """How much is measured."""

    viewers: int
    rounds: int
    strict: bool


@dataclass(frozen=True, kw_only=True)
class Front:
    """A bridge, and how its stream is asked for."""

    port: int
    path: str
    token: str

    def request(self, cursor: str = "") -> bytes:
        """Return a request for the stream, after a cursor if there is one."""
        headers = {"Authorization": f"Bearer {self.token}"}
        headers |= {"Last-Event-ID": cursor} if cursor else {}
        return request(self.path, headers)


class Reads:
    """Counts what is asked of the log, as the nats-server hears it."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._heard: Counter[str] = Counter()

    async def hear(self, message: Msg) -> None:
        """Count one request."""
        self._heard[message.subject] += 1

    async def since(self) -> Counter[str]:
        """Return what was heard since the last time."""
        await self._client.flush()
        heard, self._heard = self._heard, Counter()
        return heard


@asynccontextmanager
async def listening(url: str) -> AsyncIterator[Reads]:
    """Listen to the reads of the log for the length of a block."""
    client = await nats.connect(url)
    reads = Reads(client)
    for subject in (f"{PAGES}.>", PAGES, NEWEST):
        await client.subscribe(subject, cb=reads.hear)
    await client.flush()
    try:
        yield reads
    finally:
        await client.close()


@contextmanager
def orchestrator(url: str) -> Iterator[tuple[Process, str, str]]:
    """Run the orchestrator; yields it, its port and the generation's path."""
    arguments = (str(HERE / "orchestrator_under_load.py"), url, str(BEFORE), str(AFTER))
    with started(sys.executable, *arguments) as process:
        port, generation = first_line(process)
        yield process, port, f"/generations/{generation}/stream"


@contextmanager
def bridge(origin: str, path: str, *ring: str) -> Iterator[Front]:
    """Run a bridge over the orchestrator."""
    arguments = (str(HERE / "bridge_under_load.py"), origin, "direct", *ring)
    with started(sys.executable, *arguments) as process:
        port, token = first_line(process)
        yield Front(port=int(port), path=path, token=token)


def returned(held: ExitStack, front: Front, count: int, cursor: str) -> Load:
    """Let so many viewers return at once; comes back when each has all that has been told."""
    load = Load(front.port)
    held.callback(load.close)
    load.open([front.request(cursor)] * count, marker=TOLD)
    return load


def cursors_of(load: Load) -> dict[int, str]:
    """Return the cursor of every event that a viewer was sent."""
    received = b"".join(load.viewers[0].received)
    return {int(number): cursor.decode() for cursor, number in CURSORS.findall(received)}


def go_on(source: Process) -> None:
    """Let the generation tell its next events."""
    assert source.stdin is not None  # noqa: S101 - opened as a pipe
    source.stdin.write("go\n")
    source.stdin.flush()


def begun(held: ExitStack, front: Front, source: Process) -> Load:
    """Let one viewer come and stay, and the generation tell its first events."""
    load = Load(front.port)
    held.callback(load.close)
    load.open([front.request()], marker=b"connected")
    go_on(source)
    load.wait(TOLD)
    return load


def finish(source: Process, loads: dict[int, list[Load]]) -> None:
    """Let the generation go on and end, and check what each viewer was sent, by its first event."""
    go_on(source)
    for first, those in loads.items():
        for load in those:
            load.read()
            load.check(BEFORE + AFTER, first=first)


async def measure(viewers: int) -> list[float]:
    """Return one round's figures, in the order of the targets."""
    with ExitStack() as held:
        server = held.enter_context(running())
        source, origin, path = held.enter_context(orchestrator(server.url))
        front = held.enter_context(bridge(origin, path, str(RING)))
        fresh = held.enter_context(bridge(origin, path))
        staying = await asyncio.to_thread(begun, held, front, source)
        cursors = cursors_of(staying)
        loads: dict[int, list[Load]] = defaultdict(list, {0: [staying]})
        heard = []
        async with listening(server.url) as reads:
            for where, last in ((front, RECENT), (front, OLD), (fresh, OLD)):
                returning = (returned, held, where, viewers, cursors[last])
                loads[last + 1].append(await asyncio.to_thread(*returning))
                heard.append(await reads.since())
        await asyncio.to_thread(finish, source, loads)
    in_memory, evicted, elsewhere = heard
    served = 1 - min(in_memory.total(), viewers) / viewers
    return [served * 100, evicted[PAGES], elsewhere[PAGES]]


def main() -> None:
    """Run several rounds, and print the figures beside their targets."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--viewers", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--strict", action="store_true", help="fail over the targets, too")
    options = parser.parse_args(namespace=Options())
    rounds = []
    for number in range(options.rounds):
        rounds.append(asyncio.run(measure(options.viewers)))
        print(f"round {number + 1}: {dict(zip(TARGETS, rounds[-1], strict=True))}", flush=True)
    missed = []
    for (name, (must, aim)), figures in zip(
        TARGETS.items(), zip(*rounds, strict=True), strict=True
    ):
        missed += judge(name, statistics.median(figures), must=must, aim=aim)
    if missed and options.strict:
        raise SystemExit(f"missed: {', '.join(missed)}")


if __name__ == "__main__":
    main()
