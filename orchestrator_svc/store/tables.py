"""The tables, as the newest migration leaves them."""

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy.types import TypeDecorator

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
ID = String(64)


class Instant(TypeDecorator[datetime]):
    """An aware UTC datetime, kept as microseconds since 1970: the same in every database."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Any) -> int | None:
        """Return the microseconds."""
        del dialect
        return None if value is None else (value - EPOCH) // timedelta(microseconds=1)

    def process_result_value(self, value: int | None, dialect: Any) -> datetime | None:
        """Return the instant."""
        del dialect
        return None if value is None else EPOCH + timedelta(microseconds=value)


class Span(TypeDecorator[timedelta]):
    """A duration, kept as microseconds."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: timedelta | None, dialect: Any) -> int | None:
        """Return the microseconds."""
        del dialect
        return None if value is None else value // timedelta(microseconds=1)

    def process_result_value(self, value: int | None, dialect: Any) -> timedelta | None:
        """Return the duration."""
        del dialect
        return None if value is None else timedelta(microseconds=value)


metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

projects = Table(
    "projects",
    metadata,
    Column("project_id", ID, primary_key=True),
    Column("user_id", String(255), nullable=False),
    Column("name", String(100), nullable=False),
    Column("description", Text, nullable=False),
    Column("latest_version", Integer, nullable=False),
    Column("active_generation_id", ID, nullable=False),
    Column("active_version", Integer, nullable=False),
    Column("create_time", Instant, nullable=False),
    Column("update_time", Instant, nullable=False),
    Index(None, "user_id", "project_id"),
)

generations = Table(
    "generations",
    metadata,
    Column("generation_id", ID, primary_key=True),
    Column("user_id", String(255), nullable=False),
    Column("project_id", ID, ForeignKey("projects.project_id"), nullable=False),
    Column("auto_created_project", Boolean, nullable=False),
    Column("version", Integer, nullable=False),
    Column("status", String(16), nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("epoch", Integer, nullable=False),
    Column("progress", Float, nullable=False),
    Column("prompt", Text, nullable=False),
    Column("mode", String(16), nullable=False),
    Column("ab_group", String(16), nullable=False),
    Column("engine", String(64), nullable=False),
    Column("entities_count", Integer, nullable=False),
    Column("entity_name", String(255), nullable=False),
    Column("parent_generation_id", ID, nullable=False),
    Column("snapshot_id", ID, nullable=False),
    Column("generated_snapshot_id", ID, nullable=False),
    Column("phase_files", JSON, nullable=False),
    Column("file_count", Integer, nullable=False),
    Column("conflict_count", Integer, nullable=False),
    Column("quality_score", Float),
    Column("error", Text, nullable=False),
    Column("title", String(200), nullable=False),
    Column("description", Text, nullable=False),
    Column("tags", JSON, nullable=False),
    Column("create_time", Instant, nullable=False),
    Column("update_time", Instant, nullable=False),
    Column("end_time", Instant),
    Column("cancel_after", Span),
    UniqueConstraint("project_id", "version"),
    Index(None, "user_id", "generation_id"),
    Index(None, "user_id", "status", "generation_id"),
    Index(None, "project_id", "generation_id"),
    Index(None, "parent_generation_id", "generation_id"),
)

details = Table(
    "generation_details",
    metadata,
    Column(
        "generation_id",
        ID,
        ForeignKey("generations.generation_id", ondelete="CASCADE"),
        primary_key=True,
    ),
    Column("spec", LargeBinary, nullable=False),
    Column("context", JSON, nullable=False),
    Column("patch", LargeBinary),
    Column("base_spec", LargeBinary),
    Column("base_snapshot_id", ID, nullable=False),
    Column("ours_snapshot_id", ID, nullable=False),
    Column("conflicts", LargeBinary),
    Column("review", LargeBinary),
)

runs = Table(
    "runs",
    metadata,
    Column(
        "generation_id",
        ID,
        ForeignKey("generations.generation_id", ondelete="CASCADE"),
        primary_key=True,
    ),
    Column("user_id", String(255), nullable=False),
    Column("lease_end", Instant, nullable=False),
    Column("claims", Integer, nullable=False),
    Column("place", BigInteger, nullable=False, server_default="0"),
    Index(None, "place"),
)
"""One row for each generation that has not ended: small, however many are stored.

Its place in the queue is counted, and not a time: clocks jump. The default is for replicas that
were started before there were places.
"""

audiences = Table(
    "audiences",
    metadata,
    Column(
        "generation_id", ID, ForeignKey("runs.generation_id", ondelete="CASCADE"), primary_key=True
    ),
    Column("bridge_id", ID, primary_key=True),
    Column("until", Instant, nullable=False),
)
"""Until when each bridge has viewers of a running generation that is cancelled without any."""

turns = Table(
    "turns",
    metadata,
    Column("user_id", String(255), primary_key=True),
    Column("served", BigInteger, nullable=False),
    Index(None, "served"),
)
"""Which turn each user was given last, counted over all users: only fairness hangs on it."""

outbox = Table(
    "outbox",
    metadata,
    Column(
        "outbox_id",
        BigInteger().with_variant(Integer, "sqlite"),
        primary_key=True,
        autoincrement=True,
    ),
    Column("kind", String(16), nullable=False),
    Column("subject", String(1024), nullable=False),
    Column("message_id", String(255), nullable=False),
    Column("data", LargeBinary, nullable=False),
    Index(None, "subject"),
    sqlite_autoincrement=True,
)

idempotency_keys = Table(
    "idempotency_keys",
    metadata,
    Column("user_id", String(255), primary_key=True),
    Column("key", String(255), primary_key=True),
    Column("request_hash", String(64), nullable=False),
    Column("result_id", ID, nullable=False),
    Column("create_time", Instant, nullable=False),
    Index(None, "create_time"),
)
