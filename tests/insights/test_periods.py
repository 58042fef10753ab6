"""Periods and what they are compared with, by the town's calendar."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from townhall.insights.periods import Period, span_before, span_of

MANILA = ZoneInfo("Asia/Manila")
NOW = datetime(2026, 3, 11, 14, 30, tzinfo=MANILA)  # a Wednesday


def at(month: int, day: int, hour: int = 0, minute: int = 0, year: int = 2026) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=MANILA)


@pytest.mark.parametrize(
    ("period", "label", "start", "end"),
    [
        ("today", "today (11 March 2026)", at(3, 11), at(3, 12)),
        ("yesterday", "yesterday (10 March 2026)", at(3, 10), at(3, 11)),
        ("this_week", "this week (9 to 11 March 2026)", at(3, 9), at(3, 16)),
        ("last_week", "last week (2 to 8 March 2026)", at(3, 2), at(3, 9)),
        ("this_month", "this month (1 to 11 March 2026)", at(3, 1), at(4, 1)),
        ("last_month", "last month (1 to 28 February 2026)", at(2, 1), at(3, 1)),
        ("this_year", "this year (1 January to 11 March 2026)", at(1, 1), at(1, 1, year=2027)),
        (
            "last_year",
            "last year (1 January to 31 December 2025)",
            at(1, 1, year=2025),
            at(1, 1),
        ),
        ("all", "all time (to 11 March 2026)", None, None),
    ],
)
def test_periods(period: Period, label: str, start: datetime | None, end: datetime | None) -> None:
    """Weeks begin on Monday; the label names the days so far."""
    span = span_of(period, NOW)
    assert (span.label, span.start, span.end) == (label, start, end)


@pytest.mark.parametrize(
    ("period", "label", "start", "end"),
    [
        (
            "today",
            "yesterday up to the same time (10 March 2026)",
            at(3, 10),
            at(3, 10, 14, 30),
        ),
        ("yesterday", "the day before (9 March 2026)", at(3, 9), at(3, 10)),
        (
            "this_week",
            "last week up to the same day and time (2 to 4 March 2026)",
            at(3, 2),
            at(3, 4, 14, 30),
        ),
        (
            "last_week",
            "the week before (23 February to 1 March 2026)",
            at(2, 23),
            at(3, 2),
        ),
        (
            "this_month",
            "last month up to the same day and time (1 to 11 February 2026)",
            at(2, 1),
            at(2, 11, 14, 30),
        ),
        ("last_month", "the month before (1 to 31 January 2026)", at(1, 1), at(2, 1)),
        (
            "this_year",
            "last year up to the same day and time (1 January to 11 March 2025)",
            at(1, 1, year=2025),
            at(3, 11, 14, 30, year=2025),
        ),
        (
            "last_year",
            "the year before (1 January to 31 December 2024)",
            at(1, 1, year=2024),
            at(1, 1, year=2025),
        ),
    ],
)
def test_what_a_period_is_compared_with(
    period: Period, label: str, start: datetime, end: datetime
) -> None:
    """A running period with the same stretch of the one before, a full one with a full one."""
    span = span_before(period, NOW)
    assert span is not None
    assert (span.label, span.start, span.end) == (label, start, end)


@pytest.mark.parametrize(
    ("period", "now", "label", "end"),
    [
        # February has no 30th: it is compared as a whole.
        ("this_month", at(3, 30, 9), "1 to 28 February 2026", at(3, 1)),
        # Nor has last year a 29 February.
        (
            "this_year",
            at(2, 29, 9, year=2028),
            "1 January to 28 February 2027",
            at(2, 28, 9, year=2027),
        ),
        # In the first minute there is nothing to compare yet.
        ("this_month", at(3, 1), "1 February 2026", at(2, 1)),
        ("this_year", at(1, 1), "1 January 2025", at(1, 1, year=2025)),
        ("today", at(1, 1, 0, 5), "31 December 2025", at(12, 31, 0, 5, year=2025)),
        ("this_week", at(1, 1, 8), "22 to 25 December 2025", at(12, 25, 8, year=2025)),
    ],
)
def test_the_edges_of_the_calendar(
    period: Period, now: datetime, label: str, end: datetime
) -> None:
    """Short months, leap years and first minutes."""
    span = span_before(period, now)
    assert span is not None
    assert span.label.endswith(f"({label})")
    assert span.end == end


def test_all_time_has_nothing_before_it() -> None:
    """There is no trend of all time."""
    assert span_before("all", NOW) is None


def test_a_day_of_23_hours() -> None:
    """Where clocks change, a day is from midnight to midnight of the town."""
    berlin = ZoneInfo("Europe/Berlin")
    span = span_of("today", datetime(2026, 3, 29, 12, 0, tzinfo=berlin))
    assert span.start is not None
    assert span.end is not None
    assert span.start.astimezone(UTC) == datetime(2026, 3, 28, 23, 0, tzinfo=UTC)
    assert span.end.astimezone(UTC) == datetime(2026, 3, 29, 22, 0, tzinfo=UTC)
