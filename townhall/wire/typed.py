"""The typed format: every event with its id, its type and its data, to be resumed by id."""

import orjson
from fastapi.sse import format_sse_event

from townhall.turns.log import EventId, Told
from townhall.wire.sse import Encoder


class TypedEncoder(Encoder):
    """`id: <attempt>.<seq>`, `event: <type>`, `data: {"type": ..., ...}`."""

    def encode(self, told: Told) -> bytes:
        """Return the one frame of the event."""
        (attempt, seq), event = told
        data = orjson.dumps(event.as_json()).decode()
        return format_sse_event(data_str=data, event=event.type, id=f"{attempt}.{seq}")


def read_event_id(text: str) -> EventId | None:
    """Return the event id that a client sends as Last-Event-ID; None if it is none of ours."""
    attempt, _, seq = text.partition(".")
    if not all(part.isascii() and part.isdigit() and len(part) <= 9 for part in (attempt, seq)):
        return None
    return int(attempt), int(seq)
