"""Runs turns. A turn belongs to the process, not to the request that brought it."""

import asyncio
from collections.abc import Awaitable, Iterable
from datetime import datetime
from typing import Any

from townhall.access import Caller
from townhall.errors import ShuttingDown, TownHallError
from townhall.telemetry.logs import get_logger
from townhall.turns.admission import AcceptedTurn, Message, admit, new_turn_id
from townhall.turns.cancelling import request_cancel
from townhall.turns.leases import ClaimedTurn
from townhall.turns.run import TurnRun
from townhall.turns.sessions import TurnStatus
from townhall.turns.workplace import Workplace

SAVE_SECONDS = 4.0  # for the ends of interrupted turns; then the process ends without them

logger = get_logger("townhall.turns")


class TurnRunner:
    """Accepts messages and answers them, one turn of a session after another."""

    def __init__(self, workplace: Workplace) -> None:
        self._at = workplace
        self._sessions: dict[int, asyncio.Task[None]] = {}
        self._again: set[int] = set()
        self._waiting: set[int] = set()
        self._admitting: dict[str, asyncio.Task[AcceptedTurn]] = {}
        self._claims: dict[int, ClaimedTurn] = {}
        self._draining: asyncio.Task[None] | None = None
        self.running: dict[str, TurnRun] = {}

    async def accept(
        self,
        caller: Caller,
        message: Message,
        *,
        idempotency_key: str | None = None,
        session_must_exist: bool = False,
        sent_at: datetime | None = None,
    ) -> AcceptedTurn:
        """Accept a message as `admit` does and see to it that it is answered.

        `sent_at` is when the resident wrote it; without it the desk's clock says. ShuttingDown if
        the process is about to end.
        """
        if self._draining is not None:
            raise ShuttingDown("Send the message again in a few seconds.", retry_after=2)
        turn_id = new_turn_id()
        admission = admit(
            self._at.database,
            caller,
            message,
            sent_at or self._at.clock(),
            turn_id=turn_id,
            worker=self._at.leases.worker,
            idempotency_key=idempotency_key,
            session_must_exist=session_must_exist,
        )
        # From its commit on the turn is this process's to run, whether or not the client still is
        # there to hear of it.
        accepting = self._admitting[turn_id] = asyncio.create_task(self._take(admission))
        accepting.add_done_callback(lambda _: self._admitting.pop(turn_id))
        return await asyncio.shield(accepting)

    async def _take(self, admission: Awaitable[AcceptedTurn]) -> AcceptedTurn:
        turn = await admission
        if turn.is_new:
            self._at.log.expect(turn.id)
        if turn.claim is not None:
            self._claims[turn.session_key] = turn.claim
        self.wake(turn.session_key)
        return turn

    async def cancel(self, turn_id: str) -> TurnStatus:
        """Stop a turn, whichever process runs it, and return its status as it is now.

        The caller's right to do so has been checked before. To cancel twice, or a turn that has
        ended, changes nothing.
        """
        # At once if it runs here, and again if it began to meanwhile.
        self.cancel_running([turn_id])
        status = await request_cancel(self._at.database, turn_id)
        self.cancel_running([turn_id])
        return status

    def cancel_running(self, turn_ids: Iterable[str]) -> None:
        """Stop those of the turns that run in this process."""
        for turn_id in turn_ids:
            run = self.running.get(turn_id)
            if run is not None:
                run.cancel()

    def wake_waiting(self) -> None:
        """Try again to run the sessions that the database's absence brought to a halt."""
        waiting, self._waiting = self._waiting, set()
        for session_key in waiting:
            self.wake(session_key)

    def wake(self, session_key: int) -> None:
        """Run what waits in the session, if it is not being run already."""
        if self._draining is not None and session_key not in self._claims:
            return
        self._again.add(session_key)
        if session_key not in self._sessions:
            task = self._sessions[session_key] = asyncio.create_task(self._run_session(session_key))
            task.add_done_callback(_report_bug)

    def begin_drain(self, patience_seconds: float) -> None:
        """Take no more work, let what runs finish for that long, give back what is left.

        What is given back ends here as `turn.interrupted` and is run again by the next process.
        """
        if self._draining is None:
            self._draining = asyncio.create_task(self._drain(patience_seconds))

    async def drained(self) -> None:
        """Return when nothing runs any more, after `begin_drain`."""
        if self._draining is not None:
            await self._draining

    async def _drain(self, patience_seconds: float) -> None:
        logger.info("draining", turns=len(self.running), seconds=patience_seconds)
        if tasks := self._under_way():
            await asyncio.wait(tasks, timeout=patience_seconds)
        ends_at = asyncio.get_running_loop().time() + SAVE_SECONDS
        # Again and again: a turn whose claim was under way begins to run only now.
        while (tasks := self._under_way()) and asyncio.get_running_loop().time() < ends_at:
            for run in self.running.values():
                run.interrupt()
            await asyncio.wait(tasks, timeout=0.1)
        self._claims.clear()
        for task in self._sessions.values():
            task.cancel()
        await asyncio.gather(*self._sessions.values(), return_exceptions=True)
        self._at.log.dismiss_viewers()

    def _under_way(self) -> list[asyncio.Task[Any]]:
        return [*self._admitting.values(), *self._sessions.values()]

    async def _run_session(self, session_key: int) -> None:
        try:
            while session_key in self._again:
                self._again.discard(session_key)
                has_more = True
                while has_more:
                    turn = await self._claim(session_key)
                    if turn is None:
                        break
                    run = self.running[turn.id] = TurnRun(self._at, turn)
                    try:
                        has_more = await run.execute()
                    finally:
                        del self.running[turn.id]
        except TownHallError as error:
            # The database is away: the turn stays as it is, and recovery comes back to it.
            logger.warning("session waits", code=error.code)
            self._waiting.add(session_key)
        finally:
            self._again.discard(session_key)
            del self._sessions[session_key]
            if session_key in self._claims:
                self.wake(session_key)

    async def _claim(self, session_key: int) -> ClaimedTurn | None:
        claim = self._claims.pop(session_key, None)
        if claim is not None or self._draining is not None:
            return claim
        return await self._at.leases.claim_next(session_key, self._admitting)


def _report_bug(task: asyncio.Task[None]) -> None:
    # The turn keeps its lease until it runs out, then it is run again.
    if not task.cancelled() and (error := task.exception()) is not None:
        logger.error("session task failed", exc_info=error)
