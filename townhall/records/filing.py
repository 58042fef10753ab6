"""Files, amends and withdraws records: effect, history and journal in one transaction.

A turn that runs again (its process died, another model took over) gets the journalled outcome
instead of a second effect. Only records of the turn's own session are ever touched.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, bindparam, select
from sqlalchemy.ext.asyncio import AsyncConnection

from townhall.db.engine import Database
from townhall.db.tables import turns
from townhall.errors import TownHallError
from townhall.records.journal import Call, Find, done_to, read_journal, told_before, write_journal
from townhall.records.references import kind_of, read_reference
from townhall.records.repeats import combined, tells_the_same
from townhall.records.rows import (
    Owner,
    change_record,
    count_records,
    draft_of,
    insert_record,
    public_record,
    records_of_session,
    withdraw_record,
)
from townhall.records.schemas import (
    Draft,
    FilingOutcome,
    IncidentDraft,
    RecordKind,
    refused,
)

RECORDS_PER_TURN = 3  # a resident tells of one to three things at once; more is a model gone wild
RECORDS_PER_SESSION_AND_DAY = 10
NOT_OF_THIS_SESSION = (
    "No report of this conversation has that reference, and others cannot be changed here. Tell "
    "the resident so, and give the contact of the town hall."
)

_HOLD = (
    select(turns.c.attempt)
    .where(turns.c.id == bindparam("turn"), turns.c.status == "running")
    .with_for_update()
)

Change = Callable[[Draft], Draft | FilingOutcome]


class TurnLost(TownHallError):
    """Another process owns the turn by now, or its session was deleted: this run must stop."""


@dataclass(frozen=True)
class Filer:
    """For whom and in which turn something is filed; from the server, never from a model."""

    user_id: str
    session_key: int
    turn_id: str
    attempt: int

    @property
    def owner(self) -> Owner:
        """Whose the records are."""
        return Owner(self.user_id, self.session_key, self.turn_id)


class Filing:
    """Files, amends and withdraws, each exactly once.

    Every method raises TurnLost if the turn is not this run's any more, DatabaseUnavailable if
    nothing was saved.
    """

    def __init__(self, database: Database) -> None:
        self.database = database

    async def file(self, filer: Filer, call: Call, draft: Draft) -> FilingOutcome:
        """File `draft`, or add what is new in it to the same record of the session."""
        kind: RecordKind = "incident" if isinstance(draft, IncidentDraft) else "feedback"

        async def effect(connection: AsyncConnection) -> FilingOutcome:
            same = await _same_record(connection, filer, kind, draft)
            if same is not None:
                return await _add_to(connection, filer, call, same, draft)
            limit = _limit(*await count_records(connection, filer.owner, call.now))
            if limit is not None:
                return refused(kind, "limit_reached", limit)
            row = await insert_record(connection, kind, draft, filer.owner, call.now)
            return _outcome("filed", row, is_news=True)

        def is_it(outcomes: Sequence[FilingOutcome]) -> FilingOutcome | None:
            return told_before(draft, kind, outcomes)

        return await self._once(filer, call, is_it, effect)

    async def amend(
        self, filer: Filer, call: Call, reference: str, change: Change
    ) -> FilingOutcome:
        """Make of a record what `change` makes of its draft; a refusal of `change` is returned."""

        async def effect(connection: AsyncConnection) -> FilingOutcome:
            row = await _changeable(connection, filer, reference)
            if isinstance(row, FilingOutcome):
                return row
            changed = change(draft_of(row))
            if isinstance(changed, FilingOutcome):
                return changed
            after = await change_record(connection, row, changed, filer.user_id, call.now)
            return _outcome("amended", after, is_news=after is not row)

        return await self._once(filer, call, done_to(reference), effect)

    async def withdraw(
        self, filer: Filer, call: Call, reference: str, reason: str | None
    ) -> FilingOutcome:
        """Withdraw a record; one that is withdrawn stays so."""

        async def effect(connection: AsyncConnection) -> FilingOutcome:
            row = await _of_session(connection, filer, reference)
            if row is not None and row.status == "withdrawn":
                return _outcome("withdrawn", row, is_news=False)
            found = await _changeable(connection, filer, reference)
            if isinstance(found, FilingOutcome):
                return found
            after = await withdraw_record(connection, found, reason, filer.user_id, call.now)
            return _outcome("withdrawn", after, is_news=True)

        return await self._once(filer, call, done_to(reference), effect)

    async def _once(
        self,
        filer: Filer,
        call: Call,
        find: Find,
        effect: Callable[[AsyncConnection], Awaitable[FilingOutcome]],
    ) -> FilingOutcome:
        """Do `effect`, unless `find` knows its outcome among those of earlier runs of the turn."""

        async def work(connection: AsyncConnection) -> FilingOutcome:
            await _hold_turn(connection, filer)
            journal = await read_journal(connection, filer.turn_id, call)
            stored = find(list(journal.values()))
            if stored is not None:
                return stored
            outcome = await effect(connection)
            if outcome.status != "refused":
                n = max(journal, default=call.n - 1) + 1
                await write_journal(connection, filer.turn_id, call, n, outcome)
            return outcome

        return await self.database.persist(work)


async def _hold_turn(connection: AsyncConnection, filer: Filer) -> None:
    # The row lock keeps a takeover waiting until this transaction ends.
    attempt = await connection.scalar(_HOLD, {"turn": filer.turn_id})
    if attempt != filer.attempt:
        raise TurnLost("The turn is run by another process, or its session was deleted.")


async def _same_record(
    connection: AsyncConnection, filer: Filer, kind: RecordKind, draft: Draft
) -> Row[Any] | None:
    rows = await records_of_session(connection, kind, filer.session_key)
    open_rows = (row for row in rows if row.status in ("open", "in_progress"))
    return next((row for row in open_rows if tells_the_same(draft_of(row), draft)), None)


async def _add_to(
    connection: AsyncConnection, filer: Filer, call: Call, row: Row[Any], draft: Draft
) -> FilingOutcome:
    together = combined(draft_of(row), draft)
    after = await change_record(connection, row, together, filer.user_id, call.now)
    return _outcome("already_filed", after, is_news=after is not row)


async def _changeable(
    connection: AsyncConnection, filer: Filer, reference: str
) -> Row[Any] | FilingOutcome:
    row = await _of_session(connection, filer, reference)
    if row is None:
        return refused(None, "not_found", NOT_OF_THIS_SESSION)
    if row.status in ("resolved", "withdrawn"):
        state = "was resolved" if row.status == "resolved" else "has been withdrawn"
        advice = "File a new report if the resident still needs one."
        return refused(kind_of(row.reference), row.status, f"That report {state}. {advice}")
    return row


async def _of_session(connection: AsyncConnection, filer: Filer, reference: str) -> Row[Any] | None:
    asked = read_reference(reference)
    if asked is None:
        return None
    rows = await records_of_session(connection, kind_of(asked), filer.session_key)
    return next((row for row in rows if row.reference == asked), None)


def _limit(of_turn: int, of_session: int) -> str | None:
    if of_turn >= RECORDS_PER_TURN:
        return (
            f"At most {RECORDS_PER_TURN} records can be filed from one message. Ask the resident "
            "to send the rest in another message."
        )
    if of_session >= RECORDS_PER_SESSION_AND_DAY:
        return (
            f"At most {RECORDS_PER_SESSION_AND_DAY} records a day can be filed in one "
            "conversation. Ask the resident to call the town hall."
        )
    return None


def _outcome(status: Any, row: Row[Any], *, is_news: bool) -> FilingOutcome:
    return FilingOutcome(
        status=status,
        kind=kind_of(row.reference),
        reference=row.reference,
        record=public_record(row),
        is_news=is_news,
    )
