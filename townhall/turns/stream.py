"""SDK stream events in, TurnEvents out: the only file that knows the SDK's event types."""

import json
import re
from collections.abc import AsyncIterator
from dataclasses import replace

from agents import (
    ModelBehaviorError,
    RunItemStreamEvent,
    RunResultStreaming,
    ToolCallItem,
    ToolCallOutputItem,
)
from agents.items import TResponseStreamEvent

from townhall.assistant.responses import Deltas
from townhall.assistant.tools import LABELS
from townhall.events import Activity, TextDelta, TurnEvent

MAX_TOOL_CALLS = 20  # of one run; three records and some questions take seven
# NUL and half surrogate pairs.
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


async def turn_events(run: RunResultStreaming) -> AsyncIterator[list[TurnEvent]]:
    """Give what the run says as it says it; an empty list is a sign of the model's life.

    Two messages of one run are parted by a blank line. ModelBehaviorError if it has no text, or if
    the model calls tools without end.
    """
    activities: dict[str, Activity] = {}
    has_text, gap = False, ""
    async for event in run.stream_events():
        if event.type == "raw_response_event":
            if _begins_message(event.data):
                gap = "\n\n" if has_text else ""
            texts = _deltas(event.data)
            if texts:
                texts[0] = gap + texts[0]
                has_text, gap = True, ""
            yield [TextDelta(text=text) for text in texts]
        elif event.type == "run_item_stream_event":
            yield _activity(event, activities)
    if not has_text:
        # Also what a page that is no API at all looks like through the Chat Completions client.
        raise ModelBehaviorError("The model said nothing.")


def storable(text: str) -> str:
    """Return `text` without what neither databases nor UTF-8 take; a model's server may send it."""
    return _UNSTORABLE.sub("", text)


def _begins_message(data: TResponseStreamEvent) -> bool:
    return bool(data.type == "response.output_item.added" and data.item.type == "message")


def _deltas(data: TResponseStreamEvent) -> list[str]:
    if data.type not in ("response.output_text.delta", "response.refusal.delta"):
        return []
    texts = data.deltas if isinstance(data, Deltas) else [data.delta]
    return [text for text in map(storable, texts) if text]


def _activity(event: RunItemStreamEvent, started: dict[str, Activity]) -> list[TurnEvent]:
    item = event.item
    if isinstance(item, ToolCallItem):
        if len(started) >= MAX_TOOL_CALLS:
            raise ModelBehaviorError("The model called too many tools.")
        name = item.tool_name or "tool"
        label = LABELS.get(name, "Working on it")
        activity = Activity(
            id=f"activity_{len(started) + 1}", name=name, label=label, state="started"
        )
        started[str(item.call_id)] = activity
        return [activity]
    if isinstance(item, ToolCallOutputItem) and str(item.call_id) in started:
        activity = started[str(item.call_id)]
        ok = _succeeded(str(item.output))
        return [replace(activity, state="finished", ok=ok)]
    return []


def _succeeded(output: str) -> bool:
    try:
        answer = json.loads(output)
    except ValueError:
        return False
    return isinstance(answer, dict) and answer.get("status") != "refused"
