"""A refusal offers the questions of the FAQ that are nearest."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.add_column("messages", sa.Column("near", sa.JSON(), nullable=True))


def downgrade() -> None:
    op.drop_column("messages", "near")
