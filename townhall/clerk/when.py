"""Day and time of day together, in the town's zone, relative to when the resident wrote."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from townhall.clerk.clock import Clock, clock_in
from townhall.clerk.days import Day, days_in, is_recurring


@dataclass(frozen=True)
class When:
    """The day and time said in a text; None where not said. `spans`: the words that said so."""

    day: date | None = None
    clock: time | None = None
    recurring: bool = False
    spans: tuple[tuple[int, int], ...] = ()


def when_in(text: str, sent: datetime, prefer_last: bool = False) -> When:
    """Return when it happened; of several days the first, or in a correction the last."""
    days = days_in(text, sent)
    day = (days[-1] if prefer_last else days[0]) if days else None
    recurring = is_recurring(text)
    clock = clock_in(text, is_night=day is not None and day.night)
    spans = tuple((each.start, each.end) for each in days)
    if clock is not None:
        spans += ((clock.start, clock.end),)
    if recurring:
        return When(day.date if day else None, None, True, spans)
    if clock is None:
        return When(day.date if day else None, None, False, spans)
    return When(*_settle(day, clock, sent), False, spans)


def _settle(day: Day | None, clock: Clock, sent: datetime) -> tuple[date, time | None]:
    """Decide the open questions: morning or afternoon, and today or yesterday."""
    said = clock.time
    here = day.date if day else sent.date()
    if not clock.is_certain and 1 <= said.hour <= 11:
        said = _likelier(said, here, sent)
    if day is not None and day.night and said.hour < 5:
        return here + timedelta(days=1), said
    if datetime.combine(here, said, sent.tzinfo) > sent:
        # "Today at 5", said at noon, is a plan.
        return (here - timedelta(days=1), said) if day is None else (here, None)
    return here, said


def _likelier(said: time, day: date, sent: datetime) -> time:
    later = said.replace(hour=said.hour + 12)
    if day == sent.date():
        is_past = datetime.combine(day, later, sent.tzinfo) <= sent
        return later if is_past else said
    return later if said.hour < 7 else said
