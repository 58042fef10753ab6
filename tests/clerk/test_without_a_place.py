"""A resident who cannot say where it is: asked twice, then taken at their word."""

from datetime import datetime

import pytest

from tests.clerk.desk import SAMPLE, Desk

NOW = datetime(2026, 3, 10, 9, 0, tzinfo=SAMPLE.zone)


@pytest.mark.parametrize("ends", ["I really don't know", "just file it please"])
def test_asked_twice(ends: str) -> None:
    """The report is filed in the end, with the resident's own words in the place's stead."""
    desk = Desk(NOW)
    desk.say("There is a big pothole.")
    assert "Without a place" in desk.say("I don't know")
    assert ends in desk.say(ends)
    desk.say("yes")
    (record,) = desk.live()
    assert (record["incident_type"], record["location"]) == ("pothole", ends)


def test_a_place_that_is_remembered() -> None:
    """Who remembers after all is asked for nothing more."""
    desk = Desk(NOW)
    for said in ("There is a big pothole.", "I don't know", "Luna Street!", "yes"):
        desk.say(said)
    assert [record["location"] for record in desk.live()] == ["Luna Street"]


def test_place_and_name_in_one_answer() -> None:
    """An answer that gives the resident's name too is still an answer."""
    desk = Desk(NOW)
    for said in ("There is a big pothole", "12 Rizal Street. I am Pedro Gil", "yes"):
        desk.say(said)
    (record,) = desk.live()
    assert (record["location"], record["reporter_name"]) == ("12 Rizal Street", "Pedro Gil")
