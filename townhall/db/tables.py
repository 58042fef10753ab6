"""Every table. Migrations in `migrations/` make them; a test holds the two together."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    Date,
    DateTime,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    Time,
    TypeDecorator,
    UniqueConstraint,
    and_,
    literal,
)
from sqlalchemy.engine.default import DefaultExecutionContext
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from townhall.spelling import key_of


class UtcDateTime(TypeDecorator[datetime]):
    """An aware datetime, always UTC; SQLite, which has no zones, keeps it without one."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Return `value` in UTC; ValueError for a datetime without a zone."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a datetime for the database needs a zone")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Return `value` as an aware datetime in UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class db_now(FunctionElement[datetime]):  # noqa: N801  # used like a SQL function
    """The database's clock plus `seconds`: leases never depend on a host's clock."""

    type = UtcDateTime()
    inherit_cache = True
    name = "db_now"

    def __init__(self, seconds: int = 0) -> None:
        super().__init__(literal(seconds, Integer))


@compiles(db_now, "sqlite")
def _sqlite_now(element: db_now, compiler: SQLCompiler, **kwargs: Any) -> str:
    # The format in which SQLAlchemy stores datetimes, so that the two compare as text.
    seconds = compiler.process(element.clauses, **kwargs)
    return f"(strftime('%Y-%m-%d %H:%M:%f', 'now', {seconds} || ' seconds') || '000')"


@compiles(db_now, "postgresql")
def _postgres_now(element: db_now, compiler: SQLCompiler, **kwargs: Any) -> str:
    seconds = compiler.process(element.clauses, **kwargs)
    return f"(clock_timestamp() + {seconds} * interval '1 second')"


metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

PLACE_CHARACTERS = 500
Key = BigInteger().with_variant(Integer, "sqlite")

sessions = Table(
    "sessions",
    metadata,
    Column("id", Key, primary_key=True),
    Column("session_id", String(128), nullable=False),
    Column("user_id", String(128), nullable=False),
    Column("title", String(80), nullable=False),
    Column("message_count", Integer, nullable=False),
    Column("turn_count", Integer, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("last_active", UtcDateTime, nullable=False),
    UniqueConstraint("user_id", "session_id"),
    Index("ix_sessions_session_id", "session_id"),
    Index("ix_sessions_last_active_id", "last_active", "id"),
    Index("ix_sessions_user_id_last_active_id", "user_id", "last_active", "id"),
)

turns = Table(
    "turns",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("session_key", Key, ForeignKey("sessions.id", ondelete="CASCADE"), nullable=False),
    Column("seq", Integer, nullable=False),
    Column("status", String(16), nullable=False),
    Column("message", Text, nullable=False),
    Column("metadata", JSON, nullable=False),
    Column("caller", String(160), nullable=False),
    Column("idempotency_key", String(128)),
    Column("request_hash", String(64)),
    Column("attempt", Integer, nullable=False),
    Column("lease_by", String(64)),
    Column("lease_until", UtcDateTime),
    Column("cancel_requested_at", UtcDateTime),
    Column("model", String(128)),
    Column("reply", Text),
    Column("shown", JSON),
    Column("rating", String(8)),
    Column("rating_reason", Text),
    Column("output_items", JSON),
    Column("usage", JSON),
    Column("problem", JSON),
    Column("trace_id", String(64)),
    Column("trace", JSON),
    Column("created_at", UtcDateTime, nullable=False),
    Column("started_at", UtcDateTime),
    Column("finished_at", UtcDateTime),
    UniqueConstraint("session_key", "seq"),
    UniqueConstraint("caller", "idempotency_key"),
    Index("ix_turns_status_lease_until", "status", "lease_until"),
)

# A row holds a run of consecutive events: what came between two flushes of the log.
turn_events = Table(
    "turn_events",
    metadata,
    Column("turn_id", String(64), ForeignKey("turns.id", ondelete="CASCADE"), primary_key=True),
    Column("attempt", Integer, primary_key=True),
    Column("first_seq", Integer, primary_key=True),
    Column("last_seq", Integer, nullable=False),
    Column("events", JSON, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
)

# The journal: the n-th call of a tool in a turn has one effect and one result, whatever happens.
tool_calls = Table(
    "tool_calls",
    metadata,
    Column("turn_id", String(64), ForeignKey("turns.id", ondelete="CASCADE"), primary_key=True),
    Column("tool", String(64), primary_key=True),
    Column("n", Integer, primary_key=True),
    Column("result", JSON, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
)


def _record_columns() -> list[Column[Any]]:
    return [
        Column("id", Key, primary_key=True),
        Column("reference", String(16), nullable=False, unique=True),
        Column("user_id", String(128), nullable=False),
        Column("session_key", Key, ForeignKey("sessions.id", ondelete="SET NULL")),
        Column("turn_id", String(64), ForeignKey("turns.id", ondelete="SET NULL")),
        Column("status", String(16), nullable=False),
        Column("reporter_name", String(200)),
        Column("created_at", UtcDateTime, nullable=False),
        Column("updated_at", UtcDateTime, nullable=False),
    ]


def place_of(location: str | None) -> str | None:
    """Return what is kept as the `place` of an incident at `location`."""
    key = key_of(location)
    return None if key is None else key[:PLACE_CHARACTERS]


def _place_of_location(context: DefaultExecutionContext) -> str | None:
    parameters = context.get_current_parameters()  # type: ignore[no-untyped-call]
    return place_of(parameters["location"])


incidents = Table(
    "incidents",
    metadata,
    *_record_columns(),
    Column("incident_type", String(64), nullable=False),
    Column("description", Text, nullable=False),
    Column("location", String(500)),
    # The location as places are compared, whatever its spelling; kept in step with it.
    Column("place", String(PLACE_CHARACTERS), default=_place_of_location),
    Column("date_of_occurrence", Date),
    Column("time_of_occurrence", Time),
    Column("person_involved", String(500)),
    Column("severity_level", Integer, nullable=False),
    Column("details", JSON, nullable=False),
    Index("ix_incidents_session_key", "session_key"),
    # These two hold all that figures count, in the order of a period and in that of groups.
    Index(
        "ix_incidents_created_at_incident_type_place_status",
        "created_at",
        "incident_type",
        "place",
        "status",
    ),
    Index(
        "ix_incidents_incident_type_status_place_created_at",
        "incident_type",
        "status",
        "place",
        "created_at",
    ),
)
# Rows that another program wrote; few, if any.
WITHOUT_PLACE = and_(incidents.c.place.is_(None), incidents.c.location.is_not(None))
Index(
    "ix_incidents_place",
    incidents.c.place,
    postgresql_where=WITHOUT_PLACE,
    sqlite_where=WITHOUT_PLACE,
)

feedback = Table(
    "feedback",
    metadata,
    *_record_columns(),
    Column("feedback_kind", String(16), nullable=False),
    Column("topic", String(64), nullable=False),
    Column("summary", Text, nullable=False),
    Column("sentiment", String(16), nullable=False),
    Index("ix_feedback_session_key", "session_key"),
    Index(
        "ix_feedback_created_at_topic_sentiment_status",
        "created_at",
        "topic",
        "sentiment",
        "status",
    ),
    Index("ix_feedback_topic_created_at", "topic", "created_at"),
)

record_history = Table(
    "record_history",
    metadata,
    Column("id", Key, primary_key=True),
    Column("reference", String(16), nullable=False),
    Column("action", String(16), nullable=False),
    Column("changes", JSON, nullable=False),
    Column("actor", String(160), nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Index("ix_record_history_reference", "reference"),
)
