"""Every word that a turn can say. Encoders live in `wire/`; none of them adds a word of its own.

An event is frozen, knows its wire name (`type`) and is JSON-ready by `as_json`. `parse_event`
reads what `as_json` wrote, so that a stored event and a live one are the same thing.

Events are checked when they are read, not when they are said. A turn holds all of its own until
it ends, so each is as small as it can be: a model of pydantic would take five times the memory.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Annotated, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter


class _Event:
    __slots__ = ()
    __pydantic_config__ = ConfigDict(extra="forbid")

    def as_json(self) -> dict[str, object]:
        """Return the event's data with its type in it, ready for JSON."""
        data: dict[str, object] = _adapter.serializer.to_python(self, mode="json")
        return data


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnStarted(_Event):
    """A process began to answer; `attempt` is 1 unless an earlier process died."""

    type: Literal["turn.started"] = "turn.started"
    turn_id: str
    session_id: str
    user_id: str
    attempt: int
    model: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TextDelta(_Event):
    """The next piece of the reply, to be joined with nothing in between."""

    type: Literal["text.delta"] = "text.delta"
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Activity(_Event):
    """The assistant uses a tool; `label` is what a person reads."""

    type: Literal["activity"] = "activity"
    id: str
    name: str
    label: str
    state: Literal["started", "finished"]
    ok: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordFiled(_Event):
    """A record is in the database, committed; `record` is what the resident may see of it."""

    type: Literal["record.filed"] = "record.filed"
    kind: Literal["incident", "feedback"]
    reference: str
    record: dict[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources(_Event):
    """The pages that the answer rests on."""

    type: Literal["sources"] = "sources"
    items: tuple[Source, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice(_Event):
    """Something the resident must see apart from the reply."""

    type: Literal["notice"] = "notice"
    level: Literal["emergency", "warning", "info"]
    code: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnRestarted(_Event):
    """Forget what this turn showed so far: it starts again."""

    type: Literal["turn.restarted"] = "turn.restarted"
    attempt: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnCompleted(_Event):
    """The end: the whole reply, the tokens used and how long it took."""

    type: Literal["turn.completed"] = "turn.completed"
    text: str
    usage: dict[str, int]
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnCancelled(_Event):
    """The end: the resident stopped the turn; `text` is the reply so far."""

    type: Literal["turn.cancelled"] = "turn.cancelled"
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnInterrupted(_Event):
    """The end for this process: another one will finish the turn; `text` is the reply so far."""

    type: Literal["turn.interrupted"] = "turn.interrupted"
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
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
# By their wire names: `type` is the first field of each.
EVENT_TYPES: dict[str, type[_Event]] = {
    str(fields(kind)[0].default): kind for kind in get_args(_AnyEvent)
}
_adapter: TypeAdapter[TurnEvent] = TypeAdapter(TurnEvent)


def parse_event(data: Mapping[str, object]) -> TurnEvent:
    """Return the event that `as_json` wrote as `data`; pydantic's ValidationError if none did."""
    return _adapter.validate_python(data)


def is_end(event: TurnEvent) -> bool:
    """Whether `event` closes its turn."""
    return isinstance(event, TurnEnd)
