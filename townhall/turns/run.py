"""The story of one run of one turn: told, answered, saved, ended. Read `TurnRun.execute`."""

import asyncio
import time
from datetime import datetime
from typing import Any, cast

import structlog
from agents import RunResultStreaming, UserError
from agents.tracing import gen_trace_id

from townhall.assistant.context import TurnContext
from townhall.assistant.gate import check_emergency, emergency_text
from townhall.assistant.models import provider_error
from townhall.errors import DatabaseUnavailable, InternalError, Problem, TownHallError, TurnTooLong
from townhall.events import (
    Notice,
    RecordFiled,
    TextDelta,
    TurnCancelled,
    TurnCompleted,
    TurnEnd,
    TurnEvent,
    TurnFailed,
    TurnInterrupted,
    TurnRestarted,
    TurnStarted,
)
from townhall.records.filing import Filer, Filing, TurnLost
from townhall.telemetry import metrics
from townhall.telemetry.logs import get_logger
from townhall.turns.history import Items, history_items, neutral_items
from townhall.turns.leases import ClaimedTurn, EndStatus, TurnResult
from townhall.turns.stream import turn_events
from townhall.turns.transcripts import shown_by
from townhall.turns.workplace import Workplace

ALARM_NOTE = (
    "The desk has just shown the emergency number above your reply. Do not repeat it; take the "
    "report quickly and do not ask for a name."
)

logger = get_logger("townhall.turns")


class TurnRun:
    """One run of one turn in this process."""

    def __init__(self, workplace: Workplace, turn: ClaimedTurn) -> None:
        self.turn = turn
        self._at = workplace
        self._log = workplace.log.open(turn.id, turn.attempt)
        self._began = time.monotonic()
        self._trace_id = gen_trace_id()
        self._reply = ""
        self._warning = ""
        self._has_model_text = False
        self._contexts: list[TurnContext] = []
        self._results: list[RunResultStreaming] = []
        self._conversation: asyncio.Task[None] | None = None
        self._stopped_by: type[TurnCancelled | TurnInterrupted] | None = None

    def cancel(self) -> None:
        """Stop the reply as the resident asked; a tool that has begun ends first."""
        self._stop(TurnCancelled)

    def interrupt(self) -> None:
        """Stop the reply because the process ends; the next one begins it anew."""
        self._stop(TurnInterrupted)

    def _stop(self, end: type[TurnCancelled | TurnInterrupted]) -> None:
        if self._stopped_by is not None:
            return
        self._stopped_by = end
        if self._conversation is not None:
            self._conversation.cancel()

    async def execute(self) -> bool:
        """Answer the turn, save how it ended, tell the end. Ends quietly if the turn is lost.

        Return whether its session may have later turns. DatabaseUnavailable if it was away for
        too long: the turn stays as it was last saved.
        """
        turn = self.turn
        ids = {"session_id": turn.session_id, "turn_id": turn.id, "trace_id": self._trace_id}
        try:
            with (
                metrics.RUNNING_TURNS.track_inprogress(),
                self._at.traces.keep(self._trace_id) as trace,
                structlog.contextvars.bound_contextvars(**ids),
            ):
                end = await self._answer()
                return await self._save(end, trace)
        except TurnLost:
            logger.warning("turn lost", turn_id=turn.id, attempt=turn.attempt)
            return True
        finally:
            self._at.log.close(self._log)

    async def _answer(self) -> TurnEnd:
        """Hold the conversation and return how it ended, whatever happens in it."""
        self._conversation = asyncio.create_task(self._converse())
        try:
            async with asyncio.timeout(self._at.settings.turn_seconds) as whole:
                await self._conversation
        except asyncio.CancelledError:
            return (self._stopped_by or TurnInterrupted)(text=self._reply)
        except Exception as error:  # noqa: BLE001  # the end of a turn: every failure gets a name
            # The SDK wraps what a tool raised.
            raised = error.__cause__ if isinstance(error, UserError) else error
            match raised:
                case TurnLost() | DatabaseUnavailable():
                    raise raised from None
                case TownHallError():
                    return self._failure(raised)
            if whole.expired():
                return self._failure(TurnTooLong("The answer took too long. Please try again."))
            return self._failure(provider_error(error) or _bug(error))
        finally:
            for context in self._contexts:
                await context.settle()
        return self._completed()

    async def _converse(self) -> None:
        turn, at = self.turn, self._at
        if turn.attempt > 1:
            self._tell(TurnRestarted(attempt=turn.attempt))
        self._tell(
            TurnStarted(
                turn_id=turn.id,
                session_id=turn.session_id,
                user_id=turn.user_id,
                attempt=turn.attempt,
                model=at.desk.model_name,
            )
        )
        # "Yesterday" means the day before the message was sent, however late it is answered.
        now = turn.created_at.astimezone(at.town.zone)
        history = history_items(turn.earlier, at.town.zone, now)
        said = [*self._warn(), {"role": "user", "content": turn.message}]
        await self._ask(said, self._context(history, now))

    def _warn(self) -> Items:
        """Tell the emergency number first if life is in danger; return what the model must know."""
        town, desk = self._at.town, self._at.desk
        alarm = check_emergency(self.turn.message, town.languages) if desk.is_assistant else None
        if alarm is None:
            return []
        self._warning = text = emergency_text(alarm, town)
        self._tell(Notice(level="emergency", code=alarm.kind, text=text))
        self._tell(TextDelta(text=f"{text}\n\n"))
        return [{"role": "developer", "content": ALARM_NOTE}]

    async def _ask(self, items: Items, context: TurnContext) -> None:
        """Let the model answer; if its server fails before any text, let the clerk."""
        desk = self._at.desk
        if not desk.has_fallback:
            await self._run(items, context)
            return
        if not desk.breaker.lets_through():
            await self._fall_back(items, context, "breaker-open")
            return
        try:
            await self._run(items, context)
        except Exception as error:
            cause = provider_error(error)
            if cause is None:
                raise
            desk.breaker.failed()
            if self._has_model_text:
                raise
            await self._fall_back(items, context, cause.code)
        else:
            desk.breaker.succeeded()

    async def _fall_back(self, items: Items, context: TurnContext, code: str) -> None:
        metrics.FALLBACKS.labels(code).inc()
        logger.warning("clerk takes over", code=code)
        text = "The assistant cannot be reached just now. The town's built-in clerk answers you."
        self._tell(Notice(level="info", code="clerk-took-over", text=text))
        await context.settle()
        # What the model's tools did stands in the items; a call begun anew is in the journal.
        await self._run([*items, *self._new_items()], context.anew(), fallback=True)

    async def _run(self, items: Items, context: TurnContext, *, fallback: bool = False) -> None:
        turn = self.turn
        self._contexts.append(context)
        await self._at.desk.ready(fallback=fallback)
        result = self._at.desk.run(
            context,
            items,
            trace_id=self._trace_id,
            group_id=turn.group_id,
            metadata={
                "session_id": turn.session_id,
                "user_id": turn.user_id,
                "group_id": turn.group_id,
                "message_count": str(turn.message_count),
            },
            fallback=fallback,
        )
        self._results.append(result)
        settings, clock = self._at.settings, asyncio.get_running_loop().time
        try:
            # TimeoutError when not even a sign of life comes in time.
            async with asyncio.timeout(settings.first_event_seconds) as patience:
                async for events in turn_events(result):
                    patience.reschedule(clock() + settings.gap_seconds)
                    for event in events:
                        self._hear(event)
        finally:
            result.cancel()

    def _hear(self, event: TurnEvent) -> None:
        if isinstance(event, TextDelta):
            if not self._has_model_text:
                metrics.FIRST_TEXT.observe(self._age())
            self._has_model_text = True
        self._tell(event)

    def _tell(self, event: TurnEvent) -> None:
        if isinstance(event, TextDelta):
            self._reply += event.text
        if isinstance(event, RecordFiled):
            metrics.RECORDS.labels(event.kind).inc()
        self._log.append(event)

    def _context(self, history: Items, now: datetime) -> TurnContext:
        turn = self.turn
        said = [item["content"] for item in history if item.get("role") == "user"]
        return TurnContext(
            filer=Filer(turn.user_id, turn.session_key, turn.id, turn.attempt),
            session_id=turn.session_id,
            town=self._at.town,
            now=now,
            message=turn.message,
            history=history,
            resident_words="\n".join([*said, turn.message]),
            filing=Filing(self._at.database),
            emit=self._tell,
        )

    def _completed(self) -> TurnCompleted:
        usages = [result.context_wrapper.usage for result in self._results]
        return TurnCompleted(
            text=self._reply,
            usage={
                "requests": sum(usage.requests for usage in usages),
                "input_tokens": sum(usage.input_tokens for usage in usages),
                "output_tokens": sum(usage.output_tokens for usage in usages),
            },
            seconds=round(time.monotonic() - self._began, 3),
        )

    def _failure(self, error: TownHallError) -> TurnFailed:
        return TurnFailed(problem=Problem.of(error, instance=self.turn.id).as_json())

    async def _save(self, end: TurnEnd, trace: dict[str, Any]) -> bool:
        await self._at.log.settle(self._log)
        result = TurnResult(
            status=cast(EndStatus, end.type.removeprefix("turn.")),
            model=self._at.desk.model_name,
            reply=self._reply,
            shown=shown_by(self._log.events),
            items=self._items(),
            usage=end.usage if isinstance(end, TurnCompleted) else {},
            problem=end.problem if isinstance(end, TurnFailed) else None,
            trace_id=self._trace_id,
            trace=trace,
        )
        has_later = await self._at.leases.finish(self.turn, result, self._log.unsaved(end))
        self._log.append(end)
        metrics.TURNS.labels(result.status).inc()
        metrics.TURN_SECONDS.observe(self._age())
        logger.info(
            "turn ended",
            status=result.status,
            attempt=self.turn.attempt,
            model=result.model,
            seconds=round(time.monotonic() - self._began, 3),
            code=end.problem["code"] if isinstance(end, TurnFailed) else None,
        )
        return has_later

    def _items(self) -> Items:
        warned = [{"role": "assistant", "content": self._warning}] if self._warning else []
        return [*warned, *self._new_items()]

    def _new_items(self) -> Items:
        new = (item for result in self._results for item in result.new_items)
        return neutral_items(list(new), self.turn.seq)

    def _age(self) -> float:
        return (self._at.clock() - self.turn.created_at).total_seconds()


def _bug(error: Exception) -> InternalError:
    logger.error("turn failed", exc_info=error)
    return InternalError("Something went wrong on our side. Please send the message again.")
