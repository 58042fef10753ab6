"""The time of day that a resident says: "around 9", "between 2 and 4 pm", "alas 3 ng hapon"."""

import re
from dataclasses import dataclass
from datetime import time

from townhall.clerk.text import fold

_HOURS = {
    "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8,
    "nine": 9, "ten": 10, "eleven": 11, "twelve": 12, "una": 1, "dos": 2, "tres": 3, "cuatro": 4,
    "cinco": 5, "seis": 6, "siete": 7, "ocho": 8, "nueve": 9, "diez": 10, "once": 11, "doce": 12,
    "kuwatro": 4, "kwatro": 4, "singko": 5, "sais": 6, "siyete": 7, "otso": 8, "nuwebe": 9,
    "nwebe": 9, "diyes": 10, "onse": 11, "dose": 12,
}  # fmt: skip
_HOUR = r"(?P<hour>\d{1,2}|" + "|".join(_HOURS) + ")"
_MINUTE = r"(?:[:.h](?P<minute>[0-5]\d))?"
_HALF = r"(?P<half>a\.?m\b\.?|p\.?m\b\.?)"
_DAYPARTS = {
    "am": r"in the morning|this morning|\bmorning|madaling araw|ng umaga|kaninang umaga|umaga|"
    r"de la manana|de la madrugada|esta manana|午前|朝|今朝|早朝",
    "pm": r"in the afternoon|this afternoon|afternoon|in the evening|this evening|evening|at night|"
    r"last night|tonight|\bnight|ng hapon|hapon|ng gabi|kagabi|gabi|de la tarde|por la tarde|esta tarde|"
    r"de la noche|anoche|por la noche|午後|夕方|夜|昨晩|昨夜|今夜|晩",
}
_AFTER = rf"\s*(?:{_HALF}|(?P<part>(?:in the |at |ng |de la )?(?:morning|afternoon|evening|night|umaga|hapon|gabi|madaling araw|manana|madrugada|tarde|noche)\b))"
# Each pattern has the group hour, and of minute, half (am or pm) and part those that it can have.
_PATTERNS = tuple(
    re.compile(pattern)
    for pattern in (
        rf"\b(?:between|from)\s+{_HOUR}{_MINUTE}\s*(?:a\.?m\.?|p\.?m\.?)?\s*(?:and|to|-|until)\s*(?:\d{{1,2}}|twelve|one|two|three|four|five|six|seven|eight|nine|ten|eleven)(?:[:.]\d\d)?{_AFTER}",
        rf"\b{_HOUR}{_MINUTE}\s*(?:-|–|to)\s*\d{{1,2}}(?:[:.]\d\d)?{_AFTER}",
        rf"\b(?P<rel>half past|quarter past|quarter to|a quarter to|a quarter past|twenty past|ten past|ten to|five past|twenty to|y media de las)\s+{_HOUR}\b(?:{_AFTER})?",
        rf"\b{_HOUR}{_MINUTE}{_AFTER}",
        rf"\b(?:mga )?(?:alas|ala|ika)[- ]?{_HOUR}{_MINUTE}(?P<media>\s*(?:y media|medya))?\b(?:{_AFTER})?",
        rf"\ba (?:eso de )?las? {_HOUR}{_MINUTE}(?P<media>\s*y media)?\b(?:{_AFTER})?",
        rf"\b(?:sobre|hacia) las? {_HOUR}{_MINUTE}(?P<media>\s*y media)?\b(?:{_AFTER})?",
        r"(?:午前|午後|朝|夜|夕方|深夜|昼)?の?(?P<hour>\d{1,2})時(?:(?P<minute>\d{1,2})分|(?P<media>半))?(?!間)",
        r"\b(?P<hour>[01]?\d|2[0-3]):(?P<minute>[0-5]\d)\b",
        rf"\b{_HOUR}{_MINUTE}\s*(?:o'?clock|ish\b|-ish\b)",
        rf"\b(?:around|about|roughly|approximately|bandang|mga)\s+{_HOUR}{_MINUTE}\b(?!\s*(?:cars|men|women|people|persons|kids|houses|homes|flats|families|years|days|minutes|mins|hours|weeks|months|times|meters|metres|feet|of|percent|pesos|dogs|bags|old|or so|lights|trees|km|%|na tao|tao))",
        rf"\b(?:at|at like|like|since|by|past|just after|before)\s+(?:about |around |like )?{_HOUR}{_MINUTE}(?=\s*(?:[,.!?;]|$|\b(?:yesterday|last|this|today|tonight|on|and|when|while|as|someone|somebody|i|a|my|we|he|she|they|two|three|the|in|near|outside|behind|at)\b))",
        r"\b(?P<hour>[0-2]?\d)[.](?P<minute>[0-5]\d)(?=\s*(?:[,.!?;]|$|yesterday|last|this|today|tonight))",
    )
)  # fmt: skip
_NAMED = (
    (re.compile(r"\bmidnight\b|hatinggabi|medianoche|真夜中|深夜0時"), time(0, 0)),
    (re.compile(r"\b(?:at|around|about|past|since|before|by) noon\b|\bmidday\b|tanghaling tapat|mediodia|正午"), time(12, 0)),
)  # fmt: skip
_END_ONLY = re.compile(
    r"(?:\buntil|\btill?|\bup to|\bhanggang|\bhasta|\bto)\s*(?:about |around |past |las |a las |alas |alas-|mga )*$"
)
# "when I come home at midnight" tells of a habit, not of the incident.
_HABIT = re.compile(
    r"\b(?:when(?:ever)?|every time|each time) (?:i|we|you) [^,.;!?]*|\bmy shift[^,.;!?]*|\bafter (?:\d+|midnight)\b(?! (?:pm|am))"
)
_SHIFT = {
    "half past": 30, "quarter past": 15, "a quarter past": 15, "twenty past": 20, "ten past": 10,
    "five past": 5, "quarter to": -15, "a quarter to": -15, "ten to": -10, "twenty to": -20,
}  # fmt: skip


@dataclass(frozen=True)
class Clock:
    """A time that was said, where in the text, and whether morning or afternoon is certain."""

    time: time
    start: int
    end: int
    is_certain: bool = True


def clock_in(text: str, is_night: bool = False) -> Clock | None:
    """Return the first time of day in `text`; `is_night` tells how a bare hour is to be read."""
    folded = "".join(c if len(f := fold(c)) != 1 else f for c in text)
    folded = _HABIT.sub(lambda match: "," * len(match.group()), folded)
    found = [clock for pattern in _PATTERNS for clock in _matches(pattern, folded, is_night)]
    if found:
        return min(found, key=lambda each: each.start)
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
    minute = int(groups.get("minute") or 0)
    if groups.get("media"):
        minute = 30
    half = _half(groups, match, text, is_night)
    if hour > 24 or minute > 59:
        return None
    if half == "pm" and hour < 12:
        # "one at night" is after midnight.
        hour += 0 if is_small_hour(groups, hour) else 12
    elif half == "am" and hour == 12:
        hour = 0
    shifted = hour * 60 + minute + _SHIFT.get(groups.get("rel") or "", 0)
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
        if re.search(pattern, near):
            return half
    for half, pattern in _DAYPARTS.items():
        if re.search(pattern, text):
            return half
    return "pm" if is_night else ""
