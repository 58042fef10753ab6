"""A turn as a stream of Server-Sent Events, whatever the format.

The response only tails the event log: when its client goes, nothing but the response ends.
"""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator

from starlette.responses import StreamingResponse
from starlette.types import Message, Send

from townhall.telemetry.metrics import OPEN_STREAMS
from townhall.turns.log import Told

BLOCKED_SECONDS = 20.0  # for a reader that takes nothing; then its connection is dropped
HEADERS = {"Cache-Control": "no-cache, no-transform", "X-Accel-Buffering": "no"}


class Encoder(ABC):
    """One format: events in, bytes out. It may remember what came before."""

    opening = b""  # said before the first event

    def silence(self) -> bytes:
        """Return what is said when the turn says nothing: a comment, which no client shows."""
        return b": hb\n\n"

    @abstractmethod
    def encode(self, told: Told) -> bytes:
        """Return the frames that say `told`; empty if this format has no word for it."""


class EventStream(StreamingResponse):
    """Sends each batch of a turn's events as one piece, in the format of `encoder`."""

    media_type = "text/event-stream"

    def __init__(
        self, batches: AsyncIterator[list[Told]], encoder: Encoder, headers: dict[str, str]
    ) -> None:
        super().__init__(_encoded(batches, encoder), headers={**HEADERS, **headers})

    async def stream_response(self, send: Send) -> None:
        """Send it all, unless the reader stops reading."""

        async def send_in_time(message: Message) -> None:
            async with asyncio.timeout(BLOCKED_SECONDS):
                await send(message)

        try:
            with OPEN_STREAMS.track_inprogress():
                await super().stream_response(send_in_time)
        except TimeoutError:
            # No last chunk is sent, so the client sees that the stream was cut and can resume it.
            return


async def _encoded(batches: AsyncIterator[list[Told]], encoder: Encoder) -> AsyncIterator[bytes]:
    if encoder.opening:
        yield encoder.opening
    async for batch in batches:
        if not batch:
            yield encoder.silence()
            continue
        frames = b"".join(encoder.encode(told) for told in batch)
        if frames:
            yield frames
