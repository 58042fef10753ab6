"""One database, SQLite or Postgres, opened from the address that people paste.

Each of `Database.read` and `Database.write` is one transaction: a function of a connection. Their
block forms `reading` and `writing` are for what is no part of a turn: on SQLite they change
threads for every statement. A database that does not answer becomes `DatabaseUnavailable` here and
nowhere else.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, nullcontext
from datetime import timedelta
from typing import Any, Self, TypeVar

import asyncpg
import orjson
from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from tenacity import (
    AsyncRetrying,
    retry_if_exception_type,
    stop_after_delay,
    wait_exponential_jitter,
)

from townhall.db.places import Places
from townhall.db.sqlite import on_thread, sqlite_engine
from townhall.errors import DatabaseUnavailable
from townhall.settings import Settings

POOL_SIZE = 10  # connections; a turn holds none while its model thinks
POOL_TIMEOUT = timedelta(seconds=2.5)  # a request is refused within 3 s; SQLAlchemy's own is 30
PERSISTENCE = timedelta(seconds=10)  # how long a database may restart without a loss
STATEMENT_TIMEOUT = timedelta(seconds=10)  # for a Postgres that takes connections and then hangs
# Classes of SQLSTATE that say "not now": connection, deadlock or serialization, out of resources
# (disk, memory, connections), intervention (shutting down), system error. 28, 3D and 42P01 are a
# database that does not let us in, is gone or is empty, as SQLite says it. The rest are mistakes.
PASSING = ("08", "28", "3D", "40", "42P01", "53", "57", "58")
# What poolers and hosted Postgres add to their addresses and we do not need.
NEEDLESS_PARAMETERS = (
    *("pgbouncer", "channel_binding", "connection_limit", "pool_timeout", "connect_timeout"),
    *("application_name", "supa", "keepalives", "keepalives_idle", "gssencmode"),
)
PARAMETERS = {"host", "port", "ssl", "target_session_attrs"}

T = TypeVar("T")
Work = Callable[[AsyncConnection], Awaitable[T]]


class Database:
    """An open database."""

    def __init__(self, engine: AsyncEngine) -> None:
        self.engine = engine
        self.is_sqlite = engine.dialect.name == "sqlite"
        # SQLite has one writer; waiting here is fair and free, waiting in SQLite is neither.
        self._writer = asyncio.Lock() if self.is_sqlite else nullcontext()
        # A file does not hang; after a process was killed it may be busy with its recovery.
        self._connect_seconds = None if self.is_sqlite else POOL_TIMEOUT.total_seconds()
        self._places = Places(
            POOL_SIZE,
            still_seconds=POOL_TIMEOUT.total_seconds(),
            most_seconds=PERSISTENCE.total_seconds(),
        )
        self._partings: set[asyncio.Task[None]] = set()
        self._transactions: set[asyncio.Task[Any]] = set()

    @classmethod
    def open(cls, url: URL) -> Self:
        """Open the database at `url` (see `database_url`); nothing is sent before first use."""
        if url.get_backend_name() == "sqlite":
            return cls(sqlite_engine(url, POOL_SIZE, POOL_TIMEOUT))
        return cls(_postgres_engine(url))

    async def close(self) -> None:
        """Close every connection, after the transactions that are under way."""
        await asyncio.gather(*self._partings)
        await asyncio.gather(*self._transactions, return_exceptions=True)
        await self.engine.dispose()

    async def read(self, work: Work[T]) -> T:
        """Return the result of `work`, which sees one snapshot. DatabaseUnavailable if it cannot.

        `work` waits for nothing but its connection.
        """
        return await self._transact(work, is_writing=False)

    async def write(self, work: Work[T]) -> T:
        """Do `work` as `read` does and commit it; nothing is saved if it raises."""
        return await self._transact(work, is_writing=True)

    async def persist(self, work: Work[T]) -> T:
        """Do `work` in a transaction that must not be lost: for up to 10 s again and again.

        Only for work that may be done twice, because an unanswered commit may have succeeded:
        it has a natural unique key and reads back what is there. DatabaseUnavailable at the end.
        """
        async for attempt in AsyncRetrying(
            retry=retry_if_exception_type(DatabaseUnavailable),
            wait=wait_exponential_jitter(multiplier=0.05, max=1),
            stop=stop_after_delay(PERSISTENCE),
            reraise=True,
        ):
            with attempt:
                result = await self.write(work)
        return result

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncConnection]:
        """Give a connection in a transaction for a block: as `read`, but slower on SQLite."""
        async with self._prepared(is_writing=False) as connection, connection.begin():
            yield connection

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[AsyncConnection]:
        """Give a connection for a block as `reading` does, committed at the end."""
        async with self._prepared(is_writing=True) as connection, connection.begin():
            yield connection

    async def _transact(self, work: Work[T], *, is_writing: bool) -> T:
        if not self.is_sqlite:
            async with self._prepared(is_writing=is_writing) as connection:
                return await _in_transaction(connection, work)
        # A thread at work cannot be cancelled: whoever waited for it may go, it ends.
        task = asyncio.create_task(self._transact_on_thread(work, is_writing=is_writing))
        self._transactions.add(task)
        task.add_done_callback(self._forget)
        return await asyncio.shield(task)

    async def _transact_on_thread(self, work: Work[T], *, is_writing: bool) -> T:
        async with self._prepared(is_writing=is_writing) as connection:
            return await on_thread(connection, _in_transaction(connection, work))

    def _forget(self, task: asyncio.Task[Any]) -> None:
        self._transactions.discard(task)
        if not task.cancelled():
            task.exception()  # whoever waited for it may be gone

    @asynccontextmanager
    async def _prepared(self, *, is_writing: bool) -> AsyncIterator[AsyncConnection]:
        writer = self._writer if is_writing else nullcontext()
        with _translated_errors():
            async with writer, self._connected() as connection:
                await connection.execution_options(townhall_writing=is_writing)
                yield connection

    @asynccontextmanager
    async def _connected(self) -> AsyncIterator[AsyncConnection]:
        async with self._places.taken(), self._connection() as connection:
            yield connection

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[AsyncConnection]:
        # The pool's own timeout is for a free place in it, not for a server that hangs. To part
        # with such a server takes SQLAlchemy two seconds more: nobody waits for that.
        connecting = asyncio.ensure_future(self.engine.connect().start())
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


async def _in_transaction(connection: AsyncConnection, work: Work[T]) -> T:
    async with connection.begin():
        return await work(connection)


@contextmanager
def _translated_errors() -> Iterator[None]:
    try:
        yield
    except (OperationalError, InterfaceError, PoolTimeoutError, *_CANNOT_CONNECT) as error:
        raise DatabaseUnavailable("The database does not answer; try again soon.") from error
    except DBAPIError as error:
        state = getattr(error.orig, "sqlstate", None) or ""
        if not error.connection_invalidated and not state.startswith(PASSING):
            raise
        raise DatabaseUnavailable("The database does not answer; try again soon.") from error


# asyncpg's own errors come unwrapped from connecting only; a time-out is an OSError.
_CANNOT_CONNECT = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError)


def database_url(settings: Settings) -> URL:
    """Return the address with the driver we use, whatever form the deployer pasted.

    `postgres://`, `postgresql://` (with libpq's `sslmode`) and `sqlite:///file` are understood;
    without a setting it is `townhall.db` in the data directory. ValueError for anything else.
    """
    if settings.database_url is None:
        return URL.create("sqlite+aiosqlite", database=str(settings.data / "townhall.db"))
    try:
        url = make_url(settings.database_url.get_secret_value().strip())
    except (ArgumentError, ValueError):
        # The error's own text may hold a part of the password.
        raise ValueError("DATABASE_URL is not an address such as postgresql://...") from None
    backend = url.get_backend_name()
    if backend == "sqlite":
        if url.database in (None, "", ":memory:"):
            raise ValueError("DATABASE_URL must name a file, as in sqlite:///townhall.db")
        return url.set(drivername="sqlite+aiosqlite")
    if backend in ("postgres", "postgresql"):
        return _postgres_url(url)
    raise ValueError(
        "DATABASE_URL must begin with postgres://, postgresql:// or sqlite:///, "
        f"not with {url.drivername}://"
    )


def _postgres_url(url: URL) -> URL:
    sslmode = url.query.get("sslmode")
    url = url.difference_update_query(("sslmode", *NEEDLESS_PARAMETERS))
    if sslmode:
        url = url.update_query_dict({"ssl": sslmode if isinstance(sslmode, str) else "require"})
    unknown = ", ".join(sorted(url.query.keys() - PARAMETERS))
    if unknown:
        raise ValueError(f"DATABASE_URL has parameters that are not understood: {unknown}")
    return url.set(drivername="postgresql+asyncpg")


def _postgres_engine(url: URL) -> AsyncEngine:
    return create_async_engine(
        url,
        pool_size=POOL_SIZE,
        max_overflow=0,
        pool_timeout=POOL_TIMEOUT.total_seconds(),
        pool_pre_ping=True,
        json_serializer=lambda value: orjson.dumps(value).decode(),
        json_deserializer=orjson.loads,
        # A transaction pooler gives each transaction another server connection: no statement
        # may be kept by name (asyncpg's cache) or by SQLAlchemy (its own).
        connect_args={
            "statement_cache_size": 0,
            "prepared_statement_cache_size": 0,
            "timeout": POOL_TIMEOUT.total_seconds(),
            "command_timeout": STATEMENT_TIMEOUT.total_seconds(),
        },
    )
