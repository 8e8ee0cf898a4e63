"""The desk's first tables."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

COUNTING = {"sqlite_autoincrement": True}
"""SQLite would otherwise give the id of a removed row to a new one; PostgreSQL never does."""
INDEXED = {
    "conversations": ("customer_id", "opened_at", "state", "updated_at"),
    "handoffs": ("at", "conversation_id"),
    "messages": ("at", "conversation_id"),
    "candidates": ("conversation_id", "kind", "message_id", "status"),
}


def _column(name: str, kind: Any, *more: Any, **options: Any) -> sa.Column[Any]:
    return sa.Column(name, kind, *more, **{"nullable": False} | options)


def _of(table: str) -> sa.ForeignKey:
    return sa.ForeignKey(f"{table}.id", ondelete="CASCADE")


def _counted() -> sa.Column[Any]:
    return _column("id", sa.Integer(), primary_key=True, autoincrement=True)


def upgrade() -> None:
    op.create_table(
        "customers",
        _column("id", sa.String(length=32), primary_key=True),
        _column("token_hash", sa.String(length=64), unique=True),
        _column("created_at", sa.Float()),
        _column("seen_at", sa.Float()),
    )
    op.create_table(
        "keys",
        _counted(),
        _column("name", sa.String(length=100), unique=True),
        _column("hash", sa.String(length=64), unique=True),
        _column("role", sa.String(length=16)),
        _column("rate", sa.Integer(), nullable=True),
        _column("concurrency", sa.Integer(), nullable=True),
        _column("created_at", sa.Float()),
        _column("revoked_at", sa.Float(), nullable=True),
        **COUNTING,
    )
    op.create_table(
        "conversations",
        _column("id", sa.String(length=32), primary_key=True),
        _column("customer_id", sa.String(length=32), _of("customers")),
        _column("run", sa.String(length=200)),
        _column("language", sa.String(length=8)),
        _column("state", sa.String(length=16)),
        _column("revision", sa.Integer()),
        _column("opened_at", sa.Float()),
        _column("updated_at", sa.Float()),
        _column("closed_at", sa.Float(), nullable=True),
    )
    op.create_table(
        "logins",
        _column("token_hash", sa.String(length=64), primary_key=True),
        _column("key_id", sa.Integer(), _of("keys")),
        _column("until", sa.Float()),
    )
    op.create_table(
        "handoffs",
        _counted(),
        _column("conversation_id", sa.String(length=32), _of("conversations")),
        _column("reason", sa.String(length=16)),
        _column("wish", sa.Text()),
        _column("out_of_hours", sa.Boolean()),
        _column("at", sa.Float()),
        _column("taken_at", sa.Float(), nullable=True),
        _column("agent", sa.String(length=100), nullable=True),
        _column("closed_at", sa.Float(), nullable=True),
        _column("result", sa.String(length=200), nullable=True),
        **COUNTING,
    )
    op.create_table(
        "messages",
        _counted(),
        _column("conversation_id", sa.String(length=32), _of("conversations")),
        _column("speaker", sa.String(length=16)),
        _column("text", sa.Text()),
        _column("at", sa.Float()),
        _column("agent", sa.String(length=100), nullable=True),
        _column("cut", sa.Boolean()),
        _column("refusal", sa.Boolean()),
        _column("source", sa.JSON(), nullable=True),
        _column("model_version", sa.String(length=64), nullable=True),
        _column("data_version", sa.String(length=64), nullable=True),
        _column("prompt_tokens", sa.Integer(), nullable=True),
        _column("completion_tokens", sa.Integer(), nullable=True),
        _column("seconds", sa.Float(), nullable=True),
        **COUNTING,
    )
    op.create_table(
        "candidates",
        _counted(),
        _column("kind", sa.String(length=16)),
        _column("conversation_id", sa.String(length=32), _of("conversations")),
        _column("message_id", sa.Integer(), _of("messages"), nullable=True),
        _column("messages", sa.JSON()),
        _column("answer", sa.Text()),
        _column("worse", sa.Text(), nullable=True),
        _column("group", sa.String(length=64)),
        _column("size", sa.Integer()),
        _column("status", sa.String(length=16)),
        _column("reviewer", sa.String(length=100), nullable=True),
        _column("reviewed_at", sa.Float(), nullable=True),
        _column("at", sa.Float()),
        _column("runs", sa.JSON()),
        **COUNTING,
    )
    of_message = {"primary_key": True, "autoincrement": False}
    op.create_table(
        "edits",
        _column("message_id", sa.Integer(), _of("messages"), **of_message),
        _column("suggested", sa.Text()),
        _column("at", sa.Float()),
    )
    op.create_table(
        "ratings",
        _column("message_id", sa.Integer(), _of("messages"), **of_message),
        _column("value", sa.Integer()),
        _column("reason", sa.Text()),
        _column("at", sa.Float()),
    )
    for table, columns in INDEXED.items():
        for column in columns:
            op.create_index(f"ix_{table}_{column}", table, [column])


def downgrade() -> None:
    for table in ("ratings", "edits", "candidates", "messages", "handoffs", "logins", "conversations", "keys", "customers"):
        op.drop_table(table)
