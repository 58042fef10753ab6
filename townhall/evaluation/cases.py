"""The labelled file: one conversation per line, what the resident says and what should come of it.

A key may be left out where its default says "not scored". A key or a behaviour that nothing here
knows does not stop the run; `Case.unknown_keys` names it, so that no label is silently unchecked.
"""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

Level = Annotated[int, Field(ge=1, le=5)]


class CasesError(ValueError):
    """The labelled file cannot be used; the message has one line per mistake."""


class _Label(BaseModel):
    model_config = ConfigDict(frozen=True, extra="allow")


class _ExpectedRecord(_Label):
    reporter_name: str | None = None
    reporter_any: tuple[str, ...] = ()

    @property
    def reporters(self) -> tuple[str, ...]:
        """The names that count as right; none: the record must not carry one."""
        return self.reporter_any or tuple(filter(None, [self.reporter_name]))


class ExpectedIncident(_ExpectedRecord):
    """An incident to be filed; the `_any` lists hold all that counts as right.

    `public_not` is for tests of the public pages, which show no text: it is not scored here.
    """

    kind: Literal["incident"]
    incident_type: str
    incident_type_any: tuple[str, ...] = ()
    location: str | None = None
    location_any: tuple[str, ...] = ()
    location_not: tuple[str, ...] = ()
    date_of_occurrence: date | None = None
    date_any: tuple[date | None, ...] = ()
    time: str | None = None
    person_involved: str | None = None
    person_any: tuple[str, ...] = ()
    severity_level: tuple[Level, Level] = (1, 5)
    description_any: tuple[str, ...] = ()
    anonymous: bool = False
    public_not: tuple[str, ...] = ()

    @property
    def types(self) -> frozenset[str]:
        """The incident types that count as right."""
        return frozenset({self.incident_type, *self.incident_type_any})

    @property
    def dates(self) -> tuple[date | None, ...]:
        """The dates that count as right; none: not scored."""
        return self.date_any or tuple(filter(None, [self.date_of_occurrence]))


class ExpectedFeedback(_ExpectedRecord):
    """An opinion to be filed."""

    kind: Literal["feedback"]
    feedback_kind: str
    topic: str
    topic_any: tuple[str, ...] = ()
    sentiment: str
    sentiment_any: tuple[str, ...] = ()
    summary_any: tuple[str, ...] = ()

    @property
    def topics(self) -> frozenset[str]:
        """The topics that count as right."""
        return frozenset({self.topic, *self.topic_any})

    @property
    def sentiments(self) -> frozenset[str]:
        """The sentiments that count as right."""
        return frozenset({self.sentiment, *self.sentiment_any})


ExpectedRecord = ExpectedIncident | ExpectedFeedback
_Record = Annotated[ExpectedRecord, Field(discriminator="kind")]


class Expectation(_Label):
    """What should come of a conversation: `records` and no more, `optional_records` or not."""

    intent: str = ""
    emergency: bool
    records: tuple[_Record, ...]
    optional_records: tuple[_Record, ...] = ()
    ask_for: tuple[str, ...] = ()
    reply_must: tuple[str, ...] = ()
    must_not: tuple[str, ...] = ()


class Case(BaseModel):
    """One labelled conversation; `now` is its clock from the first message to the last."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: str = Field(min_length=1)
    now: AwareDatetime
    lang: str = "en"
    tags: tuple[str, ...] = ()
    turns: tuple[Annotated[str, Field(min_length=1, max_length=8000)], ...] = Field(min_length=1)
    expect: Expectation

    @property
    def unknown_keys(self) -> tuple[str, ...]:
        """The keys of the labels that are not part of the format."""
        expect = self.expect
        labels = (expect, *expect.records, *expect.optional_records)
        return tuple(key for label in labels for key in label.model_extra or {})


def read_cases(file: Path) -> tuple[Case, ...]:
    """Return the conversations of `file` in its order; CasesError names every line at fault."""
    try:
        # Not splitlines(): JSON strings may hold Unicode's other line ends.
        lines = file.read_text(encoding="utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise CasesError(f"{file}: {error}") from error
    cases: list[Case] = []
    mistakes: list[str] = []
    seen: dict[str, int] = {}
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            case = Case.model_validate_json(line)
        except ValidationError as error:
            mistakes += [f"{file.name}:{number}: {reason}" for reason in _reasons(error)]
            continue
        if (first := seen.setdefault(case.id, number)) != number:
            mistakes.append(f"{file.name}:{number}: id: {case.id} is also in line {first}")
        cases.append(case)
    if not cases and not mistakes:
        mistakes.append(f"{file.name}: there is no conversation in it")
    if mistakes:
        raise CasesError("\n".join(mistakes))
    return tuple(cases)


def _reasons(error: ValidationError) -> Iterator[str]:
    for each in error.errors(include_url=False):
        where = ".".join(str(part) for part in each["loc"])
        yield f"{where}: {each['msg']}" if where else each["msg"]
