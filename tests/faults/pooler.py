"""A pooler in transaction mode, stricter than any: each transaction gets another connection to
Postgres, and `DISCARD ALL` forgets whatever it left there."""

import asyncio
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

PROTOCOL = 196608  # 3.0
READY = b"Z\0\0\0\5I"  # for the next transaction
DISCARD = b"Q" + struct.pack("!i", 16) + b"DISCARD ALL\0"
TERMINATE = b"X"


@dataclass
class Upstream:
    """One connection to Postgres."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    greeting: bytes = b""

    @classmethod
    async def open(cls, socket: str, database: str) -> "Upstream":
        """Connect as the user that needs no password."""
        upstream = cls(*await asyncio.open_unix_connection(socket))
        said = struct.pack("!i", PROTOCOL) + f"user\0postgres\0database\0{database}\0\0".encode()
        upstream.writer.write(struct.pack("!i", len(said) + 4) + said)
        while not upstream.greeting.endswith(READY):
            upstream.greeting += await _message(upstream.reader)
        return upstream

    async def answer(self, client: asyncio.StreamWriter | None = None) -> None:
        """Pass on what it says until no transaction is open."""
        message = b""
        while message != READY:
            message = await _message(self.reader)
            if client is not None:
                client.write(message)

    async def close(self) -> None:
        """Break off; an open transaction goes with it."""
        self.writer.transport.abort()
        with suppress(ConnectionError):
            await self.writer.wait_closed()


class Client:
    """One connection of the server under test; `request` is its next message."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self.writer = writer
        self.request = asyncio.create_task(_message(reader))

    def take_request(self) -> bytes:
        """Return the message that is there, and wait for the next one from now on."""
        message = self.request.result()
        if message[:1] == TERMINATE:
            raise ConnectionResetError
        self.request = asyncio.create_task(_message(self._reader))
        return message

    async def close(self) -> None:
        """Break off."""
        self.request.cancel()
        await asyncio.wait([self.request])
        self.writer.close()


@dataclass
class TransactionPooler:
    """Listens on `port` of loopback for a database behind the Unix socket `socket`."""

    socket: str
    database: str
    connections: int = 3
    port: int = 0
    transactions: int = 0
    _free: "asyncio.Queue[Upstream]" = field(default_factory=asyncio.Queue)
    _serving: "set[asyncio.Task[None] | None]" = field(default_factory=set)

    @asynccontextmanager
    async def serve(self) -> AsyncIterator[None]:
        """Pool until the block ends, and every client has gone."""
        for _ in range(self.connections):
            self._free.put_nowait(await Upstream.open(self.socket, self.database))
        server = await asyncio.start_server(self._serve_client, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield
        finally:
            server.close()
            while self._serving:
                await asyncio.sleep(0.01)
            while not self._free.empty():
                await self._free.get_nowait().close()

    async def _serve_client(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self._serving.add(task := asyncio.current_task())
        (length,) = struct.unpack("!i", await reader.readexactly(4))
        await reader.readexactly(length - 4)
        upstream = await self._free.get()
        self._free.put_nowait(upstream)
        writer.write(upstream.greeting)
        client = Client(reader, writer)
        try:
            with suppress(asyncio.IncompleteReadError, ConnectionError):
                while True:
                    await asyncio.wait([client.request])
                    await self._transaction(client)
        finally:
            await client.close()
            self._serving.discard(task)

    async def _transaction(self, client: Client) -> None:
        request = client.take_request()
        upstream = await self._free.get()
        upstream.writer.write(request)
        answer = asyncio.create_task(upstream.answer(client.writer))
        try:
            while not answer.done():
                await asyncio.wait([client.request, answer], return_when="FIRST_COMPLETED")
                if not answer.done():
                    upstream.writer.write(client.take_request())
            upstream.writer.write(DISCARD)
            await upstream.answer()
        except BaseException:
            answer.cancel()
            await asyncio.wait([answer])
            await upstream.close()
            upstream = await Upstream.open(self.socket, self.database)
            raise
        finally:
            self.transactions += 1
            self._free.put_nowait(upstream)


async def _message(reader: asyncio.StreamReader) -> bytes:
    """Return one message of the protocol, with its kind and length."""
    head = await reader.readexactly(5)
    (length,) = struct.unpack("!i", head[1:])
    return head + await reader.readexactly(length - 4)
