"""Records for the town's staff: list, read, move on, note. Nobody else gets past `Staff`."""

from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from townhall.access import Caller
from townhall.errors import (
    BodyTooLarge,
    MalformedJson,
    NotFound,
    RequestTimeout,
    RoleRequired,
    UnsupportedMediaType,
)
from townhall.records.casework import RecordFile, Wanted, list_records, read_record, work_on
from townhall.records.schemas import RecordKind, RecordState
from townhall.routes.chat import REFUSALS
from townhall.routes.dependencies import Asker, Body, Desk, JsonBody, Storable
from townhall.routes.errors import documented
from townhall.routes.records import Reference
from townhall.telemetry.logs import get_logger

router = APIRouter(prefix="/records", tags=["staff"])
logger = get_logger("townhall.access")

PAGE = 50
MAX_PAGE = 200
NOTE_CHARACTERS = 4000


async def staff(asker: Asker) -> Caller:
    """Return the member of staff who asks, or refuse."""
    if asker.kind != "staff":
        raise RoleRequired(
            "This is for the town's staff: who signed in with the role, or has a token of "
            "`townhall token --staff NAME`."
        )
    return asker


Staff = Annotated[Caller, Depends(staff)]


class RecordSummary(BaseModel):
    """A record in a list: nobody's words and nobody's name."""

    kind: RecordKind
    reference: str
    code: str = Field(description="The incident type or the feedback topic.")
    status: RecordState
    created_at: datetime
    updated_at: datetime


class RecordList(BaseModel):
    """A page of records, newest first."""

    total: int
    records: list[RecordSummary]
    next: int | None = Field(description="Send it as `after` for the next page.")


class Deed(BaseModel):
    """Who did what to the record, when."""

    action: str = Field(description="filed, amended, withdrawn, viewed, moved or noted.")
    changes: dict[str, Any]
    actor: str
    at: datetime


class RecordDetails(BaseModel):
    """A record whole, with its history, oldest first."""

    kind: RecordKind
    reference: str
    status: RecordState
    created_at: datetime
    updated_at: datetime
    record: dict[str, Any]
    history: list[Deed]


def _says_something(work: "Work") -> "Work":
    if work.status is None and work.note is None:
        raise ValueError("give a status, a note or both")
    return work


class Work(Body):
    """What staff did: another status, a note for colleagues, or both."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"status": "in_progress", "note": "Crew sent."}]},
    )

    status: Literal["open", "in_progress", "resolved"] | None = None
    note: (
        Annotated[str, StringConstraints(min_length=1, max_length=NOTE_CHARACTERS), Storable] | None
    ) = None


@router.get("", responses=documented(*REFUSALS, RoleRequired))
async def get_records(
    desk: Desk,
    who: Staff,
    kind: Annotated[RecordKind, Query(description="Which records.")] = "incident",
    status: Annotated[RecordState | None, Query(description="All, if left out.")] = None,
    code: Annotated[
        str | None, Query(max_length=64, pattern=r"^\w+$", examples=["pothole"])
    ] = None,
    limit: Annotated[int, Query(ge=1, le=MAX_PAGE)] = PAGE,
    after: Annotated[
        int | None, Query(ge=1, lt=2**63, description="The `next` of an earlier page.")
    ] = None,
) -> RecordList:
    """List records, newest first."""
    page = await list_records(desk.database, Wanted(kind, status, code), limit, after)
    logger.info("records listed", actor=who.principal, kind=kind, count=len(page.rows))
    return RecordList(
        total=page.total,
        records=[RecordSummary(kind=kind, **_summary(row)) for row in page.rows],
        next=page.next,
    )


@router.get("/{reference}", responses=documented(*REFUSALS, RoleRequired, NotFound))
async def get_record(reference: Reference, desk: Desk, who: Staff) -> RecordDetails:
    """Read a record whole. Its history says that you did."""
    return _details(await read_record(desk.database, reference, who.principal, datetime.now(UTC)))


@router.patch(
    "/{reference}",
    responses=documented(
        *REFUSALS,
        RoleRequired,
        NotFound,
        MalformedJson,
        RequestTimeout,
        BodyTooLarge,
        UnsupportedMediaType,
    ),
    dependencies=[JsonBody],
)
async def change_record(
    reference: Reference,
    desk: Desk,
    who: Staff,
    body: Annotated[Work, AfterValidator(_says_something)],
) -> RecordDetails:
    """Move a record to another status, note something, or both."""
    now = datetime.now(UTC)
    changed = await work_on(
        desk.database, reference, who.principal, now, state=body.status, note=body.note
    )
    return _details(changed)


def _summary(row: Any) -> dict[str, Any]:
    names = ("reference", "code", "status", "created_at", "updated_at")
    return {name: getattr(row, name) for name in names}


def _details(found: RecordFile) -> RecordDetails:
    return RecordDetails(
        kind=found.kind,
        reference=found.reference,
        status=found.state,
        created_at=found.created_at,
        updated_at=found.updated_at,
        record=found.fields,
        history=[Deed(**vars(each)) for each in found.history],
    )
