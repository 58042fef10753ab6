"""SQLite as we open it: durable, patient with other processes, and each connection on its thread.

A statement takes microseconds and a change of threads many, so a whole transaction is done in one
visit to the connection's thread (`on_thread`).
"""

import sqlite3
import threading
from collections.abc import Callable, Coroutine
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import aiosqlite
import orjson
from sqlalchemy import URL, Engine, PoolResetState, event
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

BUSY_TIMEOUT = timedelta(seconds=10)  # how long SQLite waits for another process's write
WAL_TRIES = 10  # each waits for up to the busy timeout

T = TypeVar("T")


class _Connection(aiosqlite.Connection):
    """aiosqlite's connection; what its own thread asks for is done at once, not sent there."""

    async def run(self, function: Callable[[], T]) -> T:
        """Return the result of `function`, called on the connection's thread."""
        result: T = await self._execute(function)
        return result

    async def _execute(self, fn: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        if threading.current_thread() is self._thread:
            return fn(*args, **kwargs)
        return await super()._execute(fn, *args, **kwargs)  # type: ignore[no-untyped-call]


async def on_thread(connection: AsyncConnection, transaction: Coroutine[Any, Any, T]) -> T:
    """Run `transaction`, which waits for nothing but `connection`, on the connection's thread."""
    driver: Any = (await connection.get_raw_connection()).driver_connection
    assert isinstance(driver, _Connection)  # noqa: S101  # `sqlite_engine` makes no other
    return await driver.run(partial(_finish, transaction))


def _finish(transaction: Coroutine[Any, Any, T]) -> T:
    try:
        transaction.send(None)
    except StopIteration as end:
        result: T = end.value
        return result
    transaction.close()
    raise RuntimeError("a transaction on SQLite waits for nothing but its connection")


def sqlite_engine(url: URL, pool_size: int, pool_timeout: timedelta) -> AsyncEngine:
    """Return an engine for the file that `url` names; its folder is made if it is missing."""
    if url.database is not None:
        Path(url.database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_async_engine(
        url,
        pool_size=pool_size,
        max_overflow=0,
        pool_reset_on_return=None,  # `_reset` below does it where there is something to reset
        pool_timeout=pool_timeout.total_seconds(),
        json_serializer=lambda value: orjson.dumps(value).decode(),
        json_deserializer=orjson.loads,
        connect_args={
            # Our own BEGIN below: the driver's implicit one is deferred and loses updates.
            "isolation_level": None,
            "timeout": BUSY_TIMEOUT.total_seconds(),
            "async_creator_fn": _connect,
        },
    )
    _prepare(engine.sync_engine)
    return engine


def _connect(*address: Any, **options: Any) -> _Connection:
    connection = _Connection(partial(sqlite3.connect, *address, **options), iter_chunk_size=64)
    connection._thread.daemon = True  # noqa: SLF001  # as SQLAlchemy does for its own
    return connection


def _prepare(engine: Engine) -> None:
    @event.listens_for(engine, "connect")
    def _set_pragmas(connection: sqlite3.Connection, _record: object) -> None:
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA busy_timeout = {int(BUSY_TIMEOUT.total_seconds() * 1000)}")
        _enter_wal(cursor)
        cursor.execute("PRAGMA synchronous = FULL")
        cursor.execute("PRAGMA foreign_keys = ON")
        # What is deleted is overwritten, not only forgotten; builds of SQLite differ in this.
        cursor.execute("PRAGMA secure_delete = ON")
        cursor.close()

    @event.listens_for(engine, "reset")
    def _reset(connection: Any, _record: object, state: PoolResetState) -> None:
        if not state.terminate_only and connection.driver_connection.in_transaction:
            connection.rollback()

    @event.listens_for(engine, "begin")
    def _begin(connection: Any) -> None:
        writing = connection.get_execution_options().get("townhall_writing", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")


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
