"""Postgres as we open it, also behind a transaction pooler; whoever waits for it waits not long."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from typing import TypeVar

import asyncpg
import orjson
from sqlalchemy import URL
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from townhall.db.places import Places

STATEMENT_TIMEOUT = timedelta(seconds=10)  # for a Postgres that takes connections and then hangs

T = TypeVar("T")


class Postgres:
    """A server, and a pool of connections to it."""

    # The driver's own, which come unwrapped from connecting only; a time-out is an OSError.
    driver_errors = (asyncpg.PostgresError, asyncpg.InterfaceError)

    def __init__(self, url: URL, pool_size: int, pool_timeout: timedelta, places: Places) -> None:
        self._engine = _engine(url, pool_size, pool_timeout)
        self.engine = self._engine.sync_engine
        self._connect_seconds = pool_timeout.total_seconds()
        self._places = places
        self._partings: set[asyncio.Task[None]] = set()

    async def close(self) -> None:
        """Close every connection, after those that are being parted with."""
        await asyncio.gather(*self._partings)
        await self._engine.dispose()

    async def transact(
        self, work: Callable[[AsyncConnection], Awaitable[T]], *, is_writing: bool
    ) -> T:
        """Do `work` in a transaction."""
        async with self.block(is_writing=is_writing) as connection:
            return await work(connection)

    @asynccontextmanager
    async def block(self, *, is_writing: bool) -> AsyncIterator[AsyncConnection]:
        """Give a connection in a transaction; to Postgres reading and writing are the same."""
        async with (
            self._places.taken(),
            self._connected() as connection,
            connection.begin(),
        ):
            yield connection

    @asynccontextmanager
    async def _connected(self) -> AsyncIterator[AsyncConnection]:
        # The pool's own timeout is for a free place in it, not for a server that hangs. To part
        # with such a server takes SQLAlchemy two seconds more: nobody waits for that.
        connecting = asyncio.ensure_future(self._engine.connect().start())
        try:
            async with asyncio.timeout(self._connect_seconds):
                connection = await asyncio.shield(connecting)
        except BaseException:
            self._partings.add(parting := asyncio.create_task(_part(connecting)))
            parting.add_done_callback(self._partings.discard)
            raise
        async with AsyncExitStack() as open_until_the_end:
            open_until_the_end.push_async_exit(connection)
            yield connection


async def _part(connecting: "asyncio.Future[AsyncConnection]") -> None:
    """Give back a connection that comes too late, if it comes."""
    connecting.cancel()
    await asyncio.wait([connecting])
    if not connecting.cancelled() and connecting.exception() is None:
        await connecting.result().close()


def _engine(url: URL, pool_size: int, pool_timeout: timedelta) -> AsyncEngine:
    return create_async_engine(
        url,
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=pool_timeout.total_seconds(),
        pool_pre_ping=True,
        json_serializer=lambda value: orjson.dumps(value).decode(),
        json_deserializer=orjson.loads,
        # A transaction pooler gives each transaction another server connection: no statement
        # may be kept by name (asyncpg's cache) or by SQLAlchemy (its own).
        connect_args={
            "statement_cache_size": 0,
            "prepared_statement_cache_size": 0,
            "timeout": pool_timeout.total_seconds(),
            "command_timeout": STATEMENT_TIMEOUT.total_seconds(),
        },
    )
