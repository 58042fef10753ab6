"""An answer made ready to send: HTTP heads, pauses and faults, worked out before the request."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto
from http import HTTPStatus
from itertools import cycle, islice

import orjson

from tests.fakes.answers import Answer, Api
from tests.fakes.frames import (
    PLACEHOLDER,
    Frame,
    chat_body,
    chat_frames,
    responses_body,
    responses_frames,
)

_FILLER = "the clerk will gladly take your report about the broken light at the old bridge"
_NOT_OURS = b"<html><body>It works! This is not the server you are looking for.</body></html>\n"
_BROKEN = Frame(b"event: response.output_text.delta\ndata: {not json\n\n", is_delta=False)
# A word with the space before it, as a tokenizer would give; the last one keeps the space after.
_WORD = re.compile(r"\s*\S+\s*\Z|\s*\S+")
_LAST_CHUNK = Frame(b"0\r\n\r\n", is_delta=False)
_ERROR_TYPES = {401: "invalid_request_error", 429: "rate_limit_error"}


class End(Enum):
    """How an answer ends."""

    COMPLETE = auto()
    CLOSE = auto()
    RESET = auto()
    STALL = auto()


@dataclass(frozen=True)
class Script:
    """The bytes of one answer: `bursts` with `delay` seconds between them, then `end`.

    `rest` is what a stalled answer still has to say, should it be released.
    """

    bursts: tuple[bytes, ...]
    end: End
    first_delay: float
    delay: float
    rest: bytes = b""


def make_scripts(answer: Answer) -> dict[tuple[Api, bool], Script]:
    """Return the script of `answer` for each API, streamed (True) and not."""
    if answer.status is not None or answer.refused:
        failed = _failed(answer, answer.status)
        return {(api, streamed): failed for api in Api for streamed in (True, False)}
    deltas, calls = _deltas(answer), answer.calls
    return {
        (Api.RESPONSES, True): _streamed(answer, responses_frames(deltas, calls)),
        (Api.RESPONSES, False): _whole(answer, responses_body(deltas, calls)),
        (Api.CHAT, True): _streamed(answer, chat_frames(deltas, calls)),
        (Api.CHAT, False): _whole(answer, chat_body(deltas, calls)),
    }


def http_json(status: int, body: bytes, *headers: bytes) -> bytes:
    """Return a whole HTTP answer with a JSON body."""
    length = b"content-length: %d" % len(body)
    return _head(status, b"application/json", length, *headers) + body


def http_error(status: int, message: str, *headers: bytes) -> bytes:
    """Return a whole HTTP answer with an error as the API words it."""
    kind = _ERROR_TYPES.get(status, "server_error" if status >= 500 else "invalid_request_error")
    error = {"message": message, "type": kind, "param": None, "code": None}
    return http_json(status, orjson.dumps({"error": error}), *headers)


def _deltas(answer: Answer) -> Sequence[str]:
    if answer.deltas is not None:
        return answer.deltas
    if answer.text is not None:
        return _WORD.findall(answer.text) or [answer.text]
    if answer.calls:
        return ()
    return _WORD.findall(" ".join(islice(cycle(_FILLER.split()), answer.tokens)))


def _failed(answer: Answer, status: int | None) -> Script:
    if status is None:
        return Script((b"",), End.RESET if answer.reset else End.CLOSE, answer.first_delay, 0)
    after = answer.retry_after
    headers = [] if after is None else [b"retry-after: %d" % after]
    body = http_error(status, f"scripted {status}", *headers)
    return Script((body,), End.COMPLETE, answer.first_delay, 0)


def _streamed(answer: Answer, frames: list[Frame]) -> Script:
    if answer.malformed_at is not None:
        frames = [*frames[: answer.malformed_at], _BROKEN, *frames[answer.malformed_at + 1 :]]
    if answer.garbage:
        frames = [Frame(_NOT_OURS, is_delta=False)]
    head = _head(200, b"text/event-stream; charset=utf-8", b"transfer-encoding: chunked")
    chunks = [Frame(b"%x\r\n%b\r\n" % (len(f.data), f.data), f.is_delta) for f in frames]
    return _script(answer, head, [*chunks, _LAST_CHUNK])


def _whole(answer: Answer, body: bytes) -> Script:
    half = len(body) // 2
    if answer.malformed_at is not None:
        body = body[:half]
    if answer.garbage:
        body = _NOT_OURS
    head = _head(200, b"application/json", b"content-length: %d" % len(body))
    return _script(
        answer, head, [Frame(body[:half], is_delta=False), Frame(body[half:], is_delta=False)]
    )


def _script(answer: Answer, head: bytes, frames: list[Frame]) -> Script:
    end, kept = End.COMPLETE, len(frames)
    # The last frame completes the answer, so a fault always comes before it.
    if answer.cut_after is not None:
        end = End.RESET if answer.reset else End.CLOSE
        kept = min(answer.cut_after, kept - 1)
    elif answer.stall_after is not None:
        end, kept = End.STALL, min(answer.stall_after, kept - 1)
    bursts = _bursts(head, frames[:kept], has_pauses=answer.delay > 0)
    rest = b"".join(frame.data for frame in frames[kept:])
    return Script(bursts, end, answer.first_delay, answer.delay, rest)


def _bursts(head: bytes, frames: list[Frame], *, has_pauses: bool) -> tuple[bytes, ...]:
    bursts = [head]
    for frame in frames:
        bursts[-1] += frame.data
        if has_pauses and frame.is_delta:
            bursts.append(b"")
    return tuple(burst for burst in bursts if burst)


def _head(status: int, content_type: bytes, *headers: bytes) -> bytes:
    lines = (
        b"HTTP/1.1 %d %b" % (status, HTTPStatus(status).phrase.encode()),
        b"content-type: " + content_type,
        b"x-request-id: req_" + PLACEHOLDER.encode(),
        *headers,
    )
    return b"\r\n".join(lines) + b"\r\n\r\n"
