"""Ends of turns that nobody runs; one more event, as of a further attempt, says so."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import insert, update
from sqlalchemy.ext.asyncio import AsyncConnection

from townhall.db.tables import turn_events, turns
from townhall.errors import InternalError, Problem
from townhall.events import RecordFiled, TurnCancelled, TurnEvent, TurnFailed, TurnRestarted
from townhall.records.journal import filed_in
from townhall.turns.transcripts import shown_by


async def end_as_cancelled(connection: AsyncConnection, turn_id: str, attempt: int) -> None:
    """End a turn as its resident wished."""
    await _end(connection, turn_id, attempt, [TurnCancelled(text="")], status="cancelled")


async def give_up(connection: AsyncConnection, turn_id: str, attempt: int) -> None:
    """End a turn on which too many processes died. What it filed is told, for it is on record."""
    filed = await filed_in(connection, turn_id)
    references = " and ".join(outcome.reference or "" for outcome in filed)
    error = InternalError(
        f"Your report is filed as {references}, but the reply could not be finished."
        if filed
        else "This message could not be answered. Please send it again."
    )
    problem = Problem.of(error, instance=turn_id).as_json()
    events: list[TurnEvent] = [
        TurnRestarted(attempt=attempt + 1),
        *(
            RecordFiled(kind=each.kind, reference=each.reference, record=each.record)
            for each in filed
            if each.kind and each.reference and each.record is not None
        ),
        TurnFailed(problem=problem),
    ]
    await _end(connection, turn_id, attempt, events, status="failed", problem=problem)


async def _end(
    connection: AsyncConnection,
    turn_id: str,
    attempt: int,
    events: Sequence[TurnEvent],
    **values: Any,
) -> None:
    now = datetime.now(UTC)
    values |= {"shown": shown_by(events), "lease_by": None, "lease_until": None}
    await connection.execute(
        update(turns).where(turns.c.id == turn_id).values(values | {"finished_at": now})
    )
    await connection.execute(
        insert(turn_events).values(
            turn_id=turn_id,
            attempt=attempt + 1,
            first_seq=1,
            last_seq=len(events),
            events=[event.as_json() for event in events],
            created_at=now,
        )
    )
