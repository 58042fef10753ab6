"""The same figures counted by hand: in Python, record by record, by the town's calendar."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from tests.insights.generated import ASKED, Record
from townhall.insights.questions import Question
from townhall.town import Town

CRIMES = {"theft", "assault_threat", "suspicious_activity", "fraud_scam"}
PRIVATE = {"assault_threat", "suspicious_activity", "fraud_scam", "missing_person"}
GUARDED = CRIMES | PRIVATE | {"welfare_concern"}


def count_by_hand(
    question: Question, records: Sequence[Record], town: Town, now: datetime
) -> dict[str, Any]:
    """Return status, total, previous total and rows as the answer should have them."""
    kept = [record for record in records if _is_asked(question, record)]
    current = [each for each in kept if _is_in(question.period, each.created_at, now)]
    is_trend = question.figure == "trend"
    before = [
        each for each in kept if is_trend and _is_before(question.period, each.created_at, now)
    ]
    if question.figure == "top_places":
        return _places(question, current)
    if question.place is not None:
        few = [
            sum(_is_guarded(each) for each in part) < 5
            for part in ((current, before) if is_trend else (current,))
        ]
        if any(few) and question.incident_type in GUARDED:
            return {"status": "withheld"}
        if any(few):
            current = [each for each in current if not _is_guarded(each)]
            before = [each for each in before if not _is_guarded(each)]
    return {
        "status": "ok",
        "total": len(current),
        "previous": len(before) if is_trend else None,
        "rows": list(_rows(question, current, town)),
    }


def _is_asked(question: Question, record: Record) -> bool:
    row = record.row
    wanted = {
        "incident_type": question.incident_type,
        "topic": question.topic,
    }
    if row["status"] == "withdrawn" or question.kind not in (None, record.kind):
        return False
    if any(value is not None and row.get(name) != value for name, value in wanted.items()):
        return False
    return question.place is None or record.place in ASKED[question.place]


def _is_in(period: str, at: datetime, now: datetime) -> bool:
    match period:
        case "today":
            return at.date() == now.date()
        case "yesterday":
            return at.date() == (now - timedelta(days=1)).date()
        case "this_week":
            return at.isocalendar()[:2] == now.isocalendar()[:2]
        case "last_week":
            return at.isocalendar()[:2] == (now - timedelta(days=7)).isocalendar()[:2]
        case "this_month":
            return (at.year, at.month) == (now.year, now.month)
        case "last_month":
            month_ago = now.replace(day=1) - timedelta(days=1)
            return (at.year, at.month) == (month_ago.year, month_ago.month)
        case "this_year":
            return at.year == now.year
        case "last_year":
            return at.year == now.year - 1
    return True


def _is_before(period: str, at: datetime, now: datetime) -> bool:
    month_ago = now.replace(day=1) - timedelta(days=1)
    two_months_ago = month_ago.replace(day=1) - timedelta(days=1)
    match period:
        case "today":
            return _is_in("yesterday", at, now) and at.time() < now.time()
        case "yesterday":
            return at.date() == (now - timedelta(days=2)).date()
        case "this_week":
            is_last = _is_in("last_week", at, now)
            return is_last and (at.weekday(), at.time()) < (now.weekday(), now.time())
        case "last_week":
            return at.isocalendar()[:2] == (now - timedelta(days=14)).isocalendar()[:2]
        case "this_month":
            is_last = _is_in("last_month", at, now)
            return is_last and (at.day, at.time()) < (now.day, now.time())
        case "last_month":
            return (at.year, at.month) == (two_months_ago.year, two_months_ago.month)
        case "this_year":
            is_last = _is_in("last_year", at, now)
            return is_last and (at.month, at.day, at.time()) < (now.month, now.day, now.time())
        case "last_year":
            return at.year == now.year - 2
    return False


def _is_guarded(record: Record) -> bool:
    return record.row.get("incident_type") in GUARDED


def _places(question: Question, current: Sequence[Record]) -> dict[str, Any]:
    guarded = Counter(each.place for each in current if each.place and _is_guarded(each))
    counts = Counter(each.place for each in current if each.place)
    for place, few in guarded.items():
        if few < 5:
            counts[place] -= few
    ranked = sorted((n for n in counts.values() if n > 0), reverse=True)
    if not ranked and question.incident_type in GUARDED:
        return {"status": "withheld"}
    return {"status": "ok", "total": sum(ranked), "previous": None, "rows": ranked[:10]}


def _rows(question: Question, current: Sequence[Record], town: Town) -> Iterator[tuple[str, int]]:
    match question.figure:
        case "count" if question.kind is None and question.place is None:
            counts = Counter(each.kind for each in current)
            if question.incident_type is None and question.topic is None:
                yield from [("incidents", counts["incident"]), ("feedback", counts["feedback"])]
        case "status":
            counts = Counter(each.row["status"] for each in current)
            for state, label in (("open",) * 2, ("in_progress", "in progress"), ("resolved",) * 2):
                yield label, counts[state]
        case "sentiment":
            counts = Counter(each.row["sentiment"] for each in current)
            yield from [(mood, counts[mood]) for mood in ("positive", "neutral", "negative")]
        case "top_types":
            yield from _types(question, current, town)


def _types(question: Question, current: Sequence[Record], town: Town) -> list[tuple[str, int]]:
    is_feedback = question.kind == "feedback" or question.topic is not None
    of_kind = "feedback" if is_feedback else "incident"
    name = "topic" if is_feedback else "incident_type"
    counts = Counter(each.row[name] for each in current if each.kind == of_kind)
    if question.place is not None:
        counts = Counter({c: n for c, n in counts.items() if n >= 5 or c not in GUARDED})
    known = town.feedback_topics if is_feedback else town.incident_types
    names = {each.code: each.name for each in known}
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return [(names[code], n) for code, n in ranked[:10]]
