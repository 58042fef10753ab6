"""Every word that a turn can say. Encoders live in `wire/`; none of them adds a word of its own.

An event is frozen, knows its wire name (`type`) and is JSON-ready by `as_json`. `parse_event`
reads what `as_json` wrote, so that a stored event and a live one are the same thing.
"""

from collections.abc import Mapping
from typing import Annotated, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter


class _Event(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    def as_json(self) -> dict[str, object]:
        """Return the event's data with its type in it, ready for JSON."""
        return self.model_dump(mode="json")


class TurnStarted(_Event):
    """A process began to answer; `attempt` is 1 unless an earlier process died."""

    type: Literal["turn.started"] = "turn.started"
    turn_id: str
    session_id: str
    user_id: str
    attempt: int
    model: str


class TextDelta(_Event):
    """The next piece of the reply, to be joined with nothing in between."""

    type: Literal["text.delta"] = "text.delta"
    text: str


class Activity(_Event):
    """The assistant uses a tool; `label` is what a person reads."""

    type: Literal["activity"] = "activity"
    id: str
    name: str
    label: str
    state: Literal["started", "finished"]
    ok: bool = True


class RecordFiled(_Event):
    """A record is in the database, committed; `record` is what the resident may see of it."""

    type: Literal["record.filed"] = "record.filed"
    kind: Literal["incident", "feedback"]
    reference: str
    record: dict[str, object]


class RecordUpdated(_Event):
    """A filed record was changed or withdrawn, committed."""

    type: Literal["record.updated"] = "record.updated"
    kind: Literal["incident", "feedback"]
    reference: str
    record: dict[str, object]


class Source(BaseModel):
    """A page of the town that an answer rests on."""

    model_config = ConfigDict(frozen=True)

    title: str
    path: str
    url: str
    quote: str


class Sources(_Event):
    """The pages that the answer rests on."""

    type: Literal["sources"] = "sources"
    items: tuple[Source, ...]


class Notice(_Event):
    """Something the resident must see apart from the reply."""

    type: Literal["notice"] = "notice"
    level: Literal["emergency", "warning", "info"]
    code: str
    text: str


class TurnRestarted(_Event):
    """Forget what this turn showed so far: it starts again."""

    type: Literal["turn.restarted"] = "turn.restarted"
    attempt: int


class TurnCompleted(_Event):
    """The end: the whole reply, the tokens used and how long it took."""

    type: Literal["turn.completed"] = "turn.completed"
    text: str
    usage: dict[str, int]
    seconds: float


class TurnCancelled(_Event):
    """The end: the resident stopped the turn; `text` is the reply so far."""

    type: Literal["turn.cancelled"] = "turn.cancelled"
    text: str


class TurnInterrupted(_Event):
    """The end for this process: another one will finish the turn; `text` is the reply so far."""

    type: Literal["turn.interrupted"] = "turn.interrupted"
    text: str


class TurnFailed(_Event):
    """The end: what went wrong, as a problem object."""

    type: Literal["turn.failed"] = "turn.failed"
    problem: dict[str, object]


TurnEnd = TurnCompleted | TurnCancelled | TurnInterrupted | TurnFailed
_AnyEvent = (
    TurnStarted
    | TextDelta
    | Activity
    | RecordFiled
    | RecordUpdated
    | Sources
    | Notice
    | TurnRestarted
    | TurnEnd
)
TurnEvent = Annotated[_AnyEvent, Field(discriminator="type")]
EVENT_TYPES: tuple[type[_Event], ...] = get_args(_AnyEvent)
_adapter: TypeAdapter[TurnEvent] = TypeAdapter(TurnEvent)


def parse_event(data: Mapping[str, object]) -> TurnEvent:
    """Return the event that `as_json` wrote as `data`; pydantic's ValidationError if none did."""
    return _adapter.validate_python(data)


def is_end(event: TurnEvent) -> bool:
    """Whether `event` closes its turn."""
    return isinstance(event, TurnEnd)
