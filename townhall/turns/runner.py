"""Runs turns. A turn belongs to the process, not to the request that brought it.

Read `TurnRunner._run` for the story of one turn: told, answered, saved, ended.
"""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import structlog
from agents import RunResultStreaming
from agents.tracing import gen_trace_id

from townhall.access import Caller
from townhall.assistant.context import TurnContext
from townhall.assistant.desk import Desk
from townhall.assistant.models import provider_error
from townhall.db.engine import Database
from townhall.errors import InternalError, Problem, TownHallError, TurnTooLong
from townhall.events import (
    TextDelta,
    TurnCompleted,
    TurnEnd,
    TurnFailed,
    TurnInterrupted,
    TurnRestarted,
    TurnStarted,
)
from townhall.records.filing import Filer, Filing, TurnLost
from townhall.telemetry.logs import get_logger
from townhall.telemetry.traces import TraceKeeper
from townhall.town import Town
from townhall.turns.admission import AcceptedTurn, Message, admit
from townhall.turns.history import Items, load_history, neutral_items
from townhall.turns.leases import ClaimedTurn, Leases, TurnResult
from townhall.turns.log import EventLog, TurnLog
from townhall.turns.stream import turn_events

TURN_SECONDS = 120.0
GAP_SECONDS = 20.0  # of silence, before the first event or between two

logger = get_logger("townhall.turns")


@dataclass
class Run:
    """One run of a turn, as far as it has come."""

    turn: ClaimedTurn
    log: TurnLog
    trace_id: str
    began: float = field(default_factory=time.monotonic)
    reply: str = ""
    result: RunResultStreaming | None = None

    def say(self, event: TextDelta) -> None:
        """Add to the reply."""
        self.reply += event.text


class TurnRunner:
    """Accepts messages and answers them, one turn of a session after another."""

    def __init__(
        self,
        database: Database,
        log: EventLog,
        desk: Desk,
        town: Town,
        traces: TraceKeeper,
        leases: Leases,
        clock: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._log = log
        self._desk = desk
        self._town = town
        self._traces = traces
        self._leases = leases
        self._clock = clock
        self._filing = Filing(database)
        self._sessions: dict[int, asyncio.Task[None]] = {}
        self._again: set[int] = set()
        self.running: dict[str, Run] = {}

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

        `sent_at` is when the resident wrote it; without it the desk's clock says.
        """
        turn = await admit(
            self._database,
            caller,
            message,
            sent_at or self._clock(),
            idempotency_key=idempotency_key,
            session_must_exist=session_must_exist,
        )
        self.wake(turn.session_key)
        return turn

    def wake(self, session_key: int) -> None:
        """Run what waits in the session, if it is not being run already."""
        self._again.add(session_key)
        if session_key not in self._sessions:
            self._sessions[session_key] = asyncio.create_task(self._run_session(session_key))

    async def stop(self, patience_seconds: float) -> None:
        """Let the running turns finish for that long, then give the rest back to be run again."""
        tasks = list(self._sessions.values())
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=patience_seconds)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    async def _run_session(self, session_key: int) -> None:
        try:
            while session_key in self._again:
                self._again.discard(session_key)
                while (turn := await self._leases.claim_next(session_key)) is not None:
                    await self._run(turn)
        except TownHallError as error:
            # The database is away: the turn stays as it is and recovery comes back to it.
            logger.warning("session waits", code=error.code)
        finally:
            del self._sessions[session_key]

    async def _run(self, turn: ClaimedTurn) -> None:
        run = Run(turn, self._log.open(turn.id, turn.attempt), gen_trace_id())
        self.running[turn.id] = run
        try:
            with (
                self._traces.keep(run.trace_id) as trace,
                structlog.contextvars.bound_contextvars(
                    session_id=turn.session_id, turn_id=turn.id, trace_id=run.trace_id
                ),
            ):
                end = await self._answer(run)
                await self._save(run, end, trace)
        except TurnLost:
            logger.warning("turn lost", turn_id=turn.id, attempt=turn.attempt)
        finally:
            del self.running[turn.id]
            self._log.close(run.log)

    async def _answer(self, run: Run) -> TurnEnd:
        """Answer the turn's message, whatever happens, and return how it ended."""
        try:
            async with asyncio.timeout(TURN_SECONDS) as whole:
                await self._converse(run)
        except asyncio.CancelledError:
            return TurnInterrupted(text=run.reply)
        except TurnLost:
            raise
        except TownHallError as error:
            return self._failure(run, error)
        except Exception as error:  # noqa: BLE001  # the end of a turn: every failure has a name here
            if whole.expired():
                return self._failure(run, TurnTooLong("The answer took too long."))
            return self._failure(run, provider_error(error) or _bug(error))
        usage = run.result.context_wrapper.usage if run.result else None
        return TurnCompleted(
            text=run.reply,
            usage={
                "requests": usage.requests if usage else 0,
                "input_tokens": usage.input_tokens if usage else 0,
                "output_tokens": usage.output_tokens if usage else 0,
            },
            seconds=round(time.monotonic() - run.began, 3),
        )

    async def _converse(self, run: Run) -> None:
        turn = run.turn
        if turn.attempt > 1:
            run.log.append(TurnRestarted(attempt=turn.attempt))
        run.log.append(
            TurnStarted(
                turn_id=turn.id,
                session_id=turn.session_id,
                user_id=turn.user_id,
                attempt=turn.attempt,
                model=self._desk.model_name,
            )
        )
        # "Yesterday" means the day before the message was sent, however late it is answered.
        now = turn.created_at.astimezone(self._town.zone)
        history = await load_history(
            self._database, turn.session_key, turn.seq, self._town.zone, now
        )
        run.result = self._desk.run(
            self._context(run, history, now),
            [*history, {"role": "user", "content": turn.message}],
            trace_id=run.trace_id,
            group_id=turn.group_id,
            metadata={
                "session_id": turn.session_id,
                "user_id": turn.user_id,
                "group_id": turn.group_id,
                "message_count": str(turn.message_count),
            },
        )
        await self._tell(run, run.result)

    async def _tell(self, run: Run, result: RunResultStreaming) -> None:
        events = turn_events(result)
        try:
            while True:
                async with asyncio.timeout(GAP_SECONDS):
                    event = await anext(events)
                if isinstance(event, TextDelta):
                    run.say(event)
                run.log.append(event)
        except StopAsyncIteration:
            return
        finally:
            result.cancel()

    def _context(self, run: Run, history: Items, now: datetime) -> TurnContext:
        turn = run.turn
        said = [item["content"] for item in history if item.get("role") == "user"]
        return TurnContext(
            filer=Filer(turn.user_id, turn.session_key, turn.id, turn.attempt),
            session_id=turn.session_id,
            town=self._town,
            now=now,
            message=turn.message,
            resident_words="\n".join([*said, turn.message]),
            filing=self._filing,
            emit=run.log.append,
        )

    def _failure(self, run: Run, error: TownHallError) -> TurnFailed:
        return TurnFailed(problem=Problem.of(error, instance=run.turn.id).as_json())

    async def _save(self, run: Run, end: TurnEnd, trace: dict[str, Any]) -> None:
        await self._log.settle(run.log)
        result = TurnResult(
            status=_STATUS[end.type],
            model=self._desk.model_name,
            reply=run.reply,
            items=neutral_items(run.result.new_items, run.turn.seq) if run.result else [],
            usage=end.usage if isinstance(end, TurnCompleted) else {},
            problem=end.problem if isinstance(end, TurnFailed) else None,
            trace_id=run.trace_id,
            trace=trace,
        )
        await self._leases.finish(run.turn, result, run.log.unsaved(end))
        run.log.append(end)
        logger.info(
            "turn ended",
            status=result.status,
            attempt=run.turn.attempt,
            model=result.model,
            seconds=round(time.monotonic() - run.began, 3),
            code=end.problem["code"] if isinstance(end, TurnFailed) else None,
        )


_STATUS: dict[str, Any] = {
    "turn.completed": "completed",
    "turn.failed": "failed",
    "turn.cancelled": "cancelled",
    "turn.interrupted": "interrupted",
}


def _bug(error: Exception) -> InternalError:
    logger.error("turn failed", exc_info=error)
    return InternalError("Something went wrong on our side. Please send the message again.")
