"""ChatKit's protocol: a turn's events as ChatKit's, and the server of all that is no turn.

A stream only tails the event log, here as everywhere. So what ChatKit's own server would answer
with a stream is accepted as a turn and told by `ChatKitEncoder`; the server gets the rest.
"""

from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Literal

from chatkit.actions import Action
from chatkit.server import ChatKitServer
from chatkit.types import (
    AssistantMessageContent,
    AssistantMessageContentPartAdded,
    AssistantMessageContentPartAnnotationAdded,
    AssistantMessageContentPartDone,
    AssistantMessageContentPartTextDelta,
    AssistantMessageItem,
    ErrorEvent,
    FeedbackKind,
    NoticeEvent,
    Page,
    ProgressUpdateEvent,
    StreamOptions,
    StreamOptionsEvent,
    SyncCustomActionResponse,
    Thread,
    ThreadCreatedEvent,
    ThreadItemAddedEvent,
    ThreadItemDoneEvent,
    ThreadItemRemovedEvent,
    ThreadItemReplacedEvent,
    ThreadItemUpdate,
    ThreadItemUpdatedEvent,
    ThreadMetadata,
    ThreadStreamEvent,
    UserMessageItem,
    WidgetItem,
)

from townhall.errors import NotFound
from townhall.events import (
    Activity,
    Notice,
    RecordFiled,
    RecordUpdated,
    Source,
    Sources,
    TextDelta,
    TurnCancelled,
    TurnCompleted,
    TurnEnd,
    TurnEvent,
    TurnFailed,
    TurnInterrupted,
    TurnRestarted,
)
from townhall.frontdesk import FrontDesk
from townhall.records.status import find_status
from townhall.town import Town
from townhall.turns.log import Told
from townhall.turns.sessions import Session
from townhall.turns.transcripts import StoredTurn
from townhall.wire.chatkit_items import (
    REPLY,
    RecordEvent,
    item_id,
    message_item,
    read_item_id,
    record_item,
    reply_item,
    thread_of,
)
from townhall.wire.chatkit_store import TurnStore, Visitor
from townhall.wire.sse import Encoder

INTERRUPTED = "The desk is being restarted. Your answer will be in this conversation in a minute."
_LEVELS: dict[str, Literal["danger", "warning", "info"]] = {
    "emergency": "danger",
    "warning": "warning",
    "info": "info",
}


class TurnServer(ChatKitServer[Visitor]):
    """Answers every operation that is not a turn, from our sessions and turns."""

    def __init__(self, desk: FrontDesk) -> None:
        self._desk = desk
        self.turns = TurnStore(desk)
        super().__init__(self.turns)

    def respond(
        self, thread: ThreadMetadata, input_user_message: UserMessageItem | None, context: Visitor
    ) -> AsyncIterator[ThreadStreamEvent]:
        """Refuse: replies come from the event log, which outlives every request."""
        raise RuntimeError("the route accepts turns, ChatKitEncoder tells them")

    async def add_feedback(
        self, thread_id: str, item_ids: list[str], feedback: FeedbackKind, context: Visitor
    ) -> None:
        """Keep the thumbs with the turns of these items, all or none."""
        known = [read_item_id(each) for each in item_ids]
        turn_ids = {found[0] for found in known if found is not None}
        if None in known:
            raise NotFound("There is no such item.")
        await self._desk.transcripts.rate(
            context.caller, thread_id, turn_ids, feedback, user_id=context.user_id
        )

    async def sync_action(
        self,
        thread: ThreadMetadata,
        action: Action[str, Any],
        sender: WidgetItem | None,
        context: Visitor,
    ) -> SyncCustomActionResponse:
        """Return the card of a record as the record stands now; the caller has checked the rest."""
        assert sender is not None  # noqa: S101
        turn = await self.turns.find_turn(thread.id, sender.id, context)
        reference = sender.copy_text or ""
        status = await find_status(self._desk.database, reference)
        if status is None:
            raise NotFound("There is no report of that reference.")
        shown = [each for each in turn.shown if isinstance(each, RecordEvent)]
        event = next(each for each in reversed(shown) if each.reference == reference)
        now = replace(event, record={**event.record, "status": status.state})
        card = record_item(turn.id, thread.id, sender.created_at, now, self._desk.town)
        return SyncCustomActionResponse(updated_item=card)


class ChatKitEncoder(Encoder):
    """Tells one turn in a thread. The reply is one item; it comes before the turn's cards."""

    def __init__(self, session: Session, turn: StoredTurn, town: Town, *, is_new: bool) -> None:
        self._turn_id = turn.id
        self._thread_id = session.session_id
        self._town = town
        self._progress = "Looking at your message"
        self._forget()
        begin: list[ThreadStreamEvent] = [
            ThreadItemDoneEvent(item=message_item(turn, session.session_id)),
            # Stop would only drop the connection: the turn goes on, so no such button.
            StreamOptionsEvent(stream_options=StreamOptions(allow_cancel=False)),
        ]
        thread = Thread(**thread_of(session).model_dump(), items=Page())
        if is_new:
            begin.insert(0, ThreadCreatedEvent(thread=thread))
        self.opening = b"".join(_frame(event) for event in begin)

    def silence(self) -> bytes:
        """Say what is being done: the protocol has no other sign of life."""
        return _frame(ProgressUpdateEvent(text=self._progress))

    def encode(self, told: Told) -> bytes:
        """Return the frames of the event."""
        return b"".join(_frame(event) for event in self._events(told[1]))

    def _events(self, event: TurnEvent) -> Iterator[ThreadStreamEvent]:
        match event:
            case TextDelta():
                yield from self._begin()
                self._text += event.text
                part = AssistantMessageContentPartTextDelta(content_index=0, delta=event.text)
                yield self._update(part)
            case Activity():
                if event.state == "started":
                    self._progress = event.label
                    yield ProgressUpdateEvent(text=event.label)
            case RecordFiled() | RecordUpdated():
                yield from self._record(event)
            case Sources():
                self._sources += event.items
            case Notice():
                yield NoticeEvent(level=_LEVELS[event.level], message=event.text)
            case TurnRestarted():
                for each in [*self._cards, *([self._reply_id] if self._has_begun else [])]:
                    yield ThreadItemRemovedEvent(item_id=each)
                self._forget()
            case TurnCompleted() | TurnCancelled() | TurnInterrupted() | TurnFailed():
                yield from self._end(event)

    def _forget(self) -> None:
        self._text = ""
        self._sources: list[Source] = []
        self._cards: list[str] = []
        self._has_begun = False

    def _begin(self) -> Iterator[ThreadStreamEvent]:
        if self._has_begun:
            return
        self._has_begun = True
        item = self._reply().model_copy(update={"content": []})
        yield ThreadItemAddedEvent(item=item)
        empty = AssistantMessageContent(text="")
        yield self._update(AssistantMessageContentPartAdded(content_index=0, content=empty))

    def _record(self, event: RecordEvent) -> Iterator[ThreadStreamEvent]:
        yield from self._begin()
        card = record_item(self._turn_id, self._thread_id, datetime.now(UTC), event, self._town)
        if card.id in self._cards:
            yield ThreadItemReplacedEvent(item=card)
        else:
            self._cards.append(card.id)
            yield ThreadItemDoneEvent(item=card)

    def _end(self, event: TurnEnd) -> Iterator[ThreadStreamEvent]:
        if self._text:
            reply = self._reply()
            (content,) = reply.content
            for index, each in enumerate(content.annotations):
                yield self._update(
                    AssistantMessageContentPartAnnotationAdded(
                        content_index=0, annotation_index=index, annotation=each
                    )
                )
            yield self._update(AssistantMessageContentPartDone(content_index=0, content=content))
            yield ThreadItemDoneEvent(item=reply)
        elif self._has_begun:
            yield ThreadItemRemovedEvent(item_id=self._reply_id)
        if isinstance(event, TurnInterrupted):
            yield ErrorEvent(message=INTERRUPTED)
        elif isinstance(event, TurnFailed):
            detail, retryable = event.problem["detail"], event.problem["retryable"]
            yield ErrorEvent(message=str(detail), allow_retry=bool(retryable))

    @property
    def _reply_id(self) -> str:
        return item_id(self._turn_id, REPLY)

    def _reply(self) -> AssistantMessageItem:
        now = datetime.now(UTC)
        return reply_item(self._turn_id, self._thread_id, now, self._text, self._sources)

    def _update(self, update: ThreadItemUpdate) -> ThreadItemUpdatedEvent:
        return ThreadItemUpdatedEvent(item_id=self._reply_id, update=update)


def _frame(event: ThreadStreamEvent) -> bytes:
    data = event.model_dump_json(
        by_alias=True, exclude_none=True, context={"exclude_metadata": True}
    )
    return b"data: " + data.encode() + b"\n\n"
