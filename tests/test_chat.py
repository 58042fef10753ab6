"""POST /chat: the plain stream to the byte, and the same turn as JSON."""

import pytest

from tests.server import serve
from townhall.settings import Settings


async def test_echo_streams_word_by_word(settings: Settings) -> None:
    """With the echo model each event is one word of the message, byte for byte."""
    async with serve(settings.model_copy(update={"model": "echo"})) as server:
        response = await server.client.post("/chat", json={"message": "Hello  from\nhere"})
    assert response.content == b"data: Hello\n\ndata: from\n\ndata: here\n\ndata: [DONE]\n\n"
    assert response.headers["content-type"].startswith("text/event-stream")
