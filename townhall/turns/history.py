"""What the model sees of earlier turns: the newest within a budget, in a provider-neutral form.

Whole turns only, so that no tool output stands without its call. A turn that failed or was
cancelled counts too: what it filed must be known to the next one.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from agents import MessageOutputItem, RunItem, ToolCallItem, ToolCallOutputItem
from agents.items import ItemHelpers
from sqlalchemy import bindparam, select
from sqlalchemy.ext.asyncio import AsyncConnection

from townhall.db.tables import turns
from townhall.turns.stream import storable

HISTORY_TURNS = 40
HISTORY_CHARACTERS = 24_000  # about 6,000 tokens: a long conversation for a small model's window

Items = list[dict[str, Any]]
EarlierTurn = tuple[str, Items, datetime]  # what was asked, what was answered, when

_EARLIER = (
    select(turns.c.message, turns.c.output_items, turns.c.created_at)
    .where(
        turns.c.session_key == bindparam("session"),
        turns.c.seq < bindparam("before"),
        turns.c.status.in_(("completed", "cancelled", "failed")),
    )
    .order_by(turns.c.seq.desc())
    .limit(HISTORY_TURNS)
)


async def read_earlier_turns(
    connection: AsyncConnection, session_key: int, before_seq: int
) -> list[EarlierTurn]:
    """Return the session's turns before `before_seq` that the model may see, oldest first."""
    if before_seq == 1:
        return []
    rows = await connection.execute(_EARLIER, {"session": session_key, "before": before_seq})
    newest_first = ((row.message, row.output_items or [], row.created_at) for row in rows)
    return _within_budget(newest_first)


def history_items(earlier: Sequence[EarlierTurn], zone: ZoneInfo, now: datetime) -> Items:
    """Return what the model sees of earlier turns, given oldest first.

    Items of another day than `now` follow a developer message `Sent on YYYY-MM-DD.`, so that
    "yesterday" keeps its meaning.
    """
    items: Items = []
    today = now.astimezone(zone).date()
    said = today
    for message, replies, created_at in earlier:
        day = created_at.astimezone(zone).date()
        if day != said:
            items.append({"role": "developer", "content": f"Sent on {day}."})
            said = day
        items.append({"role": "user", "content": message})
        items.extend(replies)
    if said != today:
        items.append({"role": "developer", "content": f"Sent on {today}."})
    return items


def neutral_items(new_items: list[RunItem], turn_seq: int) -> list[dict[str, Any]]:
    """Return what a run said and did as items that every provider reads.

    Provider ids are left out, because other providers refuse them; call ids are made unique in
    the session. A call without its output is left out.
    """
    calls = {item.call_id for item in new_items if isinstance(item, ToolCallItem)}
    answered = {item.call_id for item in new_items if isinstance(item, ToolCallOutputItem)} & calls
    names = {
        call_id: f"call_{turn_seq}_{i}" for i, call_id in enumerate(sorted(map(str, answered)))
    }
    neutral = (_neutral(item, names) for item in new_items)
    return [item for item in neutral if item is not None]


def _neutral(item: RunItem, names: dict[str, str]) -> dict[str, Any] | None:
    if isinstance(item, MessageOutputItem):
        return {"role": "assistant", "content": storable(ItemHelpers.text_message_output(item))}
    if isinstance(item, ToolCallItem) and str(item.call_id) in names:
        arguments = getattr(item.raw_item, "arguments", "{}")
        call = {"call_id": names[str(item.call_id)], "name": item.tool_name}
        return {"type": "function_call", "arguments": arguments, **call}
    if isinstance(item, ToolCallOutputItem) and str(item.call_id) in names:
        call_id = names[str(item.call_id)]
        return {"type": "function_call_output", "call_id": call_id, "output": str(item.output)}
    return None


def _within_budget(newest_first: Iterable[EarlierTurn]) -> list[EarlierTurn]:
    """Return the newest turns that fit, oldest first."""
    left = HISTORY_CHARACTERS
    kept = []
    for message, items, created_at in newest_first:
        left -= len(message) + sum(_size(item) for item in items)
        if left < 0:
            break
        kept.append((message, items, created_at))
    return kept[::-1]


def _size(item: dict[str, Any]) -> int:
    return sum(len(value) for value in item.values() if isinstance(value, str))
