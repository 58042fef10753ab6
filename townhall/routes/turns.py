"""Turns of a session with typed events: begin one, follow one, resume one."""

from typing import Any

from fastapi import APIRouter, Response

from townhall.errors import (
    BodyTooLarge,
    EventsExpired,
    MalformedJson,
    NotFound,
    RateLimited,
    UnsupportedMediaType,
)
from townhall.events import EVENT_TYPES, TurnEvent
from townhall.routes.chat import MESSAGE_REFUSALS, REFUSALS, turn_headers
from townhall.routes.dependencies import (
    Asker,
    Desk,
    IdempotencyKey,
    JsonBody,
    LastEventId,
    SessionId,
    TurnId,
    UserId,
)
from townhall.routes.errors import documented
from townhall.routes.limits import CountedStream, CountedTurn
from townhall.routes.schemas import TurnCancelling, TurnRated, TurnRating, TurnRequest
from townhall.turns.admission import Message
from townhall.wire.sse import EventStream
from townhall.wire.typed import TypedEncoder

_EXAMPLE = 'id: 1.2\nevent: text.delta\ndata: {"type":"text.delta","text":"Hi"}\n\n'
_SCHEMAS = {name: f"#/components/schemas/{kind.__name__}" for name, kind in EVENT_TYPES.items()}
_EVENTS: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The events of the turn; `data` of each frame is one of these.",
        "content": {
            "text/event-stream": {
                "schema": {
                    "oneOf": [{"$ref": address} for address in _SCHEMAS.values()],
                    "discriminator": {"propertyName": "type", "mapping": _SCHEMAS},
                },
                "example": _EXAMPLE,
            }
        },
    }
}

router = APIRouter(prefix="/sessions/{session_id}/turns", tags=["turns"])


@router.post(
    "",
    response_model=TurnEvent,
    response_class=Response,
    responses=_EVENTS | documented(*MESSAGE_REFUSALS, NotFound),
    dependencies=[JsonBody, CountedTurn],
)
async def begin_turn(
    session_id: SessionId,
    body: TurnRequest,
    desk: Desk,
    asker: Asker,
    user_id: UserId = None,
    key: IdempotencyKey = None,
) -> EventStream:
    """Say something in a session and follow the turn by typed events."""
    message = Message(
        text=body.message,
        session_id=session_id,
        user_id=user_id,
        metadata=tuple(sorted(body.metadata.items())),
    )
    turn = await desk.runner.accept(asker, message, idempotency_key=key, session_must_exist=True)
    return EventStream(desk.log.follow(turn.id), TypedEncoder(), turn_headers(turn, asker))


@router.get(
    "/{turn_id}/events",
    response_model=TurnEvent,
    response_class=Response,
    responses=_EVENTS | documented(*REFUSALS, NotFound, EventsExpired, RateLimited),
    dependencies=[CountedStream],
)
async def follow_turn(
    session_id: SessionId,
    turn_id: TurnId,
    desk: Desk,
    asker: Asker,
    after: LastEventId,
    user_id: UserId = None,
) -> EventStream:
    """Follow a turn from its beginning, or from after `Last-Event-ID`, to its end.

    Events are kept for 24 hours after the end.
    """
    await desk.sessions.check_turn(asker, session_id, turn_id, user_id, has_events=True)
    return EventStream(desk.log.follow(turn_id, after), TypedEncoder(), {})


@router.post("/{turn_id}/cancel", responses=documented(*REFUSALS, NotFound))
async def cancel_turn(
    session_id: SessionId, turn_id: TurnId, desk: Desk, asker: Asker, user_id: UserId = None
) -> TurnCancelling:
    """Stop a turn, wherever it runs; what it said so far is kept. To ask twice changes nothing.

    The stream ends with `turn.cancelled` within a second. A turn that has ended stays as it is.
    """
    await desk.sessions.check_turn(asker, session_id, turn_id, user_id)
    return TurnCancelling(turn_id=turn_id, status=await desk.runner.cancel(turn_id))


@router.post(
    "/{turn_id}/rating",
    responses=documented(*REFUSALS, NotFound, MalformedJson, BodyTooLarge, UnsupportedMediaType),
    dependencies=[JsonBody],
)
async def rate_turn(
    session_id: SessionId,
    turn_id: TurnId,
    body: TurnRating,
    desk: Desk,
    asker: Asker,
    user_id: UserId = None,
) -> TurnRated:
    """Say what you think of a reply: thumbs up or down, with a reason. The last word counts."""
    reason = body.reason if body.rating else None
    await desk.transcripts.rate(asker, session_id, {turn_id}, body.rating, reason, user_id)
    return TurnRated(turn_id=turn_id, rating=body.rating, reason=reason)
