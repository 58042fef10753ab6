"""The shape of incidents and feedback: as proposed by a model, as kept, as shown to a resident."""

from datetime import date, time
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

RecordKind = Literal["incident", "feedback"]

Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
Prose = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=8000)]
Code = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=64)]


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
    date_of_occurrence: date | None = None
    time_of_occurrence: time | None = None
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


class FilingOutcome(BaseModel):
    """What became of a proposed record; the model reads it as JSON, the journal keeps it.

    `filed` and `already_filed` carry reference and record, `refused` a reason and an instruction.
    """

    model_config = ConfigDict(frozen=True)

    status: Literal["filed", "already_filed", "refused"]
    kind: RecordKind
    reference: str | None = None
    record: dict[str, object] | None = None
    reason: str | None = None
    instruction: str | None = None

    def as_json(self) -> str:
        """Return what the model reads."""
        return self.model_dump_json(exclude_none=True)


def refused(kind: RecordKind, reason: str, instruction: str) -> FilingOutcome:
    """Return a refusal: `reason` is a code, `instruction` tells the model what to do instead."""
    return FilingOutcome(status="refused", kind=kind, reason=reason, instruction=instruction)
