"""The time of day that a resident says: "around 9", "between 2 and 4 pm", "alas 3 ng hapon"."""

import re
from dataclasses import dataclass
from datetime import time
from functools import lru_cache

from townhall.clerk.text import fold_in_place
from townhall.clerk.vocabulary import load_vocabulary

# Each pattern has the group hour, and those of minute, half (am or pm), part and so on it can have.
_VOCABULARY = load_vocabulary("clock")
_PATTERNS = _VOCABULARY.patterns("patterns")
_HOURS = _VOCABULARY.table("hours")
# "Last night at 1" is the hour after midnight.
_AFTER_MIDNIGHT = (12, 1, 2, 3, 4)
_DAYPARTS = {"am": _VOCABULARY.pattern("am"), "pm": _VOCABULARY.pattern("pm")}
_NAMED = (
    (_VOCABULARY.pattern("midnight"), time(0, 0)),
    (_VOCABULARY.pattern("noon"), time(12, 0)),
)
_SHIFT = _VOCABULARY.table("shift")
_SPOKEN_MINUTES = _VOCABULARY.table("spoken_minutes")
_SAYS_HOUR = _VOCABULARY.pattern("says_hour")
_BEGINS = _VOCABULARY.pattern("begins")
_END_ONLY = _VOCABULARY.pattern("end_only")
# "when I come home at midnight" tells of a habit, not of the incident.
_HABIT = _VOCABULARY.pattern("habit")


@dataclass(frozen=True)
class Clock:
    """A time that was said, where in the text, and whether morning or afternoon is certain."""

    time: time
    start: int
    end: int
    is_certain: bool = True


@lru_cache(maxsize=1024)
def clock_in(text: str, is_night: bool = False) -> Clock | None:
    """Return the first time of day in `text`; `is_night` tells how a bare hour is to be read."""
    folded = fold_in_place(text)
    folded = _HABIT.sub(lambda match: "," * len(match.group()), folded)
    patterns = _PATTERNS if _SAYS_HOUR.search(folded) else ()
    found = [clock for pattern in patterns for clock in _matches(pattern, folded, is_night)]
    named = _named(folded)
    if named is not None and (not found or _BEGINS.search(folded, 0, named.start)):
        return named
    return min(found, key=lambda each: each.start, default=None)


def _named(folded: str) -> Clock | None:
    for pattern, named in _NAMED:
        match = pattern.search(folded)
        if (
            match
            and not _END_ONLY.search(folded[: match.start()])
            and "after" not in folded[max(0, match.start() - 6) : match.start()]
        ):
            return Clock(named, *match.span())
    return None


def _matches(pattern: re.Pattern[str], text: str, is_night: bool) -> list[Clock]:
    found = []
    for match in pattern.finditer(text):
        if _END_ONLY.search(text[: match.start()]):
            continue
        clock = _clock(match, text, is_night)
        if clock is not None:
            found.append(clock)
            break
    return found


def _clock(match: re.Match[str], text: str, is_night: bool) -> Clock | None:
    groups = match.groupdict()
    hour = int(groups["hour"]) if groups["hour"].isdigit() else _HOURS[groups["hour"]]
    minute = int(groups.get("minute") or _SPOKEN_MINUTES.get(groups.get("spoken") or "", 0))
    if groups.get("media"):
        minute = 30
    if groups.get("cuarto"):
        minute = 15
    if is_night and not groups.get("half") and hour in _AFTER_MIDNIGHT:
        return Clock(time(hour % 12, minute), match.start(), match.end())
    half = _half(groups, match, text, is_night)
    if hour > 24 or minute > 59:
        return None
    if half == "pm" and hour < 12:
        # "one at night" is after midnight.
        hour += 0 if is_small_hour(groups, hour) else 12
    elif half == "am" and hour == 12:
        hour = 0
    relation = re.sub(r" min(?:ute)?s", "", groups.get("rel") or "")
    shifted = hour * 60 + minute + _SHIFT.get(relation, 0)
    is_certain = half != "" or hour > 12 or (match.group().startswith("0"))
    moment = time(shifted // 60 % 24, shifted % 60)
    return Clock(moment, match.start(), match.end(), is_certain)


def is_small_hour(groups: dict[str, str | None], hour: int) -> bool:
    """Whether an hour "at night" lies after midnight: "2 at night", but not "2 pm"."""
    part = groups.get("part") or ""
    return not groups.get("half") and hour <= 4 and ("night" in part or "noche" in part)


def _half(groups: dict[str, str | None], match: re.Match[str], text: str, is_night: bool) -> str:
    if said := groups.get("half"):
        return said[0] + "m"
    near = (groups.get("part") or "") or match.group()
    for half, pattern in _DAYPARTS.items():
        if pattern.search(near):
            return half
    for half, pattern in _DAYPARTS.items():
        if pattern.search(text):
            return half
    return "pm" if is_night else ""
