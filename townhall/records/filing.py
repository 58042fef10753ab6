"""Files records, each exactly once: the record, its history and the journal in one transaction.

A turn that runs again (its process died) gets the journalled outcome instead of a second record.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from rapidfuzz import fuzz, utils
from sqlalchemy import Row, Table, func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from townhall.db.engine import Database
from townhall.db.tables import feedback, incidents, record_history, tool_calls, turns
from townhall.errors import TownHallError
from townhall.records.references import new_reference
from townhall.records.schemas import (
    FeedbackDraft,
    FilingOutcome,
    IncidentDraft,
    RecordKind,
    refused,
)

RECORDS_PER_TURN = 3  # a resident tells of one to three things at once; more is a model gone wild
RECORDS_PER_SESSION_AND_DAY = 10
SAME_WORDS = 90  # rapidfuzz's token-set ratio (0-100) from which two texts tell the same thing
TABLES: dict[RecordKind, Table] = {"incident": incidents, "feedback": feedback}
INTERNAL = frozenset({"id", "user_id", "session_key", "turn_id", "created_at", "updated_at"})


class TurnLost(TownHallError):
    """Another process owns the turn by now, or its session was deleted: this run must stop."""


@dataclass(frozen=True)
class Filer:
    """For whom and in which turn something is filed; from the server, never from a model."""

    user_id: str
    session_key: int
    turn_id: str
    attempt: int


class Filing:
    """Files incidents and feedback."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def file(
        self, filer: Filer, n: int, draft: IncidentDraft | FeedbackDraft
    ) -> FilingOutcome:
        """File `draft` as the `n`-th call of its tool in the turn (from 1) and return the outcome.

        TurnLost if the turn is not this run's any more, DatabaseUnavailable if nothing was saved.
        """
        kind: RecordKind = "incident" if isinstance(draft, IncidentDraft) else "feedback"
        async with self._database.writing() as connection:
            await _hold_turn(connection, filer)
            stored = await _journalled(connection, filer, f"file_{kind}", n)
            if stored is not None:
                return stored
            outcome = await _file_now(connection, filer, kind, draft)
            await connection.execute(
                insert(tool_calls).values(
                    turn_id=filer.turn_id,
                    tool=f"file_{kind}",
                    n=n,
                    result=outcome.model_dump(mode="json"),
                    created_at=datetime.now(UTC),
                )
            )
            return outcome


async def _hold_turn(connection: AsyncConnection, filer: Filer) -> None:
    # The row lock keeps a takeover waiting until this transaction ends.
    attempt = await connection.scalar(
        select(turns.c.attempt)
        .where(turns.c.id == filer.turn_id, turns.c.status == "running")
        .with_for_update()
    )
    if attempt != filer.attempt:
        raise TurnLost("The turn is run by another process, or its session was deleted.")


async def _journalled(
    connection: AsyncConnection, filer: Filer, tool: str, n: int
) -> FilingOutcome | None:
    result = await connection.scalar(
        select(tool_calls.c.result).where(
            tool_calls.c.turn_id == filer.turn_id, tool_calls.c.tool == tool, tool_calls.c.n == n
        )
    )
    return None if result is None else FilingOutcome.model_validate(result)


async def _file_now(
    connection: AsyncConnection,
    filer: Filer,
    kind: RecordKind,
    draft: IncidentDraft | FeedbackDraft,
) -> FilingOutcome:
    same = await _same_record(connection, filer, kind, draft)
    if same is not None:
        return FilingOutcome(
            status="already_filed", kind=kind, reference=same.reference, record=_public(same)
        )
    limit = await _limit_reached(connection, filer)
    if limit is not None:
        return refused(kind, "limit_reached", limit)
    row = await _insert(connection, filer, kind, draft)
    return FilingOutcome(status="filed", kind=kind, reference=row.reference, record=_public(row))


async def _same_record(
    connection: AsyncConnection,
    filer: Filer,
    kind: RecordKind,
    draft: IncidentDraft | FeedbackDraft,
) -> Row[Any] | None:
    table = TABLES[kind]
    rows = await connection.execute(
        select(table).where(table.c.session_key == filer.session_key, table.c.status != "withdrawn")
    )
    return next((row for row in rows if _tells_the_same(row, draft)), None)


def _tells_the_same(row: Row[Any], draft: IncidentDraft | FeedbackDraft) -> bool:
    if isinstance(draft, FeedbackDraft):
        return row.feedback_kind == draft.feedback_kind and _alike(row.summary, draft.summary)
    return (
        row.incident_type == draft.incident_type
        and _alike(row.location or "", draft.location or "")
        and _alike(row.description, draft.description)
    )


def _alike(one: str, other: str) -> bool:
    if one == other:
        return True
    return fuzz.token_set_ratio(one, other, processor=utils.default_process) >= SAME_WORDS


async def _limit_reached(connection: AsyncConnection, filer: Filer) -> str | None:
    of_turn = await _count(connection, "turn_id", filer.turn_id, since=None)
    if of_turn >= RECORDS_PER_TURN:
        return (
            f"At most {RECORDS_PER_TURN} records can be filed from one message. Ask the resident "
            "to send the rest in another message."
        )
    day_ago = datetime.now(UTC) - timedelta(days=1)
    of_session = await _count(connection, "session_key", filer.session_key, since=day_ago)
    if of_session >= RECORDS_PER_SESSION_AND_DAY:
        return (
            f"At most {RECORDS_PER_SESSION_AND_DAY} records a day can be filed in one "
            "conversation. Ask the resident to call the town hall."
        )
    return None


async def _count(
    connection: AsyncConnection, column: str, value: object, since: datetime | None
) -> int:
    total = 0
    for table in TABLES.values():
        query = select(func.count()).select_from(table).where(table.c[column] == value)
        if since is not None:
            query = query.where(table.c.created_at > since)
        total += await connection.scalar(query) or 0
    return total


async def _insert(
    connection: AsyncConnection,
    filer: Filer,
    kind: RecordKind,
    draft: IncidentDraft | FeedbackDraft,
) -> Row[Any]:
    now = datetime.now(UTC)
    table = TABLES[kind]
    fields = draft.model_dump()
    if "details" in fields:
        fields["details"] = list(fields["details"])
    row: Row[Any] = (
        await connection.execute(
            insert(table)
            .values(
                **fields,
                reference=new_reference(kind),
                user_id=filer.user_id,
                session_key=filer.session_key,
                turn_id=filer.turn_id,
                status="open",
                created_at=now,
                updated_at=now,
            )
            .returning(table)
        )
    ).one()
    await connection.execute(
        insert(record_history).values(
            reference=row.reference,
            action="filed",
            changes=draft.model_dump(mode="json"),
            actor=filer.user_id,
            at=now,
        )
    )
    return row


def _public(row: Row[Any]) -> dict[str, object]:
    shown = {key: value for key, value in row._mapping.items() if key not in INTERNAL}  # noqa: SLF001  # SQLAlchemy's public way to a row's mapping
    for key in ("date_of_occurrence", "time_of_occurrence"):
        if shown.get(key) is not None:
            shown[key] = shown[key].isoformat()
    return shown
