"""The bus over a real nats-server: how appends pipeline, and what sharing one consumer saves.

Prints ratios, each the median of interleaved rounds in one run; the figures beside them are for
orientation. A round fails on a message that is lost, doubled or misplaced.
"""

import argparse
import asyncio
import itertools
import os
import statistics
import sys
import time
from collections.abc import AsyncIterator, Awaitable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import nats
from nats.aio.client import Client
from nats.aio.subscription import Subscription
from nats.js.api import DeliverPolicy

sys.path.insert(0, str(Path(__file__).parent))

from relay.report import judge

from chassis.bus import jetstream
from chassis.bus.interface import Cursor, EventLog, Message
from chassis.testing.nats import NatsServer, running

PAYLOAD = b"x" * 400
IN_FLIGHT = 100
PER_SUBJECT = 20

TARGETS = {
    "append rate: pipelined ÷ one by one": (4.0, 7.0),
    "append client CPU: bus ÷ library's js.publish": (1.0, 0.5),
    "fan-out server: shared consumer ÷ one per subject": (0.5, 0.25),
}
"""What each ratio must be, and should."""

Readers = AbstractAsyncContextManager[list[asyncio.Task[list[int]]]]


@dataclass(frozen=True, kw_only=True)
class Cost:
    """What a round took, in seconds."""

    wall: float
    client: float
    server: float


class Args(argparse.Namespace):
    """How much is measured."""

    rounds: int
    appends: int
    subjects: int
    strict: bool


class Meter:
    """Takes the time of the wall, of this process and of the server."""

    def __init__(self, server: NatsServer) -> None:
        self._stat = Path(f"/proc/{server.pid}/stat")

    async def measure(self, work: Awaitable[object]) -> Cost:
        """Run a round."""
        before = self._now()
        await work
        wall, client, server = (b - a for a, b in zip(before, self._now(), strict=True))
        return Cost(wall=wall, client=client, server=server)

    def _now(self) -> tuple[float, float, float]:
        fields = self._stat.read_text(encoding="utf-8").rsplit(")", 1)[1].split()
        ticks = int(fields[11]) + int(fields[12])
        return time.perf_counter(), time.process_time(), ticks / os.sysconf("SC_CLK_TCK")


class Writer:
    """Appends messages, each with an id of its own."""

    def __init__(self, log: EventLog) -> None:
        self.log = log
        self._ids = itertools.count()

    async def one_by_one(self, count: int) -> None:
        """Await each append before the next."""
        for _ in range(count):
            await self._append("e.0")

    async def pipelined(self, count: int, *, subjects: int = 1) -> None:
        """Keep many appends under way."""
        numbers = iter(range(count))

        async def work() -> None:
            for number in numbers:
                await self._append(f"e.{number % subjects}")

        await asyncio.gather(*(work() for _ in range(IN_FLIGHT)))

    async def _append(self, subject: str) -> None:
        await self.log.append(subject, PAYLOAD, message_id=f"m{next(self._ids)}")


async def library_pipelined(client: Client, count: int) -> None:
    """Publish with the client library alone, as many under way."""
    stream = client.jetstream()
    numbers = iter(range(count))
    salt = time.monotonic_ns()

    async def work() -> None:
        for number in numbers:
            await stream.publish("e.0", PAYLOAD, headers={"Nats-Msg-Id": f"{salt}.{number}"})

    await asyncio.gather(*(work() for _ in range(IN_FLIGHT)))


@asynccontextmanager
async def shared_consumer(
    log: EventLog, subjects: int
) -> AsyncIterator[list[asyncio.Task[list[int]]]]:
    """Read each subject by a subscription of the bus."""
    newest = await log.last("e.>")
    after = newest.cursor if newest else Cursor(epoch=log.epoch, sequence=0)

    async def read(source: AsyncIterator[tuple[Message, ...]]) -> list[int]:
        seen: list[int] = []
        while len(seen) < PER_SUBJECT:
            seen += [message.cursor.sequence for message in await anext(source)]
        return seen

    async with AsyncExitStack() as stack:
        wanted = (log.subscribe(f"e.{number}", after=after) for number in range(subjects))
        found = await asyncio.gather(*(stack.enter_async_context(each) for each in wanted))
        yield [asyncio.create_task(read(source)) for source in found]


@asynccontextmanager
async def own_consumers(
    client: Client, subjects: int
) -> AsyncIterator[list[asyncio.Task[list[int]]]]:
    """Read each subject by an ordered consumer of its own, as the library offers it."""
    stream = client.jetstream()

    async def read(source: Subscription) -> list[int]:
        messages = [await source.next_msg(timeout=60) for _ in range(PER_SUBJECT)]
        return [message.metadata.sequence.stream for message in messages]

    wanted = (
        stream.subscribe(f"e.{number}", ordered_consumer=True, deliver_policy=DeliverPolicy.NEW)
        for number in range(subjects)
    )
    found = await asyncio.gather(*wanted)
    yield [asyncio.create_task(read(source)) for source in found]
    await asyncio.gather(*(source.unsubscribe() for source in found))


async def fan_out(meter: Meter, readers: Readers, writer: Writer, subjects: int) -> Cost:
    """Append to every subject while each is read."""
    async with readers as tasks:

        async def round_() -> None:
            await writer.pipelined(PER_SUBJECT * subjects, subjects=subjects)
            check(await asyncio.gather(*tasks), subjects)

        return await meter.measure(round_())


def check(seen: list[list[int]], subjects: int) -> None:
    """Fail unless every message arrived once and in order."""
    everything = sorted(itertools.chain.from_iterable(seen))
    whole = list(range(everything[0], everything[0] + PER_SUBJECT * subjects))
    if everything != whole or any(one != sorted(one) for one in seen):
        raise AssertionError("messages were lost, doubled or misplaced")


def tell(name: str, ratios: list[float], note: str) -> list[str]:
    """Print one ratio, beside its targets if it has any; return its name if it misses them."""
    ratio = statistics.median(ratios)
    if name in TARGETS:
        must, aim = TARGETS[name]
        return judge(f"{name} ({note})", ratio, must=must, aim=aim)
    print(f"{name} ({note}): {ratio:.2f}")
    return []


async def compare_appends(meter: Meter, writer: Writer, client: Client, args: Args) -> list[str]:
    """Compare appends one by one, pipelined, and by the library; return the targets missed."""
    single, many, library = [], [], []
    for _ in range(args.rounds):
        single.append(await meter.measure(writer.one_by_one(args.appends // 10)))
        many.append(await meter.measure(writer.pipelined(args.appends)))
        library.append(await meter.measure(library_pipelined(client, args.appends)))
    rate = [args.appends / cost.wall for cost in many]
    pairs = list(zip(many, single, library, strict=True))
    over = tell(
        "append rate: pipelined ÷ one by one",
        [10 * one.wall / cost.wall for cost, one, _ in pairs],
        f"{statistics.median(rate) / 1000:.1f} k/s, {IN_FLIGHT} under way",
    )
    return over + tell(
        "append client CPU: bus ÷ library's js.publish",
        [cost.client / other.client for cost, _, other in pairs],
        f"{statistics.median(cost.client for cost in many) / args.appends * 1e6:.0f} µs each",
    )


async def compare_fan_out(meter: Meter, writer: Writer, client: Client, args: Args) -> list[str]:
    """Compare one shared consumer with one for each subject; return the targets missed."""
    shared: list[Cost] = []
    own: list[Cost] = []
    for _ in range(args.rounds):
        for costs, readers in (
            (shared, shared_consumer(writer.log, args.subjects)),
            (own, own_consumers(client, args.subjects)),
        ):
            costs.append(await fan_out(meter, readers, writer, args.subjects))
    count = PER_SUBJECT * args.subjects
    over = []
    for name in ("server", "client", "wall"):
        ratios = [
            getattr(one, name) / getattr(other, name)
            for one, other in zip(shared, own, strict=True)
        ]
        each = statistics.median(getattr(cost, name) for cost in shared) / count * 1e6
        told = f"fan-out {name}: shared consumer ÷ one per subject"
        over += tell(told, ratios, f"{each:.0f} µs each")
    return over


async def main(args: Args) -> None:
    """Run everything on one server."""
    with running() as server:
        client = await nats.connect(server.url)
        async with jetstream.connect(jetstream.BusSettings(url=server.url)) as bus:
            log = await bus.event_log("bench", subjects=("e.>",), retention=timedelta(hours=1))
            meter, writer = Meter(server), Writer(log)
            over = await compare_appends(meter, writer, client, args)
            over += await compare_fan_out(meter, writer, client, args)
        await client.close()
    if over and args.strict:
        raise SystemExit(f"over the target: {', '.join(over)}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--appends", type=int, default=20_000)
    parser.add_argument("--subjects", type=int, default=1_000)
    parser.add_argument("--strict", action="store_true", help="fail over the targets, too")
    asyncio.run(main(parser.parse_args(namespace=Args())))
