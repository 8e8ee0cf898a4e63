"""What Alembic runs around each migration, with the connection of frontdesk/store/migrate.py."""

from alembic import context

from frontdesk.store.tables import Base

context.configure(connection=context.config.attributes["connection"], target_metadata=Base.metadata, render_as_batch=True)
with context.begin_transaction():
    context.run_migrations()
