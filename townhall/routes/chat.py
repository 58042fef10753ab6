"""POST /chat: one message in, the reply as plain Server-Sent Events or as one JSON object."""

from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import quote, urlencode

import orjson
from fastapi import APIRouter, Request, Response

from townhall.access import Caller
from townhall.errors import (
    BodyTooLarge,
    CrossOrigin,
    DatabaseUnavailable,
    IdempotencyKeyReused,
    IdentityUnavailable,
    InvalidHost,
    MalformedJson,
    RateLimited,
    RequestTimeout,
    ShuttingDown,
    TokenExpired,
    TokenInvalid,
    TokenRequired,
    TurnInProgress,
    UnsupportedMediaType,
    UserIdMismatch,
    ValidationFailed,
)
from townhall.events import (
    RecordFiled,
    RecordUpdated,
    Sources,
    TextDelta,
    TurnCancelled,
    TurnCompleted,
    TurnFailed,
    TurnInterrupted,
    TurnRestarted,
)
from townhall.routes.dependencies import Asker, Desk, IdempotencyKey, JsonBody
from townhall.routes.errors import documented
from townhall.routes.limits import CountedTurn
from townhall.routes.schemas import ChatAnswer, ChatRequest
from townhall.turns.admission import AcceptedTurn, Message
from townhall.turns.log import Told, end_of_run
from townhall.wire.plain import PlainEncoder
from townhall.wire.sse import EventStream

router = APIRouter(tags=["chat"])

REFUSALS = (
    InvalidHost,
    TokenRequired,
    TokenInvalid,
    TokenExpired,
    CrossOrigin,
    UserIdMismatch,
    ValidationFailed,
    DatabaseUnavailable,
    IdentityUnavailable,
)
MESSAGE_REFUSALS = (
    *REFUSALS,
    MalformedJson,
    RequestTimeout,
    TurnInProgress,
    BodyTooLarge,
    UnsupportedMediaType,
    IdempotencyKeyReused,
    RateLimited,
    ShuttingDown,
)
_STREAM = {
    "description": "The reply, as it is spoken; with `Accept: application/json` when it has ended.",
    "headers": {
        "X-Session-Id": {"schema": {"type": "string"}},
        "X-User-Id": {"schema": {"type": "string"}},
        "X-Turn-Id": {"schema": {"type": "string"}},
        "Location": {"schema": {"type": "string"}, "description": "The events of the turn."},
    },
    "content": {
        "text/event-stream": {
            # Each event of the stream, as FastAPI describes its own.
            "itemSchema": {
                "type": "object",
                "required": ["data"],
                "properties": {
                    "data": {"type": "string", "description": "Text, a problem or `[DONE]`."},
                    "event": {"enum": ["message", "error"]},
                },
            },
            "example": "data: Where\n\ndata:  is\n\ndata:  it?\n\ndata: [DONE]\n\n",
        }
    },
}


@router.post(
    "/chat",
    response_model=ChatAnswer,
    responses={200: _STREAM, **documented(*MESSAGE_REFUSALS)},
    dependencies=[JsonBody, CountedTurn],
)
async def chat(
    body: ChatRequest, request: Request, desk: Desk, asker: Asker, key: IdempotencyKey = None
) -> Response:
    """Say something to the desk. Without `session_id` a new session begins."""
    message = Message(
        text=body.message,
        session_id=body.session_id,
        user_id=body.user_id,
        metadata=tuple(sorted(body.metadata.items())),
    )
    turn = await desk.runner.accept(asker, message, idempotency_key=key)
    headers = turn_headers(turn, asker)
    # The plain format cannot take back what an earlier run said: who asks again hears the last.
    batches = desk.log.follow(turn.id, end_of_run(turn.attempt - 1))
    if wants_json(request):
        answer = await _whole_answer(batches, turn)
        return Response(orjson.dumps(answer), media_type="application/json", headers=headers)
    return EventStream(batches, PlainEncoder(turn.id), headers)


def turn_headers(turn: AcceptedTurn, asker: Caller) -> dict[str, str]:
    """Return the headers that tell whose turn this is and where its events are."""
    location = f"/sessions/{quote(turn.session_id)}/turns/{turn.id}/events"
    if asker.kind == "local":
        # Two users may have sessions of one id; a local caller sees both.
        location += "?" + urlencode({"user_id": turn.user_id})
    return {
        "X-Session-Id": turn.session_id,
        "X-User-Id": turn.user_id,
        "X-Turn-Id": turn.id,
        "Location": location,
    }


def wants_json(request: Request) -> bool:
    """Whether the client asks for one JSON object instead of a stream."""
    accept = request.headers.get("accept", "")
    return "application/json" in accept and "text/event-stream" not in accept


async def _whole_answer(batches: AsyncIterator[list[Told]], turn: AcceptedTurn) -> dict[str, Any]:
    answer: dict[str, Any] = {
        "turn_id": turn.id,
        "session_id": turn.session_id,
        "text": "",
        "records": [],
        "sources": [],
        "status": "interrupted",
    }
    async for batch in batches:
        for _, event in batch:
            match event:
                case TurnRestarted():
                    answer |= {"text": "", "records": [], "sources": []}
                case TextDelta():
                    answer["text"] += event.text
                case RecordFiled() | RecordUpdated():
                    answer["records"].append(
                        {"kind": event.kind, "reference": event.reference, "record": event.record}
                    )
                case Sources():
                    answer["sources"] += [item.model_dump() for item in event.items]
                case TurnCompleted() | TurnCancelled() | TurnInterrupted():
                    status = event.type.removeprefix("turn.")
                    answer |= {"text": event.text, "status": status}
                case TurnFailed():
                    answer |= {"status": "failed", "problem": event.problem}
    return answer
