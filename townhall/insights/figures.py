"""Figures about the records, counted by the database in one query. Withdrawn ones do not count."""

from collections import Counter
from datetime import datetime

from sqlalchemy import (
    ColumnElement,
    String,
    Table,
    and_,
    case,
    cast,
    func,
    literal,
    null,
    or_,
    select,
    union_all,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from townhall.db.engine import Database
from townhall.db.tables import feedback, incidents, place_of
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
        groups = (_bucket(question, kind, span).label("bucket"), type_.label("type"))
        conditions = _conditions(question, TABLES[kind], span, before)
        parts.append(select(*groups, func.count().label("n")).where(*conditions).group_by(*groups))
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
    guarded = func.count().filter(_is_guarded(town))
    shown = func.count() - case((guarded < FEWEST, guarded), else_=0)
    at_places = (
        select(func.min(incidents.c.id).label("first_id"), shown.label("shown"))
        .where(PLACE.is_not(None), *_conditions(question, incidents, span, None))
        .group_by(PLACE)
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
    return [(row.location, row.shown) for row in rows], total


def _bucket(question: Question, kind: Kind, span: Span) -> ColumnElement[str]:
    table = TABLES[kind]
    match question.figure:
        case "trend":
            return case((_within(table, span), literal("now")), else_=literal("before"))
        case "top_types":
            return table.c.incident_type if kind == "incident" else table.c.topic
        case "status":
            return table.c.status
        case "sentiment":
            return table.c.sentiment
    return literal(kind)


def _conditions(
    question: Question, table: Table, span: Span, before: Span | None
) -> list[ColumnElement[bool]]:
    spans = [each for each in (span, before) if each is not None and each.start is not None]
    conditions = [table.c.status != "withdrawn"]
    if spans:
        conditions.append(or_(*(_within(table, each) for each in spans)))
    if question.incident_type is not None:
        conditions.append(table.c.incident_type == question.incident_type)
    if question.topic is not None:
        conditions.append(table.c.topic == question.topic)
    if question.place is not None:
        conditions.append(_is_at(question.place))
    return conditions


def _within(table: Table, span: Span) -> ColumnElement[bool]:
    return and_(table.c.created_at >= span.start, table.c.created_at < span.end)


def _is_at(place: str) -> ColumnElement[bool]:
    """Whether the words of `place` stand one after another in that of the record."""
    words = place_of(place) or ""
    begin = "" if is_unspaced(words[0]) else " "
    end = "" if is_unspaced(words[-1]) else " "
    padded = literal(" ") + PLACE + literal(" ")
    return padded.contains(f"{begin}{words}{end}", autoescape=True)


def _is_guarded(town: Town) -> ColumnElement[bool]:
    return incidents.c.incident_type.not_in(open_types(town))
