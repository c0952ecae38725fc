"""Applies migrations over the connection that `migrate` hands in."""

from alembic import context

from orchestrator_svc.store.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transactional_ddl=False,
)
context.run_migrations()
