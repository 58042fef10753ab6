"""The format of POST /chat: one unnamed event per piece of text, then `[DONE]`.

With the echo model a piece is a word; with every other a text delta, its leading space kept.
"""

import orjson
from fastapi.sse import format_sse_event

from townhall.errors import Problem, ShuttingDown
from townhall.events import (
    TextDelta,
    TurnCancelled,
    TurnCompleted,
    TurnFailed,
    TurnInterrupted,
    TurnStarted,
)
from townhall.turns.log import Told
from townhall.wire.sse import Encoder

DONE = "[DONE]"
END = b"data: [DONE]\n\n"


class PlainEncoder(Encoder):
    """Encodes one turn for one client."""

    def __init__(self, turn_id: str) -> None:
        self._turn_id = turn_id
        self._is_echo = False
        self._ended_in_return = False

    def encode(self, told: Told) -> bytes:
        """Return the frames of the event; most kinds have none in this format."""
        _, event = told
        match event:
            case TurnStarted():
                self._is_echo = event.model == "echo"
                return b""
            case TextDelta():
                return self._text(event.text)
            case TurnFailed():
                return _error(event.problem)
            case TurnInterrupted():
                # This format cannot take back what it said, but a client must know of the rest.
                error = ShuttingDown("The answer begins anew at the address in Location.")
                return _error(Problem.of(error, instance=self._turn_id).as_json())
            case TurnCompleted() | TurnCancelled():
                return END
        return b""

    def _text(self, text: str) -> bytes:
        if self._is_echo:
            return b"".join(_piece(word) for word in text.split())
        # A line break that comes in two deltas, \r then \n, is one line break.
        if self._ended_in_return and text.startswith("\n"):
            text = text[1:]
        self._ended_in_return = text.endswith("\r")
        return _piece(text) if text else b""


def _error(problem: dict[str, object]) -> bytes:
    return format_sse_event(data_str=orjson.dumps(problem).decode(), event="error") + END


def _piece(text: str) -> bytes:
    if text == DONE:
        return _piece(text[:-1]) + _piece(text[-1:])
    return format_sse_event(data_str=text)
