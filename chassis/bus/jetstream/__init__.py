"""The bus over NATS JetStream: kept up for ever, shared by every replica of every service.

`connect` waits a moment for NATS and then goes on without: until it comes, and whenever it is away,
calls raise `UnavailableError` at once, `event_log` and its likes included; the caller tries again,
as it does after any other passing trouble. Streams are made when they are first needed and when
they have vanished.
"""

from chassis.bus.jetstream.bus import JetStreamBus, connect
from chassis.bus.jetstream.settings import BusSettings

__all__ = ["BusSettings", "JetStreamBus", "connect"]
