"""Groups of candidates have names of any length: PostgreSQL took 64 characters."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

COUNTING = {"sqlite_autoincrement": True}


def upgrade() -> None:
    _alter(sa.Text(), sa.String(length=64))


def downgrade() -> None:
    _alter(sa.String(length=64), sa.Text())


def _alter(type_: sa.types.TypeEngine[str], existing_type: sa.types.TypeEngine[str]) -> None:
    """SQLite copies the table, and would then count on from the highest id: removed ids came again."""
    sqlite, last = op.get_bind().dialect.name == "sqlite", None
    if sqlite:
        last = op.get_bind().scalar(sa.text("SELECT seq FROM sqlite_sequence WHERE name = 'candidates'"))
    with op.batch_alter_table("candidates", table_kwargs=COUNTING) as table:
        table.alter_column("group", type_=type_, existing_type=existing_type, existing_nullable=False, postgresql_using='left("group", 64)')
    if last is not None:
        op.execute(sa.text("DELETE FROM sqlite_sequence WHERE name = 'candidates'"))
        op.execute(sa.text("INSERT INTO sqlite_sequence VALUES ('candidates', :last)").bindparams(last=last))
