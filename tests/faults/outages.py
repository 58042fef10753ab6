"""A Postgres that can be restarted, frozen, or cut off in the middle of a commit."""

import asyncio
import contextlib
import os
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Self

from tests.faults.worker import process_ended
from tests.postgres import PostgresServer


class FragilePostgres:
    """A server of its own, because what is done to it would disturb other tests."""

    def __init__(self, folder: Path) -> None:
        self._postgres = PostgresServer(folder)

    def __enter__(self) -> Self:
        """Start."""
        self._postgres.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop and remove."""
        self._postgres.__exit__()

    @contextmanager
    def new_database(self) -> Iterator[str]:
        """Give the address of a new database."""
        with self._postgres.new_database() as url:
            yield url

    @property
    def socket(self) -> str:
        """The path of the socket that it listens on."""
        return str(self._postgres._server.get_postmaster_info().socket_path)

    async def stop(self) -> None:
        """Stop at once, as `pg_ctl stop -m immediate` does."""
        pid = self._postgres._server.get_pid()
        assert pid is not None
        os.kill(pid, signal.SIGQUIT)
        await process_ended(pid)

    async def start(self) -> None:
        """Start again, on the same socket."""
        await asyncio.to_thread(self._postgres._server.ensure_postgres_running)

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """Let every one of its processes stand still."""
        pids = self._pids()
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            for pid in pids:
                os.kill(pid, signal.SIGCONT)

    def _pids(self) -> list[int]:
        pid = self._postgres._server.get_pid()
        assert pid is not None
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text()
        return [pid, *map(int, children.split())]


class CuttingProxy:
    """Passes everything on to `socket`; the answers to some commits never come back."""

    def __init__(self, socket: str) -> None:
        self._socket = socket
        self._cut_in = 0
        self.cuts = 0
        self.port = 0
        self._open = 0

    def cut_commit(self, number: int) -> None:
        """Break off the connection on which the `number`-th commit from now comes."""
        self._cut_in = number

    @asynccontextmanager
    async def serve(self) -> AsyncIterator[None]:
        """Listen on a free port of loopback until the block ends."""
        server = await asyncio.start_server(self._pass_on, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield
        finally:
            server.close()
            while self._open:
                await asyncio.sleep(0.01)

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open += 1
        try:
            await self._copy_until_cut(reader, writer)
        finally:
            self._open -= 1

    async def _copy_until_cut(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        to_read, to_write = await asyncio.open_unix_connection(self._socket)
        back = asyncio.create_task(_copy(to_read, writer))
        with contextlib.suppress(ConnectionError):
            while data := await reader.read(65536):
                is_cut = self._is_to_be_cut(data)
                if is_cut:
                    back.cancel()
                    await asyncio.wait([back])
                to_write.write(data)
                await to_write.drain()
                if is_cut:
                    # The server commits and answers; nobody hears it.
                    await to_read.read(1)
                    self.cuts += 1
                    break
        back.cancel()
        await asyncio.wait([back])
        to_write.transport.abort()
        writer.transport.abort()

    def _is_to_be_cut(self, data: bytes) -> bool:
        if self._cut_in and b"COMMIT" in data:
            self._cut_in -= 1
            return self._cut_in == 0
        return False


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(ConnectionError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    writer.transport.abort()
