"""Sessions: create, list, read, delete, and their transcripts."""

from typing import Annotated

from fastapi import APIRouter, Query, Request

from townhall.access import Caller
from townhall.errors import (
    BodyTooLarge,
    MalformedJson,
    NotFound,
    RateLimited,
    RequestTimeout,
    RoleRequired,
    TokenRequired,
    TurnInProgress,
    UnsupportedMediaType,
)
from townhall.events import Notice, RecordFiled, RecordUpdated, Sources
from townhall.routes.chat import REFUSALS
from townhall.routes.dependencies import Asker, Desk, JsonBody, SessionId, UserId
from townhall.routes.errors import documented
from townhall.routes.limits import RateLimits
from townhall.routes.schemas import (
    ClaimRequest,
    CreateSessionRequest,
    SessionCreated,
    SessionDeleted,
    SessionDetails,
    SessionList,
    SessionsClaimed,
    SessionSummary,
    ShownNotice,
    ShownRecord,
    Transcript,
    TranscriptMessage,
)
from townhall.turns.claiming import claim_sessions
from townhall.turns.sessions import Session
from townhall.turns.transcripts import StoredTurn

router = APIRouter(prefix="/sessions", tags=["sessions"])

PAGE = 50
MAX_PAGE = 200
Limit = Annotated[int, Query(ge=1, le=MAX_PAGE)]
After = Annotated[str | None, Query(max_length=200, description="The `next` of an earlier page.")]


@router.post(
    "/create",
    responses=documented(
        *REFUSALS, MalformedJson, RequestTimeout, BodyTooLarge, UnsupportedMediaType, RateLimited
    ),
    dependencies=[JsonBody],
)
async def create_session(
    request: Request, desk: Desk, counted: RateLimits, body: CreateSessionRequest | None = None
) -> SessionCreated:
    """Open a session. Anybody may: the answer's token is how a new resident becomes known."""
    user_id = body.user_id if body else None
    asker = await _asker_or_stranger(request, desk, user_id)
    await counted.count_token(asker, request)
    session = await desk.sessions.create(asker, user_id)
    return SessionCreated(
        session_id=session.session_id,
        user_id=session.user_id,
        group_id=session.group_id,
        created_at=session.created_at,
        token=desk.access.tokens.for_anonymous(session.user_id),
    )


@router.post(
    "/claim",
    responses=documented(
        *REFUSALS,
        RoleRequired,
        TurnInProgress,
        MalformedJson,
        RequestTimeout,
        BodyTooLarge,
        UnsupportedMediaType,
    ),
    dependencies=[JsonBody],
)
async def claim_anonymous(desk: Desk, asker: Asker, body: ClaimRequest) -> SessionsClaimed:
    """After signing in: make the sessions of an anonymous token, and what was filed in them, yours.

    The anonymous token opens nothing afterwards.
    """
    anonymous = await desk.access.verify([f"Bearer {body.token.get_secret_value()}"])
    claimed = await claim_sessions(desk.database, asker, anonymous)
    return SessionsClaimed(claimed=claimed)


@router.get("", responses=documented(*REFUSALS))
async def list_sessions(
    desk: Desk, asker: Asker, user_id: UserId = None, limit: Limit = PAGE, after: After = None
) -> SessionList:
    """List your sessions, newest activity first."""
    page = await desk.sessions.list(asker, user_id, limit, after)
    sessions = [SessionSummary(**_summary(session)) for session in page.items]
    return SessionList(total=page.total, sessions=sessions, next=page.next)


@router.get("/{session_id}", responses=documented(*REFUSALS, NotFound))
async def get_session(
    session_id: SessionId, desk: Desk, asker: Asker, user_id: UserId = None
) -> SessionDetails:
    """Read one session."""
    session, current_turn = await desk.sessions.get(asker, session_id, user_id)
    return SessionDetails(**_summary(session), current_turn=current_turn)


@router.get("/{session_id}/messages", responses=documented(*REFUSALS, NotFound))
async def list_messages(
    session_id: SessionId,
    desk: Desk,
    asker: Asker,
    user_id: UserId = None,
    limit: Limit = PAGE,
    after: After = None,
) -> Transcript:
    """Read the conversation, oldest message first; `limit` counts turns."""
    page = await desk.transcripts.read(asker, session_id, user_id, limit, after)
    messages = [message for turn in page.items for message in _messages(turn)]
    return Transcript(total=page.total, messages=messages, next=page.next)


@router.delete("/{session_id}", responses=documented(*REFUSALS, NotFound))
async def delete_session(
    session_id: SessionId, desk: Desk, asker: Asker, user_id: UserId = None
) -> SessionDeleted:
    """Delete a session with its messages, events and traces. Filed records stay, unlinked."""
    await desk.sessions.delete(asker, session_id, user_id)
    return SessionDeleted(status="deleted", session_id=session_id)


async def _asker_or_stranger(request: Request, desk: Desk, user_id: str | None) -> Caller | None:
    try:
        return await desk.access.authenticate(dict(request.scope))
    except TokenRequired:
        if user_id is not None:
            raise
        return None


def _summary(session: Session) -> dict[str, object]:
    fields = SessionSummary.model_fields
    return {name: getattr(session, name) for name in fields}


def _messages(turn: StoredTurn) -> list[TranscriptMessage]:
    asked = TranscriptMessage(
        role="user",
        text=turn.message,
        turn_id=turn.id,
        status=turn.status,
        created_at=turn.created_at,
    )
    if not turn.reply and not turn.shown:
        return [asked]
    answered = TranscriptMessage(
        role="assistant",
        text=turn.reply or "",
        turn_id=turn.id,
        status=turn.status,
        created_at=turn.finished_at or turn.created_at,
        rating=turn.rating,
        rating_reason=turn.rating_reason,
    )
    for event in turn.shown:
        match event:
            case RecordFiled() | RecordUpdated():
                answered.records.append(
                    ShownRecord(
                        kind=event.kind,
                        reference=event.reference,
                        record=event.record,
                        is_new=isinstance(event, RecordFiled),
                    )
                )
            case Sources():
                answered.sources.extend(event.items)
            case Notice():
                answered.notices.append(
                    ShownNotice(level=event.level, code=event.code, text=event.text)
                )
    return [asked, answered]
