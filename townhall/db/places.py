"""Who may have a connection now: first come, first served, for as long as anybody is served."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Literal

from townhall.errors import DatabaseUnavailable


class Places:
    """As many places as there are connections; a burst waits in line for them.

    Refused is who has waited for `still_seconds` in which nobody's work succeeded, because then
    the database hangs, and who has waited for `most_seconds` in all.
    """

    def __init__(self, number: int, *, still_seconds: float, most_seconds: float) -> None:
        self._free = asyncio.Semaphore(number)
        self._still_seconds = still_seconds
        self._most_seconds = most_seconds
        self._moved_at = 0.0

    @asynccontextmanager
    async def taken(self) -> AsyncIterator[None]:
        """Hold a place for the block; DatabaseUnavailable if there is none to be had."""
        await self.take()
        has_succeeded = False
        try:
            yield
            has_succeeded = True
        finally:
            self.leave(has_succeeded=has_succeeded)

    async def take(self) -> None:
        """Take a place, to be left later; DatabaseUnavailable if there is none to be had."""
        if self._free.locked():
            await self._wait_in_line()
        else:
            await self._free.acquire()

    def leave(self, *, has_succeeded: bool) -> None:
        """Leave the place to the next in line."""
        if has_succeeded:
            self._moved_at = asyncio.get_running_loop().time()
        self._free.release()

    async def _wait_in_line(self) -> None:
        served = asyncio.ensure_future(self._free.acquire())
        try:
            await self._while_it_moves(served)
        except BaseException:
            if not served.cancel():
                self._free.release()
            raise

    async def _while_it_moves(self, served: "asyncio.Future[Literal[True]]") -> None:
        clock = asyncio.get_running_loop().time
        came_at = clock()
        while not served.done():
            gives_up_at = min(
                max(self._moved_at, came_at) + self._still_seconds, came_at + self._most_seconds
            )
            if clock() >= gives_up_at:
                raise DatabaseUnavailable("The database is too busy; try again soon.")
            await asyncio.wait([served], timeout=gives_up_at - clock())
