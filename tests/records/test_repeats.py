"""When two drafts are one record, and what the record says then."""

from typing import Any

import pytest

from townhall.records.repeats import combined, tells_the_same
from townhall.records.schemas import FeedbackDraft, IncidentDraft


def told(**fields: Any) -> IncidentDraft:
    pothole = {"incident_type": "pothole", "description": "a pothole", "severity_level": 3}
    return IncidentDraft.model_validate({**pothole, **fields})


def meant(**fields: Any) -> FeedbackDraft:
    lockers = {"feedback_kind": "suggestion", "topic": "other", "sentiment": "neutral"}
    return FeedbackDraft.model_validate({**lockers, "summary": "lockers please", **fields})


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("a deep pothole", "a deep pothole"),
        ("A deep pothole!", "there is a deep pothole"),
        ("a pothole", "a deep pothole, a bus has lost its wheel in it"),
        ("a deep pothole with water in it", "a pothole"),
        ("someone stole my bicycle from the rack", "my bicylce stolen from the rack"),
        ("two lamps are out", "2 lamps out"),
        ("街灯が切れています", "街灯が切れています。もう三日です"),
        ("!!!", "!!!"),
    ],
)
def test_one_thing_said_twice(old: str, new: str) -> None:
    """The same words are the same record, also with more or fewer of them."""
    assert tells_the_same(told(description=old), told(description=new))
    assert tells_the_same(meant(summary=old), meant(summary=new))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("lamp 14 is out", "lamp 15 is out"),
        ("lamp one is out", "lamp two is out"),
        ("my red bicycle was stolen at the rack", "my blue bicycle was stolen at the rack"),
        ("the lamp is out", "another lamp is out"),
        ("a deep pothole", "the kerb is broken"),
        ("街灯１番が切れています", "街灯２番が切れています"),
        ("!!!", "???"),
    ],
)
def test_two_things(old: str, new: str) -> None:
    """Another number, another thing or one more of it is another record."""
    assert not tells_the_same(told(description=old), told(description=new))
    assert not tells_the_same(meant(summary=old), meant(summary=new))


@pytest.mark.parametrize(
    ("old", "new", "is_same"),
    [
        ("Mabini Street", "mabini st.", True),
        ("Mabini Street", "12 Mabini Street, by the church", True),
        (None, "Mabini Street", True),
        ("Mabini Street", None, True),
        ("12 Mabini Street", "14 Mabini Street", False),
        ("Mabini Street", "Rizal Avenue", False),
        ("north gate", "south gate", False),
    ],
)
def test_the_place_decides_too(old: str | None, new: str | None, is_same: bool) -> None:
    """The same words at another place are another record; a more exact place is the same."""
    assert tells_the_same(told(location=old), told(location=new)) is is_same


def test_another_type_or_kind_is_another_record() -> None:
    """A theft is no pothole, a complaint no suggestion, feedback no incident."""
    assert not tells_the_same(told(), told(incident_type="theft"))
    assert not tells_the_same(meant(), meant(feedback_kind="complaint"))
    assert not tells_the_same(told(), meant(summary="a pothole"))


def test_what_is_new_is_added() -> None:
    """The record gets what the second draft knows and keeps what it leaves out."""
    old = told(
        location="Mabini Street",
        reporter_name="Maria",
        details=[{"code": "size", "value": "plate"}, {"code": "road_position", "value": "edge"}],
    )
    new = told(
        description="a pothole, deep",
        location="12 Mabini Street",
        severity_level=4,
        details=[{"code": "size", "value": "tyre"}],
    )
    assert combined(old, new) == told(
        description="a pothole, deep",
        location="12 Mabini Street",
        reporter_name="Maria",
        severity_level=4,
        details=[{"code": "road_position", "value": "edge"}, {"code": "size", "value": "tyre"}],
    )


def test_words_on_both_sides_are_kept() -> None:
    """Where each text has its own words, the record has both, as long as they fit."""
    old = "lockers please at the old market by the river"
    new = "lockers pls at the old market by the river"
    assert combined(meant(summary=old), meant(summary=new)) == meant(summary=f"{old}\n{new}")
    long = meant(summary=f"{old} {'x ' * 3970}")
    assert combined(long, meant(summary=new)) == long


def test_long_texts_are_compared_quickly() -> None:
    """8,000 characters of words that nearly fit take no time that a resident would notice."""
    old = " ".join(f"a{'bcdefghijk'[i % 10]}{'lmnopqrstu'[i // 10 % 10]}xy" for i in range(1300))
    assert not tells_the_same(told(description=old), told(description=old.replace("xy", "zw")))
