"""The day a resident speaks of: expressions are found here and read by dateparser."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache

from rapidfuzz import process
from rapidfuzz.distance import OSA

from townhall.clerk.spelling import is_known_word
from townhall.clerk.text import fold

_NUMBERS = {
    "a": 1, "an": 1, "one": 1, "couple": 2, "couple of": 2, "two": 2, "three": 3, "few": 3,
    "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10, "half": 0,
    "un": 1, "una": 1, "dos": 2, "tres": 3, "cuatro": 4, "cinco": 5, "isang": 1, "isa": 1,
    "dalawang": 2, "dalawa": 2, "tatlong": 3, "tatlo": 3, "apat": 4, "apat na": 4, "limang": 5,
    "lima": 5, "一": 1, "二": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9, "十": 10,
}  # fmt: skip
_NUMBER = "|".join(sorted(_NUMBERS, key=len, reverse=True))
_UNITS = {
    "minute": "minutes", "min": "minutes", "hour": "hours", "hr": "hours", "day": "days",
    "week": "weeks", "month": "months", "minuto": "minutes", "hora": "hours", "dia": "days",
    "semana": "weeks", "mes": "months", "oras": "hours", "araw": "days", "linggo": "weeks",
    "buwan": "months", "分": "minutes", "時間": "hours", "日": "days", "週間": "weeks", "か月": "months",
    "ヶ月": "months",
}  # fmt: skip
# Days before today, by the words that say so; longer words are tried first.
_OFFSETS = {
    0: "today|tonight|this morning|this afternoon|this evening|this noon|just now|right now|"
    "a moment ago|moments ago|earlier|at the moment|happening now|as we speak|still there now|"
    "is now|al morning|all morning|all day|"
    "ngayon|ngaun|ngayong|kanina|kaninang|kani-kanina|hoy|esta manana|esta tarde|ahora mismo|"
    "hace un momento|hace un rato|今日|本日|今朝|今晩|今夜|さっき|先ほど|先程|たった今|今まさに|現在",
    1: "yesterday|yesterdays|ystrday|yesterdy|yesteday|last night|last nite|last evening|lastnight|"
    "kahapon|kagabi|ayer|anoche|昨日|きのう|昨夜|昨晩|ゆうべ",
    2: "day before yesterday|the other night|two nights ago|night before last|kamakalawa|"
    "noong isang araw|nung isang araw|anteayer|antier|antes de ayer|一昨日|おととい",
}
_NIGHT = "last night|last nite|lastnight|last evening|kagabi|anoche|昨夜|昨晩|ゆうべ"
_MONTH = (
    "jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|"
    "sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?"
)
_MONTH_ES = (
    "enero|febrero|marzo|abril|mayo|junio|julio|agosto|septiembre|octubre|noviembre|diciembre"
)
_WEEKDAY = "monday|tuesday|wednesday|thursday|friday|saturday|sunday"
_WEEKDAY_SHORT = "mon|tues?|weds?|thurs?|fri|sat|sun"
_WEEKDAY_TL = "lunes|martes|miyerkules|huwebes|biyernes|sabado|linggo"
_WEEKDAY_ES = "lunes|martes|miercoles|jueves|viernes|sabado|domingo"
# kind, pattern on folded text; earlier entries win where two overlap.
_EXPRESSIONS: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (kind, re.compile(pattern))
    for kind, pattern in (
        ("2", rf"\b(?:the )?(?:{_OFFSETS[2].split('|一')[0]})\b|一昨日|おととい"),
        ("ago", rf"\b(\d+|(?:a )?(?:{_NUMBER}))(?: an?)? ?(minute|min|hour|hr|day|week|month)s?(?: or so)? (?:ago|back)\b"),
        ("ago", rf"\bhace (?:como |unas? |unos )?(\d+|{_NUMBER}) (minuto|hora|dia|semana|mes)(?:e?s)?\b"),
        ("ago", rf"\b(\d+|{_NUMBER})(?: na)? (oras|araw|linggo|buwan) (?:na )?(?:ang )?(?:nakalipas|nakaraan)\b"),
        ("ago", r"(\d+|[一二三四五六七八九十])(分|時間|日|週間|か月|ヶ月)前"),
        ("1", rf"\b(?:{_OFFSETS[1].split('|昨')[0]})\b|昨日|きのう|昨夜|昨晩|ゆうべ"),
        ("0", rf"\b(?:{_OFFSETS[0].split('|今')[0]})\b|今日|本日|今朝|今晩|今夜|さっき|先ほど|先程|たった今|今まさに"),
        ("en", rf"\b(?:{_MONTH})\.? \d{{1,2}}(?:st|nd|rd|th)?(?!\d|:| times)(?:,? \d{{4}})?\b"),
        ("en", rf"\b\d{{1,2}}(?:st|nd|rd|th)? (?:of )?(?:{_MONTH})\b\.?(?:,? \d{{4}})?"),
        ("es", rf"\b\d{{1,2}} de (?:{_MONTH_ES})(?: de(?:l)? \d{{4}})?\b"),
        ("iso", r"\b\d{4}-\d{2}-\d{2}\b"),
        ("en", r"\b\d{1,2}/\d{1,2}/\d{2,4}\b"),
        ("ja", r"(?:\d{4}年)?\d{1,2}月\d{1,2}日"),
        ("day", r"\b(?:on |since |last )?the (\d{1,2})(?:st|nd|rd|th)\b(?! (?:street|st|ave|avenue|floor|road|year|time|week|month|house|door|of\b|lane|drive|building|unit))"),
        ("week", rf"\b(?:last|past|this|on|since|this past)? ?(?:{_WEEKDAY})\b(?! (?:market|mass|prayers|service|church|class|meeting|shift|school|edition|to (?:{_WEEKDAY})))"),
        ("week", rf"\b(?:last|on|since) (?:{_WEEKDAY_SHORT})\b"),
        ("tl", rf"\b(?:noong|nung|nuong|simula|mula|noon)(?: pang| pa)?(?: nakaraang| isang)? (?:{_WEEKDAY_TL})\b"),
        ("es", rf"\b(?:el|desde el|este)(?: pasado)? (?:{_WEEKDAY_ES})(?: pasado)?\b"),
        ("ja", r"(?:先週の|この前の|今週の)?[月火水木金土日]曜日?"),
    )
)  # fmt: skip
_RECURRING = re.compile(
    r"\b(?:every(?: \w+)? (?:day|night|evening|morning|afternoon|week|weekend|month|hour|time|other|"
    rf"{_WEEKDAY}|weekday)s?|each (?:day|night|week|morning|evening)|every(?:day|night)|daily|nightly|"
    rf"weekly|always|constantly|most nights|most days|(?:on |at )?weekends|"
    rf"(?:{_WEEKDAY})s|gabi-gabi|araw-araw|umaga-umaga|linggo-linggo|tuwing|palagi|lagi|parati|"
    r"cada (?:noche|dia|manana|tarde|semana|vez|sabado|domingo|viernes|fin)|tod[oa]s l[oa]s (?:noches|dias|"
    r"mananas|tardes|semanas|fines|sabados|domingos|viernes)|siempre)\b|毎[日晩夜朝週月]|いつも"
)
_NEGATED = re.compile(
    r"(?:\bby|\buntil|\btill|\bbefore|\bnext|\bcoming|\bnot|\binstead of|\brather than|\bhindi|ではなく|じゃなくて)\s*(?:on |last |noong )?$"
)


@dataclass(frozen=True)
class Day:
    """A day that was said, and where in the text; `night` if the words mean its night."""

    date: date
    start: int
    end: int
    night: bool = False
    moment: datetime | None = None


def days_in(text: str, sent: datetime) -> tuple[Day, ...]:
    """Return the days said in `text`, in order, relative to `sent`; future ones are not meant."""
    folded = _same_length(text)
    return _days(folded, sent) or _days(_respelled(folded), sent)


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


# The words of days that are misspelt often enough to matter.
_DAY_WORDS = (
    "yesterday", "tonight", "today", "monday", "tuesday", "wednesday", "thursday", "friday",
    "saturday", "sunday", "morning", "afternoon", "evening", "kahapon", "kanina", "kagabi",
)  # fmt: skip


def _respelled(folded: str) -> str:
    return re.sub(r"[a-z]{5,}", lambda match: _respell(match.group()), folded)


@lru_cache(maxsize=4096)
def _respell(word: str) -> str:
    if word in _DAY_WORDS or is_known_word(word):
        return word
    near = process.extractOne(word, _DAY_WORDS, scorer=OSA.distance, score_cutoff=2)
    return near[0] if near and near[0][0] == word[0] else word


def is_recurring(text: str) -> bool:
    """Whether `text` says that it happens again and again."""
    return _RECURRING.search(_same_length(text)) is not None


def _same_length(text: str) -> str:
    # Positions must hold in the original, so letters that fold to another length stay.
    return "".join(folded if len(folded := fold(c)) == 1 else c for c in text)


def _resolve(kind: str, match: re.Match[str], sent: datetime) -> Day | None:
    said = match.group().strip()
    start, end = match.span()
    if kind.isdigit():
        if said in ("tonight", "this evening", "今夜", "今晩") and sent.hour < 5:
            # After midnight the evening meant is that of the day before.
            return Day(sent.date() - timedelta(days=1), start, end, night=True)
        night = re.fullmatch(_NIGHT, said) is not None
        return Day(sent.date() - timedelta(days=int(kind)), start, end, night)
    if kind == "ago":
        moment = _moment_ago(match.group(1), match.group(2), sent)
        is_exact = _UNITS[match.group(2)] in ("minutes", "hours")
        return Day(moment.date(), start, end, moment=moment if is_exact else None)
    if kind == "day":
        return Day(day, start, end) if (day := _day_of_month(int(match.group(1)), sent)) else None
    parsed = _parsed(kind, said, sent.replace(tzinfo=None, second=0, microsecond=0))
    return Day(parsed, start, end) if parsed is not None else None


def _moment_ago(count: str, unit: str, sent: datetime) -> datetime:
    number = count.removeprefix("a ") if count not in ("a", "a few") else count
    amount = int(number) if number.isdigit() else _NUMBERS.get(number, 1)
    name = _UNITS[unit]
    if name == "months":
        return sent - timedelta(days=30 * amount)
    if amount == 0:
        return sent - timedelta(minutes=30)
    return sent - timedelta(**{name: amount})


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
