"""Scores one played case: records, fields, emergency, behaviours. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass

from townhall.evaluation.behaviours import check_behaviours
from townhall.evaluation.cases import Case, ExpectedFeedback, ExpectedIncident, ExpectedRecord
from townhall.evaluation.comparison import contains_any
from townhall.evaluation.matching import Matching, match
from townhall.evaluation.played import PlayedCase, StoredRecord
from townhall.events import RecordFiled, RecordUpdated
from townhall.town import Town


@dataclass(frozen=True)
class FieldScore:
    """Whether a field of a filed record is right; `wanted` says what would have been."""

    field: str
    is_right: bool
    wanted: str
    found: str


@dataclass(frozen=True)
class BehaviourScore:
    """Whether the desk behaved as the label `name` asks."""

    name: str
    is_shown: bool


@dataclass(frozen=True)
class CaseScore:
    """All that is said about one case."""

    played: PlayedCase
    matching: Matching
    fields: tuple[FieldScore, ...]
    behaviours: tuple[BehaviourScore, ...]
    is_alarm: bool
    turns_needed: int | None  # until everything expected was filed; None if it never was

    @property
    def case(self) -> Case:
        """The case itself."""
        return self.played.case

    @property
    def failures(self) -> tuple[str, ...]:
        """What went wrong, a line each; empty if nothing did."""
        wants_alarm = self.case.expect.emergency
        return (
            *(f"turn failed: {each.problem}" for each in self.played.exchanges if each.problem),
            *(f"missing record: {_named(record)}" for record in self.matching.missing),
            *(f"false record: {_filed_name(record)}" for record in self.matching.false),
            *(
                f"{each.field}: {each.found or 'nothing'}; right would be {each.wanted}"
                for each in self.fields
                if not each.is_right
            ),
            *(["emergency not recognised"] if wants_alarm and not self.is_alarm else []),
            *(["false alarm"] if self.is_alarm and not wants_alarm else []),
            *(f"behaviour: {each.name}" for each in self.behaviours if not each.is_shown),
        )


def score_case(played: PlayedCase, town: Town) -> CaseScore:
    """Return how the conversation measures up to what its case expects."""
    matching = match(played.case.expect, played.records)
    return CaseScore(
        played=played,
        matching=matching,
        fields=tuple(
            each for expected, filed in matching.pairs for each in _score_fields(expected, filed)
        ),
        behaviours=tuple(
            BehaviourScore(name, is_shown) for name, is_shown in check_behaviours(played, town)
        ),
        is_alarm=played.is_alarm(town.emergency.number),
        turns_needed=None if matching.missing or not matching.pairs else _last_filing(played),
    )


def _score_fields(expected: ExpectedRecord, filed: StoredRecord) -> Iterator[FieldScore]:
    if isinstance(expected, ExpectedIncident):
        yield from _score_incident(expected, filed)
    else:
        yield from _score_feedback(expected, filed)
    reporter = filed.text("reporter_name")
    names = expected.reporters
    is_right = contains_any(reporter, names) if names else not reporter
    yield FieldScore("reporter_name", is_right, " or ".join(names) or "no name", reporter)


def _score_incident(expected: ExpectedIncident, filed: StoredRecord) -> Iterator[FieldScore]:
    yield _one_of("incident_type", tuple(sorted(expected.types)), filed)
    if expected.location_any:
        place = filed.text("location")
        is_right = contains_any(place, expected.location_any)
        is_right = is_right and not contains_any(place, expected.location_not)
        unwanted = "".join(f", not {name}" for name in expected.location_not)
        yield FieldScore("location", is_right, " or ".join(expected.location_any) + unwanted, place)
    if expected.dates:
        days = tuple("" if day is None else day.isoformat() for day in expected.dates)
        yield _one_of("date_of_occurrence", days, filed)
    if expected.time is not None:
        yield _one_of("time_of_occurrence", (expected.time,), filed)
    if expected.person_any:
        yield _contains("person_involved", expected.person_any, filed)
    low, high = expected.severity_level
    levels = tuple(str(level) for level in range(low, high + 1))
    yield _one_of("severity_level", levels, filed)
    if expected.description_any:
        yield _contains("description", expected.description_any, filed)


def _score_feedback(expected: ExpectedFeedback, filed: StoredRecord) -> Iterator[FieldScore]:
    yield _one_of("feedback_kind", (expected.feedback_kind,), filed)
    yield _one_of("topic", tuple(sorted(expected.topics)), filed)
    yield _one_of("sentiment", tuple(sorted(expected.sentiments)), filed)
    if expected.summary_any:
        yield _contains("summary", expected.summary_any, filed)


def _one_of(field: str, choices: tuple[str, ...], filed: StoredRecord) -> FieldScore:
    found = filed.text(field)
    wanted = " or ".join(choice or "nothing" for choice in choices)
    return FieldScore(field, found in choices, wanted, found)


def _contains(field: str, choices: tuple[str, ...], filed: StoredRecord) -> FieldScore:
    found = filed.text(field)
    return FieldScore(field, contains_any(found, choices), " or ".join(choices), found)


def _last_filing(played: PlayedCase) -> int:
    filings = [
        number
        for number, exchange in enumerate(played.exchanges, start=1)
        if any(isinstance(event, RecordFiled | RecordUpdated) for event in exchange.events)
    ]
    return filings[-1] if filings else len(played.exchanges)


def _named(expected: ExpectedRecord) -> str:
    if isinstance(expected, ExpectedIncident):
        return f"{expected.incident_type} at {expected.location or 'no place'}"
    return f"{expected.feedback_kind} about {expected.topic}"


def _filed_name(filed: StoredRecord) -> str:
    if filed.kind == "incident":
        return f"{filed.text('incident_type')} at {filed.text('location') or 'no place'}"
    return f"{filed.text('feedback_kind')} about {filed.text('topic')}"
