"""Figures about the records, counted by the database in one query. Withdrawn ones do not count."""

from collections import Counter
from datetime import datetime

from sqlalchemy import (
    Column,
    ColumnElement,
    CompoundSelect,
    String,
    Table,
    case,
    cast,
    func,
    literal,
    null,
    select,
    union_all,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from townhall.db.engine import Database
from townhall.db.tables import WITHOUT_PLACE, feedback, incidents, place_of
from townhall.insights.answers import (
    TOP,
    FigureAnswer,
    FigureWithheld,
    figure_answer,
    places_answer,
)
from townhall.insights.guard import FEWEST, Counts, open_types
from townhall.insights.periods import Span, span_before, span_of
from townhall.insights.questions import Kind, Question, kinds_of, settle
from townhall.spelling import is_unspaced
from townhall.town import Town

TABLES: dict[Kind, Table] = {"incident": incidents, "feedback": feedback}
# Rows that another program wrote have no place of their own.
PLACE = func.coalesce(incidents.c.place, func.lower(incidents.c.location))


async def count_figure(
    database: Database, town: Town, question: Question, now: datetime
) -> FigureAnswer | FigureWithheld:
    """Count what is asked; `now` is in the town's zone.

    ValidationFailed if the question names what the town does not know or contradicts itself.
    """
    question = settle(question, town)
    span = span_of(question.period, now)
    if question.figure == "top_places":
        async with database.reading() as connection:
            places, total = await _count_places(connection, question, town, span)
        return places_answer(question, town, span, places, total)
    before = span_before(question.period, now) if question.figure == "trend" else None
    async with database.reading() as connection:
        counts = await _count(connection, question, town, span, before)
    return figure_answer(question, town, span, before, counts)


async def _count(
    connection: AsyncConnection, question: Question, town: Town, span: Span, before: Span | None
) -> Counts:
    # Few groups: what is guarded is sorted out of them here, not of all records there.
    parts = []
    for kind in kinds_of(question):
        type_ = incidents.c.incident_type if kind == "incident" else cast(null(), String)
        for bucket, within in _buckets(question, kind, span, before):
            columns = (bucket.label("bucket"), type_.label("type"), func.count().label("n"))
            groups = [each for each in (bucket, type_) if isinstance(each, Column)]
            conditions = _conditions(question, TABLES[kind], within)
            parts.append(select(*columns).where(*conditions).group_by(*groups))
    unguarded = open_types(town)
    counts: Counts = Counter()
    for row in await connection.execute(union_all(*parts)):
        is_guarded = row.type is not None and row.type not in unguarded
        counts[row.bucket, is_guarded] += row.n
    return counts


async def _count_places(
    connection: AsyncConnection, question: Question, town: Town, span: Span
) -> tuple[list[tuple[str, int]], int]:
    """Return the places with most reports, as the first report spells them, and the total."""
    groups = _by_type_and_place(question, town, span).subquery()
    guarded = func.sum(groups.c.n).filter(groups.c.is_guarded)
    shown = func.sum(groups.c.n) - case((guarded < FEWEST, guarded), else_=0)
    at_places = (
        select(func.min(groups.c.first_id).label("first_id"), shown.label("shown"))
        .group_by(groups.c.place)
        .having(shown > 0)
        .subquery()
    )
    ranked = (
        select(at_places, func.sum(at_places.c.shown).over().label("total"))
        .order_by(at_places.c.shown.desc(), at_places.c.first_id)
        .limit(TOP)
        .subquery()
    )
    rows = (
        await connection.execute(
            select(incidents.c.location, ranked.c.shown, ranked.c.total)
            .join(ranked, ranked.c.first_id == incidents.c.id)
            .order_by(ranked.c.shown.desc(), ranked.c.first_id)
        )
    ).all()
    total = int(rows[0].total) if rows else 0
    return [(row.location, int(row.shown)) for row in rows], total


def _by_type_and_place(
    question: Question, town: Town, span: Span
) -> CompoundSelect[str, bool, int, int]:
    type_, status, place = incidents.c.incident_type, incidents.c.status, incidents.c.place
    # All records stand in an index in this order. Those of a period do not: they are sorted, and
    # each column more to sort by takes a third longer.
    order = (type_, status) if span.start is None else (type_,)
    counted = (
        type_.not_in(open_types(town)).label("is_guarded"),
        func.min(incidents.c.id).label("first_id"),
        func.count().label("n"),
    )
    written = func.lower(incidents.c.location)
    is_asked = _conditions(question, incidents, span)
    return union_all(
        select(place, *counted).where(place.is_not(None), *is_asked).group_by(*order, place),
        select(written, *counted).where(WITHOUT_PLACE, *is_asked).group_by(*order, written),
    )


def _buckets(
    question: Question, kind: Kind, span: Span, before: Span | None
) -> list[tuple[ColumnElement[str], Span]]:
    table = TABLES[kind]
    if before is not None:  # each by itself: an OR of two periods is no range of an index
        return [(literal("now"), span), (literal("before"), before)]
    match question.figure:
        case "top_types":
            return [(table.c.incident_type if kind == "incident" else table.c.topic, span)]
        case "status":
            return [(table.c.status, span)]
        case "sentiment":
            return [(table.c.sentiment, span)]
    return [(literal(kind), span)]


def _conditions(question: Question, table: Table, span: Span) -> list[ColumnElement[bool]]:
    conditions = [table.c.status != "withdrawn"]
    if span.start is not None:
        conditions += [table.c.created_at >= span.start, table.c.created_at < span.end]
    if question.incident_type is not None:
        conditions.append(table.c.incident_type == question.incident_type)
    if question.topic is not None:
        conditions.append(table.c.topic == question.topic)
    if question.place is not None:
        conditions.append(_is_at(question.place))
    return conditions


def _is_at(place: str) -> ColumnElement[bool]:
    """Whether the words of `place` stand one after another in that of the record."""
    words = place_of(place) or ""
    begin = "" if is_unspaced(words[0]) else " "
    end = "" if is_unspaced(words[-1]) else " "
    padded = literal(" ") + PLACE + literal(" ")
    return padded.contains(f"{begin}{words}{end}", autoescape=True)
