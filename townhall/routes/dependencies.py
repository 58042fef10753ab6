"""What routes ask for: the desk, the caller, and the rules that their inputs have in common."""

from typing import Annotated

from fastapi import Depends, Header, Path, Query, Request
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, StringConstraints

from townhall.access import Caller
from townhall.errors import FieldError, UnsupportedMediaType, ValidationFailed
from townhall.frontdesk import FrontDesk
from townhall.turns.log import START, EventId
from townhall.wire.typed import read_event_id

MESSAGE_CHARACTERS = 8000
REASON_CHARACTERS = 1000
BODY_BYTES = 256 * 1024
BODY_SECONDS = 30.0
ID_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9._@:+-]{0,127}$"


def _storable(text: object) -> object:
    # Postgres takes no NUL, neither database takes half a surrogate pair.
    if not isinstance(text, str):
        return text
    if "\x00" in text:
        raise ValueError("must not contain the NUL character")
    if any("\ud800" <= c <= "\udfff" for c in text):
        raise ValueError("must not contain half a surrogate pair")
    return text


def _not_blank(text: str) -> str:
    if not text.strip():
        raise ValueError("must not be blank")
    return text


Storable = BeforeValidator(_storable)
MessageText = Annotated[
    str,
    StringConstraints(min_length=1, max_length=MESSAGE_CHARACTERS),
    AfterValidator(_not_blank),
    Storable,
]
RatingReason = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=REASON_CHARACTERS),
    BeforeValidator(_storable),
]
Id = Annotated[str, StringConstraints(pattern=ID_PATTERN)]
MetadataKey = Annotated[str, StringConstraints(min_length=1, max_length=64), Storable]
MetadataValue = Annotated[str, StringConstraints(max_length=512), Storable]


class Body(BaseModel):
    """A request body: unknown fields are refused by name."""

    model_config = ConfigDict(extra="forbid")


# FastAPI goes through what a dependency depends on each time that somebody asks for it, even if it
# is known by then, so these two depend on nothing.
async def front_desk(request: Request) -> FrontDesk:
    """Return the open desk of this process."""
    desk: FrontDesk = request.app.state.desk
    return desk


async def caller(request: Request) -> Caller:
    """Return who asks, or refuse."""
    desk: FrontDesk = request.app.state.desk
    return await desk.access.authenticate(dict(request.scope))


Desk = Annotated[FrontDesk, Depends(front_desk)]


Asker = Annotated[Caller, Depends(caller)]


async def json_body(request: Request) -> None:
    """Refuse a body that is not declared as JSON."""
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    has_body = request.headers.get("content-length", "0") != "0"
    has_body = has_body or "transfer-encoding" in request.headers
    if has_body and media_type != "application/json" and not media_type.endswith("+json"):
        raise UnsupportedMediaType("Set the header 'Content-Type: application/json'.")


JsonBody = Depends(json_body)


async def last_event_id(
    header: Annotated[
        str | None,
        Header(
            alias="Last-Event-ID",
            description="The id of the last event that was received; the next one comes first.",
            examples=["1.17"],
        ),
    ] = None,
) -> EventId:
    """Return the event after which to continue."""
    if header is None:
        return START
    found = read_event_id(header)
    if found is None:
        wrong = FieldError("/header/Last-Event-ID", "must be an id such as 1.17")
        raise ValidationFailed("Last-Event-ID is not an event id.", errors=(wrong,))
    return found


LastEventId = Annotated[EventId, Depends(last_event_id)]
SessionId = Annotated[str, Path(pattern=ID_PATTERN, examples=["sess_0b6f"])]
TurnId = Annotated[str, Path(pattern=ID_PATTERN, examples=["turn_9d2c"])]
UserId = Annotated[
    str | None, Query(pattern=ID_PATTERN, description="Act for this user only (local callers).")
]
IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=128,
        pattern=r"^[\x21-\x7e]+$",
        description="The same key with the same body gives the same turn.",
        examples=["3f0c9a51"],
    ),
]
