"""The day a resident speaks of: expressions are found here and read by dateparser."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache

from rapidfuzz import process
from rapidfuzz.distance import OSA

from townhall.clerk.spelling import is_known_word
from townhall.clerk.text import fold_in_place
from townhall.clerk.vocabulary import load_vocabulary

_VOCABULARY = load_vocabulary("days")
_NUMBERS = _VOCABULARY.table("numbers")
_UNITS = _VOCABULARY.table("units")
_EXPRESSIONS = _VOCABULARY.tables("expressions")
_ORDINALS = _VOCABULARY.table("ordinals")
_MONTHS = _VOCABULARY.table("months")
_HOLIDAYS = {
    name: (month, day)
    for key in ("holidays", "festive", "holidays_ja")
    for name, (month, day) in _VOCABULARY.table(key).items()
}
_WEEKDAYS = {
    name: number
    for key in ("weekday", "weekday_tl", "weekday_es")
    for number, name in enumerate(_VOCABULARY.sequence(key))
}
_NIGHT = _VOCABULARY.pattern("night")
_DAY_WORDS = _VOCABULARY.words("day_words")
_RECURRING = _VOCABULARY.pattern("recurring")
_NEGATED = _VOCABULARY.pattern("negated")


@dataclass(frozen=True)
class Day:
    """A day that was said, and where in the text; `night` if the words mean its night."""

    date: date
    start: int
    end: int
    night: bool = False


def days_in(text: str, sent: datetime) -> tuple[Day, ...]:
    """Return the days said in `text`, in order, relative to `sent`; future ones are not meant."""
    folded = fold_in_place(text)
    days = _days(folded, sent)
    if not days and (respelled := _respelled(folded)) != folded:
        days = _days(respelled, sent)
    return days


def _days(folded: str, sent: datetime) -> tuple[Day, ...]:
    taken = [match.span() for match in _RECURRING.finditer(folded)]
    found: list[Day] = []
    for kind, pattern in _EXPRESSIONS:
        for match in pattern.finditer(folded):
            if any(match.start() < end and start < match.end() for start, end in taken):
                continue
            day = _resolve(kind, match, sent)
            if day is None or _NEGATED.search(folded[: match.start()]):
                continue
            taken.append(match.span())
            found.append(day)
    return tuple(sorted(found, key=lambda each: each.start))


def _respelled(folded: str) -> str:
    return re.sub(r"[a-z]{6,}", lambda match: _respell(match.group()), folded)


@lru_cache(maxsize=4096)
def _respell(word: str) -> str:
    if word in _DAY_WORDS or is_known_word(word):
        return word
    limit = 2 if len(word) > 7 else 1
    near = process.extractOne(word, _DAY_WORDS, scorer=OSA.distance, score_cutoff=limit)
    return near[0] if near and near[0][0] == word[0] else word


@lru_cache(maxsize=1024)
def is_recurring(text: str) -> bool:
    """Whether `text` says that it happens again and again."""
    return _RECURRING.search(fold_in_place(text)) is not None


def _resolve(kind: str, match: re.Match[str], sent: datetime) -> Day | None:
    said = match.group().strip()
    start, end = match.span()
    if kind.isdigit():
        if said in ("tonight", "this evening", "今夜", "今晩") and sent.hour < 5:
            # After midnight the evening meant is that of the day before.
            return Day(sent.date() - timedelta(days=1), start, end, night=True)
        night = _NIGHT.fullmatch(said) is not None
        return Day(sent.date() - timedelta(days=int(kind)), start, end, night)
    if kind == "ago":
        return Day(_moment_ago(match.group(1), match.group(2), sent).date(), start, end)
    if kind == "day":
        return Day(day, start, end) if (day := _day_of_month(int(match.group(1)), sent)) else None
    if kind in ("last week", "month day", "holiday"):
        day = _named_day(kind, match, sent.date())
        return Day(day, start, end) if day else None
    parsed = _parsed(kind, said, sent.replace(tzinfo=None, second=0, microsecond=0))
    return Day(parsed, start, end) if parsed is not None else None


def _moment_ago(count: str, unit: str, sent: datetime) -> datetime:
    number = count.removeprefix("a ") if count not in ("a", "a few") else count
    amount = int(number) if number.isdigit() else _NUMBERS.get(number, 1)
    name = _UNITS[unit]
    if name == "fortnights":
        return sent - timedelta(weeks=2 * amount)
    if name == "months":
        return sent - timedelta(days=30 * amount)
    if amount == 0:
        return sent - timedelta(minutes=30)
    return sent - timedelta(**{name: amount})


def _named_day(kind: str, match: re.Match[str], today: date) -> date | None:
    if kind == "last week":
        weekday = next(_WEEKDAYS[name] for name in match.groups() if name)
        return today - timedelta(days=today.weekday() + 7 - weekday)
    said = {key.split("_")[0]: name for key, name in match.groupdict().items() if name}
    if kind == "holiday":
        return _latest(*next(_HOLIDAYS[name] for name in said.values()), today)
    word = said["day"]
    number = int(word) if word.isdigit() else _ORDINALS.get(word, 0)
    return _latest(_MONTHS[said["month"]], number, today)


def _latest(month: int, day: int, today: date) -> date | None:
    """Return the last such day up to `today`."""
    for year in (today.year, today.year - 1):
        try:
            found = date(year, month, day)
        except ValueError:
            continue
        if found <= today:
            return found
    return None


def _day_of_month(number: int, sent: datetime) -> date | None:
    here = sent.date()
    for _ in range(62):
        if here.day == number:
            return here
        here -= timedelta(days=1)
    return None


@lru_cache(maxsize=1024)
def _parsed(kind: str, said: str, base: datetime) -> date | None:
    # Imported at the first date: 0.3 s.
    import dateparser

    if kind == "iso":
        return _iso(said)
    language = {"week": "en"}.get(kind, kind)
    wanted = next(_readable(kind, said))
    parsed = dateparser.parse(
        wanted,
        languages=[language],
        settings={
            "RELATIVE_BASE": base,
            "PREFER_DATES_FROM": "past",
            "RETURN_AS_TIMEZONE_AWARE": False,
        },
    )
    if parsed is None:
        return None
    day: date = parsed.date()
    # dateparser takes a weekday that is today for last week's.
    is_same_weekday = kind == "week" and (base.date() - day).days == 7 and "last" not in said
    return base.date() if is_same_weekday else day


def _readable(kind: str, said: str) -> Iterator[str]:
    """Yield `said` without the words that dateparser does not know."""
    if kind in ("week", "tl", "es", "ja"):
        yield re.sub(
            r"\b(?:this past|last|past|this|on|since|noong|nung|nuong|noon|simula|mula|pang|pa|"
            r"nakaraang|isang|desde|el|este|pasado)\b|先週の|この前の|今週の",
            "",
            said,
        ).strip()
    yield said.replace(" of ", " ")


def _iso(said: str) -> date | None:
    try:
        return date.fromisoformat(said)
    except ValueError:
        return None
