"""A conversation as turns, read from the SDK's input items. Only what residents wrote, what was
called and what came back is trusted: the words of another model may be in between.
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

_SENT_ON = re.compile(r"^Sent on (\d{4}-\d{2}-\d{2})\.$")
_WARNED = "The desk has just shown the emergency number"


@dataclass
class ToolCall:
    """One tool call: its name and arguments, and its result once there is one."""

    name: str
    arguments: dict[str, Any]
    result: dict[str, Any] | None = None


@dataclass
class Turn:
    """One message of the resident, when it was sent, and what was called to answer it."""

    text: str
    sent: datetime
    calls: list[ToolCall] = field(default_factory=list)
    is_warned: bool = False


def turns_of(items: Sequence[Mapping[str, Any]], now: datetime, number: str) -> list[Turn]:
    """Return the turns in `items`, oldest first; the last one is to be answered.

    A turn in whose reply the emergency `number` stands is one that warned the resident.
    """
    sent, is_warned = now, False
    turns: list[Turn] = []
    calls: dict[str, ToolCall] = {}
    for item in items:
        kind, role = item.get("type", "message"), item.get("role")
        if kind == "message" and role in ("developer", "system"):
            note = _text_of(item.get("content"))
            sent = _sent_on(note, now) or sent
            is_warned = note.startswith(_WARNED)
        elif kind == "message" and role == "user":
            turns.append(Turn(_text_of(item.get("content")), sent, is_warned=is_warned))
            is_warned = False
        elif kind == "message" and role == "assistant" and turns:
            turns[-1].is_warned |= number in _text_of(item.get("content"))
        elif kind == "function_call" and turns:
            call = ToolCall(str(item.get("name")), _object(item.get("arguments")))
            turns[-1].calls.append(call)
            calls[str(item.get("call_id"))] = call
        elif kind == "function_call_output" and (made := calls.get(str(item.get("call_id")))):
            made.result = _object(item.get("output"))
    return turns


def _sent_on(text: str, now: datetime) -> datetime | None:
    match = _SENT_ON.match(text.strip())
    if match is None:
        return None
    day = date.fromisoformat(match.group(1))
    # The hour is not known; the end of the day lets every hour of it lie in the past.
    return (
        now
        if day == now.date()
        else datetime(day.year, day.month, day.day, 23, 59, tzinfo=now.tzinfo)
    )


def _text_of(content: object) -> str:
    if isinstance(content, str):
        return content
    if isinstance(content, Iterable):
        parts = [part.get("text", "") for part in content if isinstance(part, Mapping)]
        return "\n".join(str(part) for part in parts if part)
    return ""


def _object(text: object) -> dict[str, Any]:
    """Return the JSON object in `text`; another model's broken one is empty."""
    try:
        value = json.loads(_text_of(text))
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}
