"""One database, SQLite or Postgres, opened from the address that people paste.

Each of `Database.read` and `Database.write` is one transaction: a function of a connection. Their
block forms `reading` and `writing` are for what is no part of a turn: on SQLite they change
threads for every statement. A database that does not answer becomes `DatabaseUnavailable` here and
nowhere else.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Self, TypeVar

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from tenacity import (
    AsyncRetrying,
    retry_if_exception_type,
    stop_after_delay,
    wait_exponential_jitter,
)

from townhall.db.places import Places
from townhall.db.sqlite import Sqlite
from townhall.errors import DatabaseUnavailable
from townhall.settings import Settings

if TYPE_CHECKING:  # a third of a second to import, which SQLite does not need
    from sqlalchemy.ext.asyncio import AsyncConnection

    from townhall.db.postgres import Postgres

POOL_SIZE = 10  # connections; a turn holds none while its model thinks
POOL_TIMEOUT = timedelta(seconds=2.5)  # a request is refused within 3 s; SQLAlchemy's own is 30
PERSISTENCE = timedelta(seconds=10)  # how long a database may restart without a loss
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
Work = Callable[["AsyncConnection"], Awaitable[T]]


class Database:
    """An open database."""

    def __init__(self, backend: "Sqlite | Postgres") -> None:
        self._backend: Any = backend
        self.engine = backend.engine
        self.is_sqlite = isinstance(backend, Sqlite)

    @classmethod
    def open(cls, url: URL) -> Self:
        """Open the database at `url` (see `database_url`); nothing is sent before first use."""
        places = Places(
            POOL_SIZE,
            still_seconds=POOL_TIMEOUT.total_seconds(),
            most_seconds=PERSISTENCE.total_seconds(),
        )
        if url.get_backend_name() == "sqlite":
            return cls(Sqlite(url, POOL_SIZE, POOL_TIMEOUT, places))
        from townhall.db.postgres import Postgres

        return cls(Postgres(url, POOL_SIZE, POOL_TIMEOUT, places))

    async def close(self) -> None:
        """Close every connection, after the transactions that are under way."""
        await self._backend.close()

    async def read(self, work: Work[T]) -> T:
        """Return the result of `work`, which sees one snapshot. DatabaseUnavailable if it cannot.

        `work` waits for nothing but its connection.
        """
        with self._translated_errors():
            result: T = await self._backend.transact(work, is_writing=False)
            return result

    async def write(self, work: Work[T]) -> T:
        """Do `work` as `read` does and commit it; nothing is saved if it raises."""
        with self._translated_errors():
            result: T = await self._backend.transact(work, is_writing=True)
            return result

    async def persist(self, work: Work[T]) -> T:
        """Do `work` in a transaction that must not be lost: for up to 10 s again and again.

        Only for work that may be done twice, because an unanswered commit may have succeeded:
        it has a natural unique key and reads back what is there. DatabaseUnavailable at the end.
        """
        try:
            return await self.write(work)
        except DatabaseUnavailable:
            return await _again_and_again(self.write, work)

    @asynccontextmanager
    async def reading(self) -> "AsyncIterator[AsyncConnection]":
        """Give a connection in a transaction for a block: as `read`, but slower on SQLite."""
        with self._translated_errors():
            async with self._backend.block(is_writing=False) as connection:
                yield connection

    @asynccontextmanager
    async def writing(self) -> "AsyncIterator[AsyncConnection]":
        """Give a connection for a block as `reading` does, committed at the end."""
        with self._translated_errors():
            async with self._backend.block(is_writing=True) as connection:
                yield connection

    @contextmanager
    def _translated_errors(self) -> Iterator[None]:
        try:
            yield
        except (
            *(OperationalError, InterfaceError, PoolTimeoutError, OSError),
            *self._backend.driver_errors,
        ) as error:
            raise DatabaseUnavailable("The database does not answer; try again soon.") from error
        except DBAPIError as error:
            state = getattr(error.orig, "sqlstate", None) or ""
            if not error.connection_invalidated and not state.startswith(PASSING):
                raise
            raise DatabaseUnavailable("The database does not answer; try again soon.") from error


_again_and_again = AsyncRetrying(
    retry=retry_if_exception_type(DatabaseUnavailable),
    wait=wait_exponential_jitter(multiplier=0.05, max=1),
    stop=stop_after_delay(PERSISTENCE),
    reraise=True,
)


def database_url(settings: Settings) -> URL:
    """Return the address with the driver we use, whatever form the deployer pasted.

    `postgres://`, `postgresql://` (with libpq's `sslmode`) and `sqlite:///file` are understood;
    without a setting it is `townhall.db` in the data directory. ValueError for anything else.
    """
    if settings.database_url is None:
        return URL.create("sqlite", database=str(settings.data / "townhall.db"))
    try:
        url = make_url(settings.database_url.get_secret_value().strip())
    except (ArgumentError, ValueError):
        # The error's own text may hold a part of the password.
        raise ValueError("DATABASE_URL is not an address such as postgresql://...") from None
    backend = url.get_backend_name()
    if backend == "sqlite":
        if url.database in (None, "", ":memory:"):
            raise ValueError("DATABASE_URL must name a file, as in sqlite:///townhall.db")
        return url.set(drivername="sqlite")
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
