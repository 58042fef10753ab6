"""Day and time of day, relative to when the resident wrote: Tuesday 10 March 2026, 10:00."""

import json
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from townhall.clerk.when import When, when_in

SENT = datetime(2026, 3, 10, 10, 0, tzinfo=ZoneInfo("Asia/Manila"))

# What residents say of time, with the day and the clock that it means.
SAID = Path(__file__).with_name("when.jsonl")


def _said() -> list[dict[str, str | None]]:
    return [json.loads(line) for line in SAID.read_text(encoding="utf-8").splitlines()]


def _is_read(case: dict[str, str | None]) -> bool:
    return _shown(when_in(str(case["says"]), SENT)) == (case["day"], case["clock"])


def _shown(when: When) -> tuple[str | None, str | None]:
    day = when.day.isoformat() if when.day else None
    return day, f"{when.clock:%H:%M}" if when.clock else None


def test_many_ways_to_say_when() -> None:
    """Days, holidays and clocks are read from all the expressions that the rules were made for."""
    assert [case["says"] for case in _said() if not _is_read(case)] == []


@pytest.mark.parametrize(
    ("text", "day", "clock"),
    [
        ("last night around 9", "2026-03-09", "21:00"),
        ("last night at 1 am", "2026-03-10", "01:00"),
        ("yesterday around 3 PM, I saw", "2026-03-09", "15:00"),
        ("today around 6:15", "2026-03-10", "06:15"),
        ("around 5:30 this morning", "2026-03-10", "05:30"),
        ("since 6 am today", "2026-03-10", "06:00"),
        ("I saw the truck there at 10 pm yesterday", "2026-03-09", "22:00"),
        ("yesterday at about quarter to eleven at night", "2026-03-09", "22:45"),
        ("Sunday evening at half past eight", "2026-03-08", "20:30"),
        ("on Friday", "2026-03-06", None),
        ("supposed to come monday", "2026-03-09", None),
        ("Monday, around 4 in the afternoon", "2026-03-09", "16:00"),
        ("last Friday at noon", "2026-03-06", "12:00"),
        ("since the storm on Monday night", "2026-03-09", None),
        ("March 3rd between 2 and 4 pm", "2026-03-03", "14:00"),
        ("from 8 to 10 in the morning on March 1", "2026-03-01", "08:00"),
        ("Dec 31 at 23:50", "2025-12-31", "23:50"),
        ("not collected on the 28th", "2026-02-28", None),
        ("on 2026-02-14", "2026-02-14", None),
        ("about an hour ago", "2026-03-10", None),
        ("a couple of days ago", "2026-03-08", None),
        ("two weeks ago", "2026-02-24", None),
        ("the day before yesterday", "2026-03-08", None),
        ("lost it yestrday", "2026-03-09", None),
        ("right now", "2026-03-10", None),
        ("it happened at 2pm", "2026-03-09", "14:00"),
        ("simula kahapon", "2026-03-09", None),
        ("kagabi mga alas-nuwebe", "2026-03-09", "21:00"),
        ("alas 3 ng hapon kahapon", "2026-03-09", "15:00"),
        ("noong Biyernes", "2026-03-06", None),
        ("ayer a las 9 de la noche", "2026-03-09", "21:00"),
        ("el lunes a las 15:30", "2026-03-09", "15:30"),
        ("hace 3 días", "2026-03-07", None),
        ("昨日の夜", "2026-03-09", None),
        ("昨日の午後3時ごろ", "2026-03-09", "15:00"),
        ("今朝7時半", "2026-03-10", "07:30"),
        ("三日前から", "2026-03-07", None),
    ],
)
def test_a_day_and_a_time(text: str, day: str | None, clock: str | None) -> None:
    """What residents say of time becomes a date and a time in the town's zone."""
    assert _shown(when_in(text, SENT)) == (day, clock)


@pytest.mark.parametrize(
    "text",
    [
        "at 27 Bonifacio St",
        "three men at 9 Mabini St",
        "on 3rd street",
        "the 5th floor",
        "I may say it 3 times",
        "he could do it by Friday",
        "it wasn't there at Friday prayers",
        "number 12 bus",
        "May malaking lubak",
    ],
)
def test_no_time_at_all(text: str) -> None:
    """Numbers of houses and floors, and days to come, are no time of an incident."""
    assert _shown(when_in(text, SENT)) == (None, None)


@pytest.mark.parametrize(
    "text",
    ["every night at 11", "gabi-gabi", "todas las noches", "毎晩", "every Saturday after midnight"],
)
def test_what_happens_again_and_again(text: str) -> None:
    """A habit has neither a day nor a time."""
    when = when_in(text, SENT)
    assert when.recurring
    assert _shown(when) == (None, None)


def test_the_end_of_a_stretch_is_not_its_time() -> None:
    """Only the beginning counts: "till 3am" is no time of occurrence."""
    assert when_in("videoke till 3am on Sunday", SENT).clock is None


def test_the_evening_after_midnight() -> None:
    """Shortly after midnight "tonight" is the evening that has just passed."""
    late = datetime(2026, 3, 1, 0, 10, tzinfo=SENT.tzinfo)
    assert _shown(when_in("tonight around 10", late)) == ("2026-02-28", "22:00")


def test_a_correction_takes_the_last_day() -> None:
    """In a correction the day named last is meant, and a negated one never."""
    text = "wait, Tuesday I was in Manila. It was Monday, around 4 in the afternoon"
    assert _shown(when_in(text, SENT, prefer_last=True)) == ("2026-03-09", "16:00")
    assert _shown(when_in("Sunday, not Monday", SENT, prefer_last=True)) == ("2026-03-08", None)
