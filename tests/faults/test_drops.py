"""Clients that go away in the middle of the answer: the turn does not notice."""

import asyncio
import json
import random
import socket
import struct
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from pydantic import SecretStr

from tests.conftest import make_settings
from tests.fakes.fake_openai import FakeOpenAI
from tests.faults.resident import THANKS, count, filing_rules, new_reports
from tests.server import Running, serve

AT_ONCE = 8
SETTLED_SECONDS = 30
RESET = struct.pack("ii", 1, 0)


@dataclass
class Reader:
    """A client's raw connection to /chat."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    turn_id: str

    @classmethod
    async def open(cls, url: str, body: dict[str, str]) -> "Reader":
        """Send `body` and return when its acceptance has been read."""
        address = urlsplit(url)
        reader, writer = await asyncio.open_connection(address.hostname, address.port)
        data = json.dumps(body).encode()
        writer.write(
            b"POST /chat HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
            b"Content-Length: %d\r\n\r\n%b" % (len(data), data)
        )
        head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        assert head.startswith("http/1.1 200 "), head
        [turn_id] = [line[11:].strip() for line in head.split("\r\n") if line[:10] == "x-turn-id:"]
        return cls(reader, writer, turn_id)

    async def read_lines(self, number: int) -> None:
        """Read so many lines, or to the end."""
        for _ in range(number):
            if not await self.reader.readline():
                return

    async def finish(self) -> None:
        """Close in order."""
        self.writer.close()
        await self.writer.wait_closed()

    async def reset(self) -> None:
        """Close with a reset."""
        connection = self.writer.get_extra_info("socket")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        self.writer.transport.abort()

    async def stall(self) -> None:
        """Stop reading for longer than the turn lasts, then go."""
        self.writer.transport.pause_reading()  # type: ignore[attr-defined]  # a read transport too
        await asyncio.sleep(1.5)
        self.writer.transport.abort()


WAYS: list[Callable[[Reader], Awaitable[None]]] = [Reader.finish, Reader.reset, Reader.stall]


@pytest.mark.parametrize("drops", [24, pytest.param(200, marks=pytest.mark.long)])
async def test_dropped_clients_lose_nothing(tmp_path: Path, database_url: str, drops: int) -> None:
    """A closed, reset or stalled connection changes nothing: each turn ends, with its record."""
    dice = random.Random(drops)
    async with FakeOpenAI(filing_rules(delay=0.03)) as fake:
        settings = make_settings(
            tmp_path,
            database_url=SecretStr(database_url),
            model="fake",
            model_api="responses",
            openai_base_url=fake.base_url,
        )
        async with serve(settings) as server:
            before = len(asyncio.all_tasks())
            dropped: list[str] = []
            told: dict[str, str] = {}

            async def drop() -> None:
                while len(dropped) < drops:
                    body = await anext(new_reports())
                    client = await Reader.open(server.url, body)
                    dropped.append(client.turn_id)
                    told[client.turn_id] = body["session_id"]
                    await client.read_lines(dice.randrange(24))
                    await dice.choice(WAYS)(client)

            await asyncio.gather(*(drop() for _ in range(AT_ONCE)))
            await _settled(server, before)
            await _has_answers(server, set(told.values()))
            assert fake.stats.open_now == 0
    counted = await count(database_url)
    assert len(counted.status) == len(dropped)
    assert counted.unlike(dropped) == []


async def _settled(server: Running, tasks: int) -> None:
    # Nothing that belongs to a turn or to a connection is left: as many tasks as before.
    async with asyncio.timeout(SETTLED_SECONDS):
        while server.desk.runner.running or len(asyncio.all_tasks()) > tasks:
            await asyncio.sleep(0.05)


async def _has_answers(server: Running, session_ids: set[str]) -> None:
    for session_id in session_ids:
        answer = await server.client.get(f"/sessions/{session_id}/messages", params={"limit": 100})
        messages = answer.json()["messages"]
        replies = [each for each in messages if each["role"] == "assistant"]
        assert len(replies) * 2 == len(messages)
        assert {each["text"] for each in replies} == {THANKS}
