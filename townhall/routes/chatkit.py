"""POST /chatkit: OpenAI's ChatKit protocol, spoken over the same sessions and turns.

Whatever can be refused is refused here, before the first byte. The chatkit package takes about
half a second to import: the first request does it, so that no start waits for it.
"""

import re
from importlib import import_module
from typing import TYPE_CHECKING, Any

from anyio.to_thread import run_sync
from fastapi import APIRouter, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import TypeAdapter, ValidationError

from townhall.errors import NotFound
from townhall.routes.chat import MESSAGE_REFUSALS, turn_headers
from townhall.routes.dependencies import (
    ID_PATTERN,
    Asker,
    Desk,
    IdempotencyKey,
    JsonBody,
    MessageText,
    UserId,
)
from townhall.routes.errors import documented
from townhall.routes.limits import CountedStream, RateLimits
from townhall.routes.schemas import ChatKitRequest
from townhall.turns.admission import Message
from townhall.wire.sse import EventStream

if TYPE_CHECKING:
    from chatkit.types import ChatKitReq

router = APIRouter(tags=["chatkit"])

_ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "What was asked for as JSON; where something was said, the turn as a stream "
        "of `data:` frames, each one of the chatkit package's `ThreadStreamEvent`.",
        "content": {
            "application/json": {"schema": {"type": "object"}},
            "text/event-stream": {"schema": {"type": "string"}},
        },
    }
}
_message_text: TypeAdapter[str] = TypeAdapter(MessageText)


@router.post(
    "/chatkit",
    response_class=Response,
    responses=_ANSWERS | documented(*MESSAGE_REFUSALS, NotFound),
    dependencies=[JsonBody, CountedStream],
)
async def chatkit(
    body: ChatKitRequest,
    request: Request,
    desk: Desk,
    asker: Asker,
    limits: RateLimits,
    user_id: UserId = None,
    key: IdempotencyKey = None,
) -> Response:
    """Answer a ChatKit front end: its threads are sessions, what it says becomes turns."""
    await run_sync(import_module, "townhall.wire.chatkit_requests")
    from townhall.wire.chatkit import ChatKitEncoder, TurnServer
    from townhall.wire.chatkit_requests import answer, message_in
    from townhall.wire.chatkit_store import Visitor

    asked = await _read(request)
    thread_id = _thread_id(asked)
    title: str | None = getattr(asked.params, "title", None)
    if title is not None:
        _checked(title, "title")
    server, visitor = TurnServer(desk), Visitor(asker, user_id)
    said = await message_in(asked, server, visitor)
    if said is None:
        return Response(await answer(asked, server, visitor), media_type="application/json")
    await limits.count_turn(asker, request)
    text = _checked(said, "input", "content")
    message = Message(text=text, session_id=thread_id, user_id=user_id)
    turn = await desk.runner.accept(
        asker, message, idempotency_key=key, session_must_exist=thread_id is not None
    )
    session, stored = await desk.transcripts.find(asker, turn.session_id, turn.id, turn.user_id)
    encoder = ChatKitEncoder(session, stored, desk.town, is_new=thread_id is None)
    return EventStream(desk.log.follow(turn.id), encoder, turn_headers(turn, asker))


async def _read(request: Request) -> "ChatKitReq":
    from townhall.wire.chatkit_requests import read_request

    try:
        return read_request(await request.body())
    except ValidationError as error:
        # The first part of a place is the operation, where pydantic tells them apart.
        raise RequestValidationError(
            [{**each, "loc": ("body", *each["loc"][1:])} for each in error.errors()]
        ) from None


def _thread_id(asked: "ChatKitReq") -> str | None:
    thread_id: str | None = getattr(asked.params, "thread_id", None)
    if thread_id is not None and not re.fullmatch(ID_PATTERN, thread_id):
        raise NotFound("There is no such session.")
    return thread_id


def _checked(text: str, *place: str) -> str:
    """Return `text` if it is fit to be said, or refuse what stands at that place of `params`."""
    try:
        return _message_text.validate_python(text)
    except ValidationError as error:
        raise RequestValidationError(
            [{**each, "loc": ("body", "params", *place)} for each in error.errors()]
        ) from None
