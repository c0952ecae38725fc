"""Makes projects, generations, their runs, the outbox and idempotency keys."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

ID = sa.String(64)


def upgrade() -> None:
    """Make the tables."""
    _make_projects()
    _make_generations()
    _make_details()
    _make_runs()
    _make_outbox()
    _make_idempotency_keys()


def downgrade() -> None:
    """Drop the tables."""
    for name in (
        "idempotency_keys",
        "outbox",
        "turns",
        "runs",
        "generation_details",
        "generations",
        "projects",
    ):
        op.drop_table(name)


def _make_projects() -> None:
    op.create_table(
        "projects",
        sa.Column("project_id", ID, nullable=False),
        sa.Column("user_id", sa.String(255), nullable=False),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("description", sa.Text, nullable=False),
        sa.Column("latest_version", sa.Integer, nullable=False),
        sa.Column("active_generation_id", ID, nullable=False),
        sa.Column("active_version", sa.Integer, nullable=False),
        sa.Column("create_time", sa.BigInteger, nullable=False),
        sa.Column("update_time", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("project_id", name="pk_projects"),
    )
    op.create_index("ix_projects_user_id_project_id", "projects", ["user_id", "project_id"])


def _make_generations() -> None:
    op.create_table(
        "generations",
        sa.Column("generation_id", ID, nullable=False),
        sa.Column("user_id", sa.String(255), nullable=False),
        sa.Column("project_id", ID, nullable=False),
        sa.Column("auto_created_project", sa.Boolean, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("attempt", sa.Integer, nullable=False),
        sa.Column("epoch", sa.Integer, nullable=False),
        sa.Column("progress", sa.Float, nullable=False),
        sa.Column("prompt", sa.Text, nullable=False),
        sa.Column("mode", sa.String(16), nullable=False),
        sa.Column("ab_group", sa.String(16), nullable=False),
        sa.Column("engine", sa.String(64), nullable=False),
        sa.Column("entities_count", sa.Integer, nullable=False),
        sa.Column("entity_name", sa.String(255), nullable=False),
        sa.Column("parent_generation_id", ID, nullable=False),
        sa.Column("snapshot_id", ID, nullable=False),
        sa.Column("generated_snapshot_id", ID, nullable=False),
        sa.Column("phase_files", sa.JSON, nullable=False),
        sa.Column("file_count", sa.Integer, nullable=False),
        sa.Column("conflict_count", sa.Integer, nullable=False),
        sa.Column("quality_score", sa.Float),
        sa.Column("error", sa.Text, nullable=False),
        sa.Column("title", sa.String(200), nullable=False),
        sa.Column("description", sa.Text, nullable=False),
        sa.Column("tags", sa.JSON, nullable=False),
        sa.Column("create_time", sa.BigInteger, nullable=False),
        sa.Column("update_time", sa.BigInteger, nullable=False),
        sa.Column("end_time", sa.BigInteger),
        sa.PrimaryKeyConstraint("generation_id", name="pk_generations"),
        sa.ForeignKeyConstraint(
            ["project_id"], ["projects.project_id"], name="fk_generations_project_id_projects"
        ),
        sa.UniqueConstraint("project_id", "version", name="uq_generations_project_id_version"),
    )
    for columns in (
        ["user_id", "generation_id"],
        ["user_id", "status", "generation_id"],
        ["project_id", "generation_id"],
        ["parent_generation_id", "generation_id"],
    ):
        op.create_index(f"ix_generations_{'_'.join(columns)}", "generations", columns)


def _make_details() -> None:
    op.create_table(
        "generation_details",
        sa.Column("generation_id", ID, nullable=False),
        sa.Column("spec", sa.LargeBinary, nullable=False),
        sa.Column("context", sa.JSON, nullable=False),
        sa.Column("patch", sa.LargeBinary),
        sa.Column("base_spec", sa.LargeBinary),
        sa.Column("base_snapshot_id", ID, nullable=False),
        sa.Column("ours_snapshot_id", ID, nullable=False),
        sa.Column("conflicts", sa.LargeBinary),
        sa.Column("review", sa.LargeBinary),
        sa.PrimaryKeyConstraint("generation_id", name="pk_generation_details"),
        sa.ForeignKeyConstraint(
            ["generation_id"],
            ["generations.generation_id"],
            name="fk_generation_details_generation_id_generations",
            ondelete="CASCADE",
        ),
    )


def _make_runs() -> None:
    op.create_table(
        "runs",
        sa.Column("generation_id", ID, nullable=False),
        sa.Column("user_id", sa.String(255), nullable=False),
        sa.Column("lease_end", sa.BigInteger, nullable=False),
        sa.Column("claims", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("generation_id", name="pk_runs"),
        sa.ForeignKeyConstraint(
            ["generation_id"],
            ["generations.generation_id"],
            name="fk_runs_generation_id_generations",
            ondelete="CASCADE",
        ),
    )
    op.create_table(
        "turns",
        sa.Column("user_id", sa.String(255), nullable=False),
        sa.Column("served", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("user_id", name="pk_turns"),
    )


def _make_outbox() -> None:
    op.create_table(
        "outbox",
        sa.Column(
            "outbox_id",
            sa.BigInteger().with_variant(sa.Integer, "sqlite"),
            nullable=False,
            autoincrement=True,
        ),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("subject", sa.String(1024), nullable=False),
        sa.Column("message_id", sa.String(255), nullable=False),
        sa.Column("data", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("outbox_id", name="pk_outbox"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_outbox_subject", "outbox", ["subject"])


def _make_idempotency_keys() -> None:
    op.create_table(
        "idempotency_keys",
        sa.Column("user_id", sa.String(255), nullable=False),
        sa.Column("key", sa.String(255), nullable=False),
        sa.Column("request_hash", sa.String(64), nullable=False),
        sa.Column("result_id", ID, nullable=False),
        sa.Column("create_time", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("user_id", "key", name="pk_idempotency_keys"),
    )
    op.create_index("ix_idempotency_keys_create_time", "idempotency_keys", ["create_time"])
