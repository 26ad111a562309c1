"""Alembic's entry: migrate over the connection that hub.store.engine.migrate hands over."""

from alembic import context

from hub.store import metadata

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=metadata,
    render_as_batch=connection.dialect.name == "sqlite",
)
with context.begin_transaction():
    context.run_migrations()
