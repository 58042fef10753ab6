"""A load client for POST endpoints that answer with Server-Sent Events, light enough to share a
core with the fake model: raw sockets, httptools, one request at a time on each connection."""

import asyncio
import time
import uuid
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import httptools
import orjson

TIMEOUT_SECONDS = 60.0
FIFTEEN_WORDS = "the town hall opens at nine and the clerk will gladly take your report today"
SIXTY_WORDS = " ".join([FIFTEEN_WORDS] * 4)


@dataclass(frozen=True)
class Visit:
    """What one client says: `messages` in turn, `turns_per_session` of them in one session."""

    path: str = "/chat"
    messages: tuple[str, ...] = ("hi",)
    turns_per_session: int = 10

    def request(self, port: int, session: str, turn: int) -> bytes:
        """Return the request of the `turn`-th message (from 0) of a session."""
        message = self.messages[turn % len(self.messages)]
        body = orjson.dumps({"message": message, "session_id": session})
        head = (
            f"POST {self.path} HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\naccept: text/event-stream\r\n"
            f"content-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
        )
        return head.encode() + body


@dataclass
class Turns:
    """How the turns of a run went; times in seconds, in the order in which they ended."""

    first_text: list[float] = field(default_factory=list)
    total: list[float] = field(default_factory=list)
    failures: Counter[str] = field(default_factory=Counter)


class Connection(asyncio.Protocol):
    """One keep-alive connection; `answer` is the whole body of the last answer."""

    def __init__(self) -> None:
        self.transport: asyncio.Transport
        self.answer = b""
        self.first_text_at = 0.0
        self._parser = httptools.HttpResponseParser(self)
        self._done: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Open for requests."""
        self.transport = transport  # type: ignore[assignment]  # uvloop's are of no such class

    async def ask(self, request: bytes) -> int:
        """Send the request and return the status of its answer, when the answer is complete."""
        self.answer, self.first_text_at = b"", 0.0
        self._parser = httptools.HttpResponseParser(self)
        self._done = asyncio.get_running_loop().create_future()
        self.transport.write(request)
        async with asyncio.timeout(TIMEOUT_SECONDS):
            return await self._done

    def data_received(self, data: bytes) -> None:
        """Parse what came."""
        self._parser.feed_data(data)

    def on_body(self, body: bytes) -> None:
        """Note when the first text came."""
        self.answer += body
        if not self.first_text_at and b"data:" in self.answer:
            self.first_text_at = time.perf_counter()

    def on_message_complete(self) -> None:
        """Give the answer to who asked."""
        if not self._done.done():
            self._done.set_result(self._parser.get_status_code())

    def connection_lost(self, exc: Exception | None) -> None:
        """Fail the request that is under way."""
        if not self._done.done():
            self._done.set_exception(exc or ConnectionError("closed in the middle"))
            self._done.exception()


async def load(
    port: int, visits: Sequence[Visit], *, seconds: float, turns: int | None = None
) -> Turns:
    """Let one client for each of `visits` talk for `seconds`, or until all did `turns`."""
    done = Turns()
    ends_at = time.perf_counter() + seconds
    left = iter(range(turns if turns is not None else 10**9))

    async def client(visit: Visit) -> None:
        _, connection = await asyncio.get_running_loop().create_connection(
            Connection, "127.0.0.1", port
        )
        session, turn = uuid.uuid4().hex, 0
        try:
            while time.perf_counter() < ends_at and next(left, None) is not None:
                if turn == visit.turns_per_session:
                    session, turn = uuid.uuid4().hex, 0
                await _take_turn(connection, visit.request(port, session, turn), done)
                turn += 1
        finally:
            connection.transport.close()

    await asyncio.gather(*(client(visit) for visit in visits))
    return done


async def _take_turn(connection: Connection, request: bytes, done: Turns) -> None:
    began = time.perf_counter()
    status = await connection.ask(request)
    if status != 200 or not connection.answer.endswith(b"data: [DONE]\n\n"):
        done.failures[f"{status}: {connection.answer[-100:]!r}"] += 1
    elif b"event: error" in connection.answer:
        done.failures[repr(connection.answer[-200:])] += 1
    else:
        done.total.append(time.perf_counter() - began)
        done.first_text.append(connection.first_text_at - began)
