"""The first schema: sessions, turns, their events and journal, records and their history."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

Key = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
Timestamp = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Apply."""
    _sessions()
    _turns()
    _what_turns_did()
    _incidents()
    _feedback()
    _history()


def _sessions() -> None:
    op.create_table(
        "sessions",
        _column("id", Key),
        _column("session_id", sa.String(128)),
        _column("user_id", sa.String(128)),
        _column("title", sa.String(80)),
        _column("message_count", sa.Integer()),
        _column("turn_count", sa.Integer()),
        _column("created_at", Timestamp),
        _column("last_active", Timestamp),
        sa.PrimaryKeyConstraint("id", name="pk_sessions"),
        sa.UniqueConstraint("user_id", "session_id", name="uq_sessions_user_id_session_id"),
    )
    _index("sessions", "session_id")
    _index("sessions", "last_active", "id")
    _index("sessions", "user_id", "last_active", "id")


def _turns() -> None:
    op.create_table(
        "turns",
        _column("id", sa.String(64)),
        _column("session_key", Key),
        _column("seq", sa.Integer()),
        _column("status", sa.String(16)),
        _column("message", sa.Text()),
        _column("metadata", sa.JSON()),
        _column("caller", sa.String(160)),
        sa.Column("idempotency_key", sa.String(128)),
        sa.Column("request_hash", sa.String(64)),
        _column("attempt", sa.Integer()),
        sa.Column("lease_by", sa.String(64)),
        sa.Column("lease_until", Timestamp),
        sa.Column("cancel_requested_at", Timestamp),
        sa.Column("model", sa.String(128)),
        sa.Column("reply", sa.Text()),
        sa.Column("output_items", sa.JSON()),
        sa.Column("usage", sa.JSON()),
        sa.Column("problem", sa.JSON()),
        sa.Column("trace_id", sa.String(64)),
        sa.Column("trace", sa.JSON()),
        _column("created_at", Timestamp),
        sa.Column("started_at", Timestamp),
        sa.Column("finished_at", Timestamp),
        _belongs_to("turns", "session_key", "sessions.id", "CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_turns"),
        sa.UniqueConstraint("caller", "idempotency_key", name="uq_turns_caller_idempotency_key"),
        sa.UniqueConstraint("session_key", "seq", name="uq_turns_session_key_seq"),
    )
    _index("turns", "status", "lease_until")


def _what_turns_did() -> None:
    op.create_table(
        "turn_events",
        _column("turn_id", sa.String(64)),
        _column("attempt", sa.Integer()),
        _column("first_seq", sa.Integer()),
        _column("last_seq", sa.Integer()),
        _column("events", sa.JSON()),
        _column("created_at", Timestamp),
        _belongs_to("turn_events", "turn_id", "turns.id", "CASCADE"),
        sa.PrimaryKeyConstraint("turn_id", "attempt", "first_seq", name="pk_turn_events"),
    )
    op.create_table(
        "tool_calls",
        _column("turn_id", sa.String(64)),
        _column("tool", sa.String(64)),
        _column("n", sa.Integer()),
        _column("result", sa.JSON()),
        _column("created_at", Timestamp),
        _belongs_to("tool_calls", "turn_id", "turns.id", "CASCADE"),
        sa.PrimaryKeyConstraint("turn_id", "tool", "n", name="pk_tool_calls"),
    )


def _incidents() -> None:
    _records(
        "incidents",
        _column("incident_type", sa.String(64)),
        _column("description", sa.Text()),
        sa.Column("location", sa.String(500)),
        sa.Column("date_of_occurrence", sa.Date()),
        sa.Column("time_of_occurrence", sa.Time()),
        sa.Column("person_involved", sa.String(500)),
        _column("severity_level", sa.Integer()),
        _column("details", sa.JSON()),
    )
    _index("incidents", "incident_type", "created_at")


def _feedback() -> None:
    _records(
        "feedback",
        _column("feedback_kind", sa.String(16)),
        _column("topic", sa.String(64)),
        _column("summary", sa.Text()),
        _column("sentiment", sa.String(16)),
    )


def _history() -> None:
    op.create_table(
        "record_history",
        _column("id", Key),
        _column("reference", sa.String(16)),
        _column("action", sa.String(16)),
        _column("changes", sa.JSON()),
        _column("actor", sa.String(160)),
        _column("at", Timestamp),
        sa.PrimaryKeyConstraint("id", name="pk_record_history"),
    )
    _index("record_history", "reference")


def _records(table: str, *own: sa.Column[Any]) -> None:
    op.create_table(
        table,
        _column("id", Key),
        _column("reference", sa.String(16)),
        _column("user_id", sa.String(128)),
        sa.Column("session_key", Key),
        sa.Column("turn_id", sa.String(64)),
        _column("status", sa.String(16)),
        sa.Column("reporter_name", sa.String(200)),
        _column("created_at", Timestamp),
        _column("updated_at", Timestamp),
        *own,
        _belongs_to(table, "session_key", "sessions.id", "SET NULL"),
        _belongs_to(table, "turn_id", "turns.id", "SET NULL"),
        sa.PrimaryKeyConstraint("id", name=f"pk_{table}"),
        sa.UniqueConstraint("reference", name=f"uq_{table}_reference"),
    )
    _index(table, "created_at")
    _index(table, "session_key")


def _column(name: str, kind: Any) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=False)


def _belongs_to(table: str, column: str, to: str, when_deleted: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        [column], [to], name=f"fk_{table}_{column}", ondelete=when_deleted
    )


def _index(table: str, *columns: str) -> None:
    op.create_index(f"ix_{table}_{'_'.join(columns)}", table, list(columns))
