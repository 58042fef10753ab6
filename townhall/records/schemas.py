"""The shape of incidents and feedback: as proposed by a model, as kept, as shown to a resident."""

import re
from datetime import date, time
from typing import Annotated, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
)

RecordKind = Literal["incident", "feedback"]
RecordState = Literal["open", "in_progress", "resolved", "withdrawn"]

_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_CLOCK = re.compile(r"\d{2}:\d{2}(:\d{2})?", re.ASCII)


def _storable(text: str) -> str:
    # Postgres takes no NUL, neither database half a surrogate pair; the others hide in terminals.
    if _CONTROL.search(text):
        raise ValueError("must not contain control characters")
    return text


def _written_as(pattern: re.Pattern[str], form: str) -> BeforeValidator:
    # pydantic itself would also read "1735689600" as a day, and a time with a zone.
    def check(value: object) -> object:
        if isinstance(value, str) and not pattern.fullmatch(value):
            raise ValueError(f"must be written as {form}")
        return value

    return BeforeValidator(check)


def _text(limit_chars: int) -> StringConstraints:
    return StringConstraints(strip_whitespace=True, min_length=1, max_length=limit_chars)


Line = Annotated[str, _text(500), AfterValidator(_storable)]
Name = Annotated[str, _text(200), AfterValidator(_storable)]
Prose = Annotated[str, _text(8000), AfterValidator(_storable)]
Code = Annotated[str, _text(64), AfterValidator(_storable)]
Day = Annotated[date, _written_as(_DAY, "YYYY-MM-DD")]
Clock = Annotated[time, _written_as(_CLOCK, "HH:MM, 24 hours")]


class Detail(BaseModel):
    """The answer to one of the questions that the taxonomy asks about an incident type."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    code: Code
    value: Line


class IncidentDraft(BaseModel):
    """An incident as proposed; the server adds owner, reference, status and time."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    incident_type: Code
    description: Prose
    location: Line | None = None
    date_of_occurrence: Day | None = None
    time_of_occurrence: Clock | None = None
    person_involved: Line | None = None
    reporter_name: Name | None = None
    severity_level: int = Field(ge=1, le=5)
    details: tuple[Detail, ...] = Field(default=(), max_length=20)


class FeedbackDraft(BaseModel):
    """A suggestion, complaint or praise as proposed."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    feedback_kind: Literal["suggestion", "complaint", "praise"]
    topic: Code
    summary: Prose
    sentiment: Literal["positive", "neutral", "negative"]
    reporter_name: Name | None = None


Draft = IncidentDraft | FeedbackDraft
DRAFTS: dict[RecordKind, type[IncidentDraft] | type[FeedbackDraft]] = {
    "incident": IncidentDraft,
    "feedback": FeedbackDraft,
}


class FilingOutcome(BaseModel):
    """What became of a proposed record or change; the model reads it as JSON, the journal keeps it.

    Only `refused` is without reference and record; it has a reason and an instruction instead.
    `is_news` says whether the record is another one than before.
    """

    model_config = ConfigDict(frozen=True)

    status: Literal["filed", "already_filed", "amended", "withdrawn", "refused"]
    kind: RecordKind | None = None
    reference: str | None = None
    record: dict[str, object] | None = None
    reason: str | None = None
    instruction: str | None = None
    is_news: bool = False

    def as_json(self) -> str:
        """Return what the model reads."""
        return self.model_dump_json(exclude_none=True, exclude={"is_news"})


def refused(kind: RecordKind | None, reason: str, instruction: str) -> FilingOutcome:
    """Return a refusal: `reason` is a code, `instruction` tells the model what to do instead."""
    return FilingOutcome(status="refused", kind=kind, reason=reason, instruction=instruction)
