"""The public status of one record, for whoever has its reference number."""

from datetime import date, datetime
from typing import Annotated

from fastapi import APIRouter, Path
from pydantic import BaseModel, Field

from townhall.errors import DatabaseUnavailable, NotFound
from townhall.records.schemas import RecordKind, RecordState
from townhall.records.status import RecordStatus, find_status
from townhall.routes.chat import REFUSALS
from townhall.routes.dependencies import Asker, Desk
from townhall.routes.errors import documented
from townhall.town import Town

router = APIRouter(prefix="/reports", tags=["reports"])

Reference = Annotated[
    str,
    Path(
        description="As it was given or as somebody wrote it down: case, dashes and spaces do not "
        "matter. 0, 1, I, L, O and U stand in no reference and are not guessed at.",
        examples=["INC-7KQ4-M2XD"],
    ),
]


class ReportStatus(BaseModel):
    """Where a report stands. Nothing of what it says, and nobody's name."""

    kind: RecordKind
    reference: str
    type: str = Field(description="The incident type or the feedback topic, in words.")
    status: RecordState
    created_at: datetime | date = Field(description="Only the day, if the type is private.")
    updated_at: datetime | date = Field(description="Only the day, if the type is private.")


@router.get("/{reference}", responses=documented(*REFUSALS, NotFound, DatabaseUnavailable))
async def get_report(reference: Reference, desk: Desk, asker: Asker) -> ReportStatus:
    """Tell where a report stands, by its reference number."""
    found = await find_status(desk.database, reference)
    if found is None:
        raise NotFound("There is no report of that reference. Check it letter by letter.")
    name, is_private = _named(desk.town, found)
    created, updated = found.created_at, found.updated_at
    return ReportStatus(
        kind=found.kind,
        reference=found.reference,
        type=name,
        status=found.state,
        created_at=created.astimezone(desk.town.zone).date() if is_private else created,
        updated_at=updated.astimezone(desk.town.zone).date() if is_private else updated,
    )


def _named(town: Town, found: RecordStatus) -> tuple[str, bool]:
    """Return what people call the type, and whether it is private; one the town dropped may be."""
    if found.kind == "feedback":
        topic = town.feedback_topic(found.code)
        return (topic.name if topic else found.code), False
    kind = town.incident_type(found.code)
    return (kind.name, kind.private) if kind else (found.code, True)
