"""How one case is scored: every field both ways, what is not scored, emergencies, failures."""

from typing import Any

import pytest

from tests.evaluation.builders import (
    BENCHES,
    POTHOLE,
    alarm,
    case,
    exchange,
    feedback,
    incident,
    played,
)
from townhall.evaluation.comparison import contains_any, fold
from townhall.evaluation.played import StoredRecord
from townhall.evaluation.scoring import CaseScore, score_case
from townhall.events import RecordFiled, TurnEvent, TurnFailed
from townhall.town import load_town

TOWN = load_town(None)


def score(label: dict[str, Any], *records: StoredRecord) -> dict[str, bool]:
    """Return which fields were scored, and whether they are right."""
    scored = score_case(played(case(records=[label]), exchange("Filed."), records=records), TOWN)
    return {each.field: each.is_right for each in scored.fields}


@pytest.mark.parametrize(
    ("field", "label", "value", "is_right"),
    [
        ("incident_type", {}, "pothole", True),
        ("incident_type", {}, "road_hazard", True),
        ("incident_type", {}, "graffiti", False),
        ("location", {}, "MABINI st", True),
        ("location", {"location_any": ["Peña"]}, "calle pena 4", True),
        ("location", {}, "Rizal Avenue", False),
        ("location", {}, None, False),
        ("location", {"location_not": ["Oak"]}, "Mabini, not Oak", False),
        ("location", {"location_not": ["Oak"]}, "Mabini", True),
        ("date_of_occurrence", {"date_any": ["2026-03-09"]}, "2026-03-09", True),
        ("date_of_occurrence", {"date_any": ["2026-03-09"]}, "2026-03-10", False),
        ("date_of_occurrence", {"date_any": ["2026-03-09"]}, None, False),
        ("date_of_occurrence", {"date_any": [None, "2026-03-09"]}, None, True),
        ("date_of_occurrence", {"date_any": [None]}, "2026-03-09", False),
        ("date_of_occurrence", {"date_of_occurrence": "2026-03-09"}, "2026-03-09", True),
        ("time_of_occurrence", {"time": "21:00"}, "21:00", True),
        ("time_of_occurrence", {"time": "21:00"}, "09:00", False),
        ("time_of_occurrence", {"time": "21:00"}, None, False),
        ("person_involved", {"person_any": ["hoodie"]}, "a guy in a red Hoodie", True),
        ("person_involved", {"person_any": ["hoodie"]}, None, False),
        ("reporter_name", {"reporter_any": ["Ana Cruz"]}, "ana cruz", True),
        ("reporter_name", {"reporter_any": ["Ana Cruz"]}, None, False),
        ("reporter_name", {"reporter_name": "Ana Cruz"}, "Ana Cruz", True),
        ("reporter_name", {}, None, True),
        ("reporter_name", {}, "Ana Cruz", False),
        ("severity_level", {}, 2, True),
        ("severity_level", {}, 4, True),
        ("severity_level", {}, 5, False),
        ("severity_level", {}, 1, False),
        ("description", {"description_any": ["deep", "wide"]}, "A DEEP hole", True),
        ("description", {"description_any": ["deep"]}, "A hole", False),
    ],
)
def test_incident_field_is_right_or_wrong(
    field: str, label: dict[str, Any], value: object, is_right: bool
) -> None:
    """Each field of a matched incident is right when it is one of the accepted answers."""
    assert score({**POTHOLE, **label}, incident(**{field: value}))[field] is is_right


@pytest.mark.parametrize(
    ("field", "label", "value", "is_right"),
    [
        ("feedback_kind", {}, "suggestion", True),
        ("feedback_kind", {}, "complaint", False),
        ("topic", {"topic_any": ["environment"]}, "environment", True),
        ("topic", {}, "environment", False),
        ("sentiment", {"sentiment_any": ["positive"]}, "positive", True),
        ("sentiment", {}, "negative", False),
        ("summary", {}, "More BENCHes", True),
        ("summary", {}, "More trees", False),
        ("reporter_name", {}, "Ana", False),
        ("reporter_name", {"reporter_name": "Ana"}, "Ana Cruz", True),
    ],
)
def test_feedback_field_is_right_or_wrong(
    field: str, label: dict[str, Any], value: object, is_right: bool
) -> None:
    """Each field of matched feedback is right when it is one of the accepted answers."""
    assert score({**BENCHES, **label}, feedback(**{field: value}))[field] is is_right


def test_empty_lists_are_not_scored() -> None:
    """A place, date, time, person or text that the labels leave open is not scored."""
    scored = score({**POTHOLE, "location_any": []}, incident())
    assert set(scored) == {"incident_type", "severity_level", "reporter_name"}
    assert "summary" not in score({**BENCHES, "summary_any": []}, feedback())


def test_optional_records_are_not_scored() -> None:
    """An optional record that was filed is neither false nor part of the accuracy."""
    of = case(optional_records=[POTHOLE])
    scored = score_case(played(of, exchange("Filed."), records=(incident(),)), TOWN)
    assert scored.fields == ()
    assert scored.failures == ()


@pytest.mark.parametrize(
    ("reply", "events", "is_alarm"),
    [
        ("Call 911 now.\nThis desk sends nobody.", (), True),
        ("\n\n  911!", (), True),
        ("Noted.", (alarm(),), True),
        ("Noted.\nIn an emergency call 911.", (), False),
        ("Your report is number 19114.", (), False),
        ("", (), False),
    ],
)
def test_alarm_is_a_notice_or_the_first_line(
    reply: str, events: tuple[TurnEvent, ...], is_alarm: bool
) -> None:
    """An emergency is told by a notice of that level or by the number in the first line."""
    scored = score_case(played(case(), exchange(reply, *events)), TOWN)
    assert scored.is_alarm is is_alarm
    assert scored.failures == (("false alarm",) if is_alarm else ())


def test_missed_emergency_is_a_failure() -> None:
    """An emergency that the desk did not see is named as such."""
    scored = score_case(played(case(emergency=True), exchange("Noted.")), TOWN)
    assert scored.failures == ("emergency not recognised",)


def test_failures_say_what_was_wrong_and_what_right() -> None:
    """Each failure is one line: records, fields with the right answer, behaviours, failed turns."""
    failed = TurnFailed(problem={"code": "provider-timeout"})
    of = case(records=[POTHOLE, BENCHES], must_not=["incident_record"])
    went = played(
        of,
        exchange("Filed.", failed),
        records=(incident(location=None), incident(incident_type="graffiti")),
    )
    assert score_case(went, TOWN).failures == (
        "turn failed: provider-timeout",
        "missing record: suggestion about parks_recreation",
        "false record: graffiti at Mabini Street",
        "location: nothing; right would be Mabini",
        "behaviour: incident_record",
    )


def _filed() -> RecordFiled:
    return RecordFiled(kind="incident", reference="INC-7KQ4-M2XD", record={})


@pytest.mark.parametrize(
    ("records", "turns"), [((incident(),), 2), ((), None)], ids=["filed", "not filed"]
)
def test_turns_are_counted_until_the_last_filing(
    records: tuple[StoredRecord, ...], turns: int | None
) -> None:
    """Turns needed end with the last filing; thanks afterwards does not count."""
    talk = (exchange("Right?"), exchange("Filed.", _filed()), exchange("You are welcome."))
    scored: CaseScore = score_case(played(case(records=[POTHOLE]), *talk, records=records), TOWN)
    assert scored.turns_needed == turns


def test_comparison_keeps_japanese_voicing() -> None:
    """Accents, case and spacing do not count; the marks that make がき out of かき do."""
    assert fold("  CAFÉ\n Ｎｏ．１ ") == "cafe no.1"
    assert contains_any("Purok  Niño", ["purok nino"])
    assert fold("ガ") != fold("カ")
    assert not contains_any("", ["x"])
