"""Several pages and gateways share one database: leases of answers, who lives, what limits have used; PostgreSQL tells of changes."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

NOTIFY = """
CREATE FUNCTION frontdesk_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify(
        'frontdesk',
        coalesce(NEW.customer_id, OLD.customer_id) || CASE WHEN 'waiting' IN (NEW.state, OLD.state) THEN ' queue' ELSE '' END
    );
    RETURN NULL;
END $$
"""
TRIGGER = """
CREATE TRIGGER frontdesk_changed AFTER INSERT OR DELETE OR UPDATE OF revision ON conversations
FOR EACH ROW EXECUTE FUNCTION frontdesk_changed()
"""


def upgrade() -> None:
    op.add_column("conversations", sa.Column("asked", sa.Integer()))
    op.add_column("conversations", sa.Column("page", sa.String(32)))
    op.add_column("conversations", sa.Column("lease_until", sa.Float()))
    op.add_column("conversations", sa.Column("notices", sa.JSON()))
    op.create_index("ix_conversations_asked", "conversations", ["asked"])
    postgres = op.get_bind().dialect.name == "postgresql"
    unlogged = ["UNLOGGED"] if postgres else []
    op.create_table(
        "processes",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("kind", sa.String(220), nullable=False, index=True),
        sa.Column("until", sa.Float(), nullable=False),
        prefixes=unlogged,
    )
    op.create_table(
        "running",
        sa.Column("process_id", sa.String(32), primary_key=True),
        sa.Column("key", sa.String(100), primary_key=True),
        sa.Column("count", sa.Integer(), nullable=False),
        prefixes=unlogged,
    )
    op.create_table(
        "buckets",
        sa.Column("name", sa.String(200), primary_key=True),
        sa.Column("tokens", sa.Float(), nullable=False),
        sa.Column("at", sa.Float(), nullable=False),
        prefixes=unlogged,
    )
    if postgres:
        op.execute(NOTIFY)
        op.execute(TRIGGER)


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP TRIGGER frontdesk_changed ON conversations")
        op.execute("DROP FUNCTION frontdesk_changed()")
    for table in ("buckets", "running", "processes"):
        op.drop_table(table)
    op.drop_index("ix_conversations_asked", "conversations")
    for name in ("notices", "lease_until", "page", "asked"):
        op.drop_column("conversations", name)
