"""A connection of SQLAlchemy's for threads, used as its AsyncConnection is.

What a transaction is written against is the same on SQLite and on Postgres.
"""

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine

T = TypeVar("T")


class ThreadConnection:
    """What transactions use of SQLAlchemy's AsyncConnection, on a connection for threads."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    @property
    def dialect(self) -> Any:
        """The dialect, for statements that differ."""
        return self._connection.dialect

    async def execute(self, statement: Any, parameters: Any = None) -> Any:
        """Return the result of a statement, all of it fetched: it may outlive the transaction."""

        def execute() -> Any:
            result = self._connection.execute(statement, parameters)
            return result.freeze()() if result.returns_rows else result

        return await self._do(execute)

    async def scalar(self, statement: Any, parameters: Any = None) -> Any:
        """Return the first column of the first row, or None."""
        return await self._do(lambda: self._connection.scalar(statement, parameters))

    async def scalars(self, statement: Any, parameters: Any = None) -> Any:
        """Return the first column of all rows."""
        return (await self.execute(statement, parameters)).scalars()

    async def run_sync(self, work: Callable[[Connection], T]) -> T:
        """Return what `work` makes of the connection for threads."""
        return await self._do(lambda: work(self._connection))

    async def _do(self, call: Callable[[], T]) -> T:
        return call()


class BlockConnection(ThreadConnection):
    """The same for a block in which other things are waited for between the statements."""

    def __init__(self, engine: Engine, threads: ThreadPoolExecutor) -> None:
        self._engine = engine
        self._threads = threads
        # A statement whose waiter has gone is still under way: the next one comes after it.
        self._one_at_a_time = threading.Lock()
        self._is_open = False

    async def begin(self, say_begin: Callable[[Connection], object]) -> None:
        """Begin the transaction, by `say_begin`."""

        def begin() -> None:
            self._connection = self._engine.connect()
            self._is_open = True
            self._connection.begin()
            say_begin(self._connection)

        await self._do(begin)

    async def end(self, *, is_good: bool) -> None:
        """Commit it, or roll it back, and give the connection back."""

        def end() -> None:
            if not self._is_open:
                return
            with self._connection:
                if is_good:
                    self._connection.commit()

        await self._do(end)

    async def rollback(self) -> None:
        """Undo what was done in the block, which ends after that."""
        await self._do(lambda: self._connection.rollback())

    async def _do(self, call: Callable[[], T]) -> T:
        def call_alone() -> T:
            with self._one_at_a_time:
                return call()

        return await asyncio.get_running_loop().run_in_executor(self._threads, call_alone)
