"""The journal: what the tools of a turn did, so that a second run does not do it again."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from townhall.db.tables import tool_calls
from townhall.records.references import read_reference
from townhall.records.repeats import resembles, tells_the_same
from townhall.records.schemas import DRAFTS, Draft, FeedbackDraft, FilingOutcome, RecordKind

Find = Callable[[Sequence[FilingOutcome]], FilingOutcome | None]

_BY_TOOL = (
    select(tool_calls.c.n, tool_calls.c.result)
    .where(
        tool_calls.c.turn_id == bindparam("turn"),
        tool_calls.c.tool == bindparam("tool"),
        tool_calls.c.n >= bindparam("first"),
    )
    .order_by(tool_calls.c.n)
)
_ADD = insert(tool_calls)


@dataclass(frozen=True)
class Call:
    """The `n`-th call of a tool in this run of the turn, from 1; `now` is the turn's time."""

    tool: str
    n: int
    now: datetime


async def read_journal(
    connection: AsyncConnection, turn_id: str, call: Call
) -> dict[int, FilingOutcome]:
    """Return what earlier runs of the turn did by this tool: this run has come to `call.n`."""
    asked = {"turn": turn_id, "tool": call.tool, "first": call.n}
    rows = await connection.execute(_BY_TOOL, asked)
    return {row.n: FilingOutcome.model_validate(row.result) for row in rows}


async def filed_in(connection: AsyncConnection, turn_id: str) -> list[FilingOutcome]:
    """Return what the turn has filed so far, oldest first."""
    results = await connection.scalars(
        select(tool_calls.c.result)
        .where(tool_calls.c.turn_id == turn_id)
        .order_by(tool_calls.c.created_at, tool_calls.c.tool, tool_calls.c.n)
    )
    outcomes = [FilingOutcome.model_validate(result) for result in results]
    return [outcome for outcome in outcomes if outcome.status == "filed"]


async def write_journal(
    connection: AsyncConnection, turn_id: str, call: Call, n: int, outcome: FilingOutcome
) -> None:
    """Write down what the call did, as the `n`-th entry of its tool in the turn."""
    entry = {
        "turn_id": turn_id,
        "tool": call.tool,
        "n": n,
        "result": outcome.model_dump(mode="json"),
        "created_at": call.now,
    }
    await connection.execute(_ADD, entry)


def told_before(
    draft: Draft, kind: RecordKind, outcomes: Sequence[FilingOutcome]
) -> FilingOutcome | None:
    """Return what an earlier run filed for `draft`, though perhaps in other words or another order.

    The next outcome stands for any draft of its type and place: a model that is asked again
    seldom finds the same words. Another type or place is another record, and must not get lost.
    """
    earlier = [(outcome, _draft_in(outcome, kind)) for outcome in outcomes if outcome.record]
    for outcome, told in earlier:
        if tells_the_same(told, draft):
            return outcome
    return next((outcome for outcome, told in earlier[:1] if _is_likely(told, draft)), None)


def _is_likely(told: Draft, draft: Draft) -> bool:
    if isinstance(told, FeedbackDraft) and isinstance(draft, FeedbackDraft):
        return resembles(told, draft) and told.topic == draft.topic
    return resembles(told, draft)


def _draft_in(outcome: FilingOutcome, kind: RecordKind) -> Draft:
    record = outcome.record or {}
    return DRAFTS[kind].model_validate({key: record[key] for key in DRAFTS[kind].model_fields})


def done_to(reference: str) -> Find:
    """Return a search for what an earlier run did to the record, if that was its next deed."""
    asked = read_reference(reference)
    return lambda outcomes: next((each for each in outcomes[:1] if each.reference == asked), None)
