"""What a ChatKit request asks for: to hear something, which becomes a turn, or to look it up."""

from chatkit.server import NonStreamingResult
from chatkit.types import (
    AttachmentsCreateReq,
    AttachmentsDeleteReq,
    ChatKitReq,
    InputTranscribeReq,
    ItemsFeedbackReq,
    ThreadsAddClientToolOutputReq,
    ThreadsAddStructuredInputReq,
    ThreadsAddUserMessageReq,
    ThreadsCreateReq,
    ThreadsCustomActionReq,
    ThreadsRetryAfterItemReq,
    ThreadsSyncCustomActionReq,
    UserMessageInput,
    WidgetItem,
)
from pydantic import TypeAdapter

from townhall.errors import FieldError, ValidationFailed
from townhall.wire.chatkit import TurnServer
from townhall.wire.chatkit_items import (
    CORRECT_ACTION,
    CORRECTION,
    MESSAGE,
    REFRESH_ACTION,
    read_item_id,
)
from townhall.wire.chatkit_store import Visitor

MAX_RATED = 200  # items in one request; a thread's page has at most half as many

_requests: TypeAdapter[ChatKitReq] = TypeAdapter(ChatKitReq)


def read_request(body: bytes) -> ChatKitReq:
    """Return the request in `body`; pydantic's ValidationError if there is none."""
    return _requests.validate_json(body)


async def message_in(request: ChatKitReq, server: TurnServer, visitor: Visitor) -> str | None:
    """Return what the resident says by this request; None if it is to be answered at once.

    NotFound or ValidationFailed if it is about something that is not there.
    """
    match request:
        case ThreadsCreateReq():
            return _text(request.params.input)
        case ThreadsAddUserMessageReq():
            await server.turns.load_thread(request.params.thread_id, visitor)
            return _text(request.params.input)
        case ThreadsRetryAfterItemReq():
            # What was said stays said, and what was filed stays filed: it is said once more.
            params = request.params
            turn = await server.turns.find_turn(params.thread_id, params.item_id, visitor)
            if read_item_id(params.item_id) != (turn.id, MESSAGE):
                raise _wrong("/params/item_id", "must be a message of the resident")
            return turn.message
        case ThreadsCustomActionReq():
            card = await _sender(request, server, visitor)
            if request.params.action.type != CORRECT_ACTION:
                raise _wrong("/params/action/type", f"must be {CORRECT_ACTION}")
            payload = request.params.action.payload
            correction = payload.get(CORRECTION) if isinstance(payload, dict) else None
            if not isinstance(correction, str) or not correction.strip():
                raise _wrong(f"/params/action/payload/{CORRECTION}", "must say what is wrong")
            return f"A correction to {card.copy_text}: {correction}"
        case ThreadsAddClientToolOutputReq() | ThreadsAddStructuredInputReq():
            await server.turns.load_thread(request.params.thread_id, visitor)
            raise _wrong("/type", "the desk calls no tools of the page and shows no forms")
    return None


async def answer(request: ChatKitReq, server: TurnServer, visitor: Visitor) -> bytes:
    """Return the JSON that answers a request by which nothing is said."""
    match request:
        case AttachmentsCreateReq() | AttachmentsDeleteReq():
            raise _wrong("/type", "the desk takes no attachments")
        case InputTranscribeReq():
            raise _wrong("/type", "the desk takes no speech")
        case ItemsFeedbackReq() if len(request.params.item_ids) > MAX_RATED:
            raise _wrong("/params/item_ids", f"must be at most {MAX_RATED}")
        case ThreadsSyncCustomActionReq():
            await _sender(request, server, visitor)
            if request.params.action.type != REFRESH_ACTION:
                raise _wrong("/params/action/type", f"must be {REFRESH_ACTION}")
    result = await server.process(request.model_dump_json(), visitor)
    assert isinstance(result, NonStreamingResult)  # noqa: S101
    return result.json


async def _sender(
    request: ThreadsCustomActionReq | ThreadsSyncCustomActionReq,
    server: TurnServer,
    visitor: Visitor,
) -> WidgetItem:
    params = request.params
    await server.turns.load_thread(params.thread_id, visitor)
    if params.item_id is None:
        raise _wrong("/params/item_id", "must be the card that the action is of")
    item = await server.turns.load_item(params.thread_id, params.item_id, visitor)
    if not isinstance(item, WidgetItem):
        raise _wrong("/params/item_id", "must be the card that the action is of")
    return item


def _text(said: UserMessageInput) -> str:
    if said.attachments:
        raise _wrong("/params/input/attachments", "the desk takes no attachments")
    text = "".join(part.text for part in said.content)
    if not said.quoted_text:
        return text
    quoted = "\n".join(f"> {line}" for line in said.quoted_text.splitlines())
    return f"{quoted}\n\n{text}"


def _wrong(pointer: str, reason: str) -> ValidationFailed:
    return ValidationFailed("The desk cannot do that.", errors=(FieldError(pointer, reason),))
