"""Counts places in the queue and turns of users, which went by clocks: those jump.

What `turns` holds stays: counting goes on from the newest instant, which comes after all others.
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the places: what waits now shares the first one, and is taken by its ids as before."""
    op.add_column("runs", sa.Column("place", sa.BigInteger, nullable=False, server_default="0"))
    op.create_index("ix_runs_place", "runs", ["place"])
    op.create_index("ix_turns_served", "turns", ["served"])


def downgrade() -> None:
    """Drop them."""
    op.drop_index("ix_turns_served", "turns")
    op.drop_index("ix_runs_place", "runs")
    op.drop_column("runs", "place")
