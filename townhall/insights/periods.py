"""Periods as people name them, in the town's zone, and the period that each is compared with.

A period that is still running is compared with the same stretch of the one before: on 10 March,
this month is set against 1 to 10 February, to the minute. A full period against a full one.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Literal

Period = Literal[
    "today",
    "yesterday",
    "this_week",
    "last_week",
    "this_month",
    "last_month",
    "this_year",
    "last_year",
    "all",
]
Unit = Literal["day", "week", "month", "year"]


@dataclass(frozen=True)
class Span:
    """From `start` on, to before `end`; None is without bound. `first` and `last` are its days."""

    name: str
    start: datetime | None
    end: datetime | None
    first: date | None
    last: date

    @property
    def label(self) -> str:
        """The name and the days: `this month (1 to 10 March 2026)`."""
        return f"{self.name} ({_days(self.first, self.last)})"


# The unit, and what the period before is called.
_RUNNING: dict[str, tuple[Unit, str]] = {
    "today": ("day", "yesterday up to the same time"),
    "this_week": ("week", "last week up to the same day and time"),
    "this_month": ("month", "last month up to the same day and time"),
    "this_year": ("year", "last year up to the same day and time"),
}
_FULL: dict[str, tuple[Unit, str]] = {
    "yesterday": ("day", "the day before"),
    "last_week": ("week", "the week before"),
    "last_month": ("month", "the month before"),
    "last_year": ("year", "the year before"),
}


def span_of(period: Period, now: datetime) -> Span:
    """Return the period; `now` is in the town's zone. Weeks begin on Monday."""
    name = period.replace("_", " ")
    if period == "all":
        return Span("all time", None, None, None, now.date())
    if period in _RUNNING:
        begin = _begin(now.date(), _RUNNING[period][0])
        end = _begin_after(begin, _RUNNING[period][0])
        return Span(name, _midnight(begin, now), _midnight(end, now), begin, now.date())
    unit, _ = _FULL[period]
    return _full(name, _begin_before(_begin(now.date(), unit), unit), unit, now)


def span_before(period: Period, now: datetime) -> Span | None:
    """Return what the period is compared with; None for all time."""
    if period == "all":
        return None
    if period in _FULL:
        unit, name = _FULL[period]
        begin = _begin_before(_begin(now.date(), unit), unit)
        return _full(name, _begin_before(begin, unit), unit, now)
    unit, name = _RUNNING[period]
    begin = _begin(now.date(), unit)
    before = _begin_before(begin, unit)
    end = min(_same_stretch(before, begin, unit, now), _midnight(begin, now))
    last = (end - timedelta(microseconds=1)).date()
    return Span(name, _midnight(before, now), end, before, max(last, before))


def _full(name: str, begin: date, unit: Unit, now: datetime) -> Span:
    end = _begin_after(begin, unit)
    return Span(name, _midnight(begin, now), _midnight(end, now), begin, end - timedelta(days=1))


def _same_stretch(before: date, begin: date, unit: Unit, now: datetime) -> datetime:
    """Return the moment that lies after `before` as now lies after `begin`, by the wall clock."""
    if unit == "year":
        day = min(now.day, _length_of_month(now.date().replace(year=now.year - 1, day=1)))
        return now.replace(year=now.year - 1, day=day)
    return now + (before - begin)


def _length_of_month(first: date) -> int:
    return (_begin_after(first, "month") - first).days


def _begin(day: date, unit: Unit) -> date:
    match unit:
        case "day":
            return day
        case "week":
            return day - timedelta(days=day.weekday())
        case "month":
            return day.replace(day=1)
        case "year":
            return day.replace(month=1, day=1)


def _begin_after(begin: date, unit: Unit) -> date:
    # Longer than any such unit and shorter than two.
    return _begin(
        begin + timedelta(days={"day": 1, "week": 7, "month": 31, "year": 366}[unit]), unit
    )


def _begin_before(begin: date, unit: Unit) -> date:
    return _begin(begin - timedelta(days=1), unit)


def _midnight(day: date, now: datetime) -> datetime:
    return datetime.combine(day, time.min, tzinfo=now.tzinfo)


def _days(first: date | None, last: date) -> str:
    end = f"{last.day} {last:%B %Y}"
    if first is None:
        return f"to {end}"
    if first == last:
        return end
    if (first.year, first.month) == (last.year, last.month):
        return f"{first.day} to {end}"
    if first.year == last.year:
        return f"{first.day} {first:%B} to {end}"
    return f"{first.day} {first:%B %Y} to {end}"
