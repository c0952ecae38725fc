"""Adds how long a generation goes on without viewers, and who watches those that end so."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column and the table."""
    op.add_column("generations", sa.Column("cancel_after", sa.BigInteger))
    op.create_table(
        "audiences",
        sa.Column("generation_id", sa.String(64), nullable=False),
        sa.Column("bridge_id", sa.String(64), nullable=False),
        sa.Column("until", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("generation_id", "bridge_id", name="pk_audiences"),
        sa.ForeignKeyConstraint(
            ["generation_id"],
            ["runs.generation_id"],
            name="fk_audiences_generation_id_runs",
            ondelete="CASCADE",
        ),
    )


def downgrade() -> None:
    """Drop them."""
    op.drop_table("audiences")
    op.drop_column("generations", "cancel_after")
