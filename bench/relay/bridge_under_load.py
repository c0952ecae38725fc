"""The bridge as it is, over an origin and a bus in memory.

usage: bridge_under_load.py ORIGIN_PORT direct|asgi [RING_EVENTS]
Prints its port and a user's token.
"""

import asyncio
import sys
from datetime import timedelta

import structlog
import uvloop

from bridge.app import assembled, create_app
from bridge.serving import serve
from bridge.settings import BridgeSettings, StreamSettings
from chassis.auth import AuthSettings, TokenIssuer
from chassis.bus import memory
from chassis.bus.jetstream import BusSettings
from chassis.channel import ChannelSettings
from chassis.process import spare_collector


async def main() -> None:
    """Serve until killed."""
    port_of_origin, mode, *ring = sys.argv[1:]
    target = f"127.0.0.1:{port_of_origin}"
    auth = AuthSettings(secret="a secret for the benchmark alone", mode="development")  # noqa: S106
    settings = BridgeSettings(
        auth=auth,
        bus=BusSettings(),
        channel=ChannelSettings(),
        stream=StreamSettings(
            direct_writes=mode == "direct",
            max_streams_per_user=100_000,
            max_streams=100_000,
            connects_per_minute=1_000_000,
            connects_per_minute_in_all=1_000_000,
            ring_events=int(ring[0]) if ring else 4096,
            linger=timedelta(),
        ),
        orchestrator_target=target,
        files_target=target,
        listen="127.0.0.1:0",
        ready_interval=timedelta(hours=1),
    )
    async with (
        memory.connect() as bus,
        assembled(settings, bus) as parts,
        serve(create_app(parts), settings, parts.door.streams) as url,
    ):
        spare_collector()
        print(url.rpartition(":")[2], TokenIssuer(auth).user_token("bench"), flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger("ERROR"),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    uvloop.run(main())
