"""SQLite as we open it: durable, patient with other processes, never in the event loop's way.

A statement takes microseconds and a change of threads many, so a whole transaction is done in one
visit to a thread (`transact`), by SQLAlchemy's own connection for threads.
"""

import asyncio
import sqlite3
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, nullcontext
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar, cast

import orjson
from sqlalchemy import URL, Connection, Engine, PoolResetState, create_engine, event

from townhall.db.places import Places
from townhall.db.threads import BlockConnection, ThreadConnection

BUSY_TIMEOUT = timedelta(seconds=10)  # how long SQLite waits for another process's write
TRY_SECONDS = 0.0005  # until it is tried again to be the one process that writes
MOST_TOGETHER = 64  # transactions in one commit
WAL_TRIES = 10  # each waits for up to the busy timeout

_BUSY_MILLISECONDS = int(BUSY_TIMEOUT.total_seconds() * 1000)

T = TypeVar("T")
Work = Callable[[ThreadConnection], Coroutine[Any, Any, T]]


@dataclass(frozen=True)
class Failure:
    """A transaction that failed, among others that did not."""

    error: Exception


class Sqlite:
    """A file, and the threads that work on it.

    One of them writes at a time, and what waits to be written meanwhile is committed together: a
    commit waits for the disk and costs more than the statements of a transaction.
    """

    # What comes unwrapped from the statements that go around SQLAlchemy.
    driver_errors = (sqlite3.OperationalError,)

    def __init__(self, url: URL, pool_size: int, pool_timeout: timedelta, places: Places) -> None:
        self.engine = _engine(url, pool_size, pool_timeout)
        self._threads = ThreadPoolExecutor(pool_size, thread_name_prefix="sqlite")
        self._places = places
        # SQLite has one writer; waiting here is fair and free, waiting in SQLite is neither.
        self._writer = asyncio.Lock()
        self._unwritten: list[tuple[Work[Any], asyncio.Future[Any]]] = []
        self._writing: asyncio.Task[None] | None = None
        self._reading: set[asyncio.Future[Any]] = set()

    async def close(self) -> None:
        """Close every connection, after the transactions that are under way."""
        if self._writing is not None:
            await self._writing
        await asyncio.gather(*self._reading, return_exceptions=True)
        self._threads.shutdown()
        self.engine.dispose()

    async def transact(self, work: Work[T], *, is_writing: bool) -> T:
        """Do `work`, which waits for nothing but its connection, in a transaction on a thread."""
        result = self._write(work) if is_writing else await self._read(work)
        # A thread at work cannot be stopped: whoever waits for it may go, it ends.
        return await asyncio.shield(result)

    async def _read(self, work: Work[T]) -> "asyncio.Future[T]":
        await self._places.take()
        reading = asyncio.get_running_loop().run_in_executor(
            self._threads, _read, self.engine, work
        )
        self._reading.add(reading)
        reading.add_done_callback(self._leave)
        return reading

    def _leave(self, reading: "asyncio.Future[Any]") -> None:
        self._reading.discard(reading)
        self._places.leave(has_succeeded=reading.exception() is None)

    def _write(self, work: Work[T]) -> "asyncio.Future[T]":
        written: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._unwritten.append((work, written))
        if self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._write_all())
        return written

    async def _write_all(self) -> None:
        while self._unwritten:
            async with self._writer:
                batch, self._unwritten = (
                    self._unwritten[:MOST_TOGETHER],
                    self._unwritten[MOST_TOGETHER:],
                )
                outcomes = await self._write_together([work for work, _ in batch])
            for (_, written), outcome in zip(batch, outcomes, strict=True):
                if isinstance(outcome, Failure):
                    written.set_exception(outcome.error)
                else:
                    written.set_result(outcome)

    async def _write_together(self, works: list[Work[Any]]) -> list[Any]:
        try:
            async with self._places.taken():
                return await asyncio.get_running_loop().run_in_executor(
                    self._threads, _write, self.engine, works
                )
        except Exception as error:  # noqa: BLE001  # each of the works raises it
            return [Failure(error)] * len(works)

    @asynccontextmanager
    async def block(self, *, is_writing: bool) -> AsyncIterator[ThreadConnection]:
        """Give a connection in a transaction, each of whose statements visits a thread."""
        async with self._writer if is_writing else nullcontext(), self._places.taken():
            connection = BlockConnection(self.engine, self._threads)
            try:
                await connection.begin(_begin_writing if is_writing else _begin_reading)
                yield connection
            except BaseException:
                await asyncio.shield(connection.end(is_good=False))
                raise
            await asyncio.shield(connection.end(is_good=True))


def _read(engine: Engine, work: Work[T]) -> T:
    with engine.begin() as connection:
        _begin_reading(connection)
        return _finish(work(ThreadConnection(connection)))


def _write(engine: Engine, works: list[Work[Any]]) -> list[Any]:
    """Return the result of each work, or its failure: what one did is undone without the others."""
    outcomes: list[Any] = []
    with engine.begin() as connection:
        driver = _begin_writing(connection)
        for work in works:
            driver.execute("SAVEPOINT work")
            try:
                outcomes.append(_finish(work(ThreadConnection(connection))))
            except Exception as error:
                if not driver.in_transaction:  # on a full disk SQLite gives up all of it
                    raise
                driver.execute("ROLLBACK TO work")
                outcomes.append(Failure(error))
            driver.execute("RELEASE work")
    return outcomes


def _finish(transaction: Coroutine[Any, Any, T]) -> T:
    try:
        transaction.send(None)
    except StopIteration as end:
        result: T = end.value
        return result
    transaction.close()
    raise RuntimeError("a transaction on SQLite waits for nothing but its connection")


def _engine(url: URL, pool_size: int, pool_timeout: timedelta) -> Engine:
    """Return an engine for the file that `url` names; its folder is made if it is missing."""
    if url.database is not None:
        Path(url.database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(
        url,
        pool_size=pool_size,
        max_overflow=0,
        pool_reset_on_return=None,  # `_reset` below does it where there is something to reset
        pool_timeout=pool_timeout.total_seconds(),
        json_serializer=lambda value: orjson.dumps(value).decode(),
        json_deserializer=orjson.loads,
        # No BEGIN of the driver's; ours is below.
        connect_args={"isolation_level": None, "timeout": BUSY_TIMEOUT.total_seconds()},
    )
    _prepare(engine)
    return engine


def _prepare(engine: Engine) -> None:
    @event.listens_for(engine, "connect")
    def _set_pragmas(connection: sqlite3.Connection, _record: object) -> None:
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA busy_timeout = {_BUSY_MILLISECONDS}")
        _enter_wal(cursor)
        cursor.execute("PRAGMA synchronous = FULL")
        cursor.execute("PRAGMA foreign_keys = ON")
        # What is deleted is overwritten, not only forgotten; builds of SQLite differ in this.
        cursor.execute("PRAGMA secure_delete = ON")
        cursor.close()

    @event.listens_for(engine, "reset")
    def _reset(connection: Any, _record: object, state: PoolResetState) -> None:
        if not state.terminate_only and connection.in_transaction:
            connection.rollback()


# Our own BEGIN, because the driver's is deferred and loses updates. Not at SQLAlchemy's event: an
# engine with any asks for all of them at each statement, a tenth of its time.
def _begin_reading(connection: Connection) -> None:
    _driver(connection).execute("BEGIN")


def _begin_writing(connection: Connection) -> sqlite3.Connection:
    driver = _driver(connection)
    # SQLite's own waiting sleeps for up to a tenth of a second, while other processes write again
    # and again: two of them were hardly faster than one.
    ends_at = time.monotonic() + BUSY_TIMEOUT.total_seconds()
    driver.execute("PRAGMA busy_timeout = 0")
    try:
        while True:
            try:
                driver.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError as error:
                is_busy = error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY
                if not is_busy or time.monotonic() > ends_at:
                    raise
            else:
                return driver
            time.sleep(TRY_SECONDS)
    finally:
        driver.execute(f"PRAGMA busy_timeout = {_BUSY_MILLISECONDS}")


def _driver(connection: Connection) -> sqlite3.Connection:
    driver: Any = connection.connection.driver_connection
    return cast(sqlite3.Connection, driver)


def _enter_wal(cursor: sqlite3.Cursor) -> None:
    # Of processes that open a new file together one makes the switch, and SQLite lets the others
    # fail at once. It does let them wait for a transaction.
    for _ in range(WAL_TRIES):
        try:
            cursor.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError:
            cursor.execute("BEGIN IMMEDIATE")
            cursor.execute("COMMIT")
        else:
            return
    cursor.execute("PRAGMA journal_mode = WAL")
