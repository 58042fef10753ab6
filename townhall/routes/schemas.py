"""The bodies of requests and answers, as OpenAPI shows them."""

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from townhall.events import Source
from townhall.records.schemas import RecordKind
from townhall.routes.dependencies import (
    Body,
    Id,
    MessageText,
    MetadataKey,
    MetadataValue,
    RatingReason,
)
from townhall.turns.transcripts import Rating

METADATA_ENTRIES = 16
ChatKitOperation = Literal[
    "attachments.create",
    "attachments.delete",
    "input.transcribe",
    "items.feedback",
    "items.list",
    "threads.add_client_tool_output",
    "threads.add_structured_input",
    "threads.add_user_message",
    "threads.create",
    "threads.custom_action",
    "threads.delete",
    "threads.get_by_id",
    "threads.list",
    "threads.retry_after_item",
    "threads.sync_custom_action",
    "threads.update",
]


class ChatRequest(Body):
    """A message to the desk."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"message": "There is a pothole on Mabini Street.", "session_id": "s1"}]
        },
    )

    message: MessageText
    session_id: Id | None = None
    user_id: Id | None = None
    metadata: dict[MetadataKey, MetadataValue] = Field(default={}, max_length=METADATA_ENTRIES)


class TurnRequest(Body):
    """A message to the desk in a session that exists."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"message": "Yes, that is right."}]}
    )

    message: MessageText
    metadata: dict[MetadataKey, MetadataValue] = Field(default={}, max_length=METADATA_ENTRIES)


class ChatKitRequest(BaseModel):
    """A request of a ChatKit front end; `params` are as the chatkit package defines them."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"type": "threads.list", "params": {"limit": 20}}]}
    )

    type: ChatKitOperation
    params: dict[str, Any]
    metadata: dict[str, Any] = {}


class CreateSessionRequest(Body):
    """Whose session it is to be; empty for a new anonymous user."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{}]})

    user_id: Id | None = None


class ClaimRequest(Body):
    """Which anonymous user's sessions."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"token": "ey..."}]})

    token: SecretStr = Field(description="The anonymous token of `POST /sessions/create`.")


class SessionsClaimed(BaseModel):
    """The sessions are the caller's now."""

    claimed: int


class ChatAnswer(BaseModel):
    """A whole turn, for `Accept: application/json`."""

    turn_id: str
    session_id: str
    text: str
    records: list[dict[str, Any]]
    sources: list[dict[str, Any]]
    status: Literal["completed", "cancelled", "interrupted", "failed"]
    problem: dict[str, Any] | None = Field(
        default=None, description="What went wrong; only with status `failed`."
    )


class TurnCancelling(BaseModel):
    """A turn that somebody wants stopped, with its status at this moment."""

    turn_id: str
    status: Literal["queued", "running", "interrupted", "completed", "cancelled", "failed"] = Field(
        description="`running` until its worker has stopped it."
    )


class SessionSummary(BaseModel):
    """A session in a list."""

    session_id: str
    user_id: str
    group_id: str
    title: str
    created_at: datetime
    last_active: datetime
    message_count: int


class SessionDetails(SessionSummary):
    """A session, with the turn that runs or waits in it."""

    current_turn: str | None


class SessionCreated(BaseModel):
    """A new session and the token that opens it to its user from elsewhere."""

    session_id: str
    user_id: str
    group_id: str
    created_at: datetime
    token: str


class SessionList(BaseModel):
    """A page of sessions, newest activity first."""

    total: int
    sessions: list[SessionSummary]
    next: str | None = Field(description="Send it as `after` for the next page.")


class SessionDeleted(BaseModel):
    """The session is gone."""

    status: Literal["deleted"]
    session_id: str


class TurnRating(Body):
    """What a resident thinks of a reply; null takes it back, with its reason."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"rating": "negative", "reason": "The hours are wrong."}]},
    )

    rating: Rating | None
    reason: RatingReason | None = None


class TurnRated(BaseModel):
    """A reply with what its resident thinks of it."""

    turn_id: str
    rating: Rating | None
    reason: str | None


class ShownRecord(BaseModel):
    """A record as the resident could see it when the reply filed or changed it."""

    kind: RecordKind
    reference: str
    record: dict[str, Any]
    is_new: bool = Field(description="Filed, not changed.")


class ShownNotice(BaseModel):
    """Something that was shown apart from the reply."""

    level: Literal["emergency", "warning", "info"]
    code: str
    text: str


class TranscriptMessage(BaseModel):
    """One message of a transcript. What follows `created_at` is about replies only."""

    role: Literal["user", "assistant"]
    text: str
    turn_id: str
    status: str
    created_at: datetime
    records: list[ShownRecord] = []
    sources: list[Source] = []
    notices: list[ShownNotice] = []
    rating: Rating | None = None
    rating_reason: str | None = None


class Transcript(BaseModel):
    """A page of a conversation, oldest first; `total` counts its turns."""

    total: int
    messages: list[TranscriptMessage]
    next: str | None = Field(description="Send it as `after` for the next page.")
