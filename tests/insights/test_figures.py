"""Figures against counting by hand: 10,000 records, every figure, filter and period."""

import itertools
import random
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import Any, get_args

import pytest
from sqlalchemy import Connection, event, text

from tests.insights.counting import count_by_hand
from tests.insights.generated import ASKED, Record, generate, save
from townhall.db.engine import Database, database_url
from townhall.db.schema import migrate
from townhall.errors import ValidationFailed
from townhall.insights.answers import FigureAnswer
from townhall.insights.figures import count_figure
from townhall.insights.periods import Period
from townhall.insights.questions import Figure, Question, settle
from townhall.settings import Settings
from townhall.town import Town, load_town

TOWN = load_town(None)
NOW = datetime(2026, 3, 11, 6, 30, tzinfo=UTC).astimezone(TOWN.zone)  # a Wednesday, 14:30
QUESTIONS = 240  # of some 3,000 that can be asked


def questions() -> list[Question]:
    """Return a mixture of all that can be asked; contradictions are tested elsewhere."""
    kinds = (None, "incident", "feedback")
    types = (None, "pothole", "theft", "noise", "missing_person", "welfare_concern")
    topics = (None, "other", "environment")
    every = itertools.product(
        get_args(Figure), get_args(Period), kinds, types, topics, (None, *ASKED)
    )
    asked = [
        Question(figure, period, kind, type_, topic, place)  # type: ignore[arg-type]
        for figure, period, kind, type_, topic, place in every
    ]
    possible = [each for each in asked if _can_be_asked(each)]
    few = [each for each in possible if each.place is None]
    pick = random.Random(5)  # noqa: S311  # the same questions every time
    return [*pick.sample(few, QUESTIONS // 2), *pick.sample(possible, QUESTIONS // 2)]


def _can_be_asked(question: Question) -> bool:
    of_incidents = question.incident_type or question.place or question.figure == "top_places"
    of_feedback = question.topic or question.figure == "sentiment"
    if (question.figure, question.period) == ("trend", "all") or (of_incidents and of_feedback):
        return False
    if question.kind == "incident" and of_feedback:
        return False
    return not (question.kind == "feedback" and of_incidents)


@pytest.fixture
async def database(settings: Settings) -> AsyncIterator[Database]:
    """An open database with our schema."""
    opened = Database.open(database_url(settings))
    await migrate(opened)
    yield opened
    await opened.close()


async def answered(database: Database, town: Town, question: Question) -> dict[str, object]:
    """Return what `count_by_hand` returns, as the database counts it."""
    answer = await count_figure(database, town, question, NOW)
    if not isinstance(answer, FigureAnswer):
        return {"status": "withheld"}
    rows = [
        row.count if question.figure == "top_places" else (row.label, row.count)
        for row in answer.rows
    ]
    return {
        "status": "ok",
        "total": answer.total,
        "previous": answer.previous.total if answer.previous else None,
        "rows": rows,
    }


async def test_figures_equal_counting_by_hand(database: Database) -> None:
    """Each of 240 questions has the total, the period before and the rows of a count by hand."""
    records = generate(TOWN, NOW)
    await save(database, records)
    statuses = set()
    for question in questions():
        expected = count_by_hand(settled(question), records, TOWN, NOW)
        statuses.add(expected["status"])
        assert await answered(database, TOWN, question) == expected, question
    assert statuses == {"ok", "withheld"}


def settled(question: Question) -> Question:
    """Return the question with the kind that its parts speak of, for counting by hand."""
    if question.incident_type or question.place or question.figure in ("top_places",):
        return replace(question, kind="incident")
    if question.topic or question.figure == "sentiment":
        return replace(question, kind="feedback")
    if question.figure == "top_types" and question.kind is None:
        return replace(question, kind="incident")
    return question


@contextmanager
def queries(database: Database) -> Iterator[list[tuple[str, Any]]]:
    """Give the list of the queries, with their parameters, that run in the block."""
    asked: list[tuple[str, Any]] = []

    def remember(_c: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        if "SELECT" in statement:
            asked.append((statement, parameters))

    engine = database.engine
    event.listen(engine, "before_cursor_execute", remember)
    try:
        yield asked
    finally:
        event.remove(engine, "before_cursor_execute", remember)


async def test_one_query_per_figure(database: Database) -> None:
    """Whatever is asked, the database is asked once."""
    for figure in get_args(Figure):
        with queries(database) as asked:
            await count_figure(database, TOWN, Question(figure, "this_month"), NOW)
        assert len(asked) == 1


async def test_a_period_is_found_by_an_index(database: Database) -> None:
    """A figure of one month does not read the records of all years."""
    for figure in get_args(Figure):
        assert "created_at>" in await plan(database, Question(figure, "this_month"))


@pytest.mark.parametrize("figure", ["count", "top_types", "top_places", "status"])
async def test_records_of_all_years_are_read_in_order(database: Database, figure: Figure) -> None:
    """A figure of all time sorts its few groups, not the records."""
    found = await plan(database, Question(figure, "all", kind="incident"))
    assert "SCAN incidents USING COVERING INDEX ix_incidents_incident_type_status" in found


async def plan(database: Database, question: Question) -> str:
    """Return how SQLite would count it."""
    if not database.is_sqlite:
        pytest.skip("Postgres chooses by the size of the table; bench/figures.py measures it")
    with queries(database) as asked:
        await count_figure(database, TOWN, question, NOW)
    statement, parameters = asked[0]
    async with database.reading() as connection:
        return await connection.run_sync(partial(_plan, statement, parameters))


def _plan(statement: str, parameters: Any, connection: Connection) -> str:
    found = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
    return "; ".join(row.detail for row in found)


async def test_rows_of_another_program_have_their_place_too(database: Database) -> None:
    """An import that knows only the location is found by it."""
    (record,) = [each for each in generate(TOWN, NOW) if each.place == "ferry"][:1]
    await save(database, [Record("incident", {**record.row, "status": "open"}, "ferry")])
    async with database.writing() as connection:
        await connection.execute(text("UPDATE incidents SET place = NULL"))
    question = Question("count", "all", place="the ferry landing")
    assert (await answered(database, TOWN, question))["total"] == 1
    ranking = await count_figure(database, TOWN, Question("top_places", "all"), NOW)
    assert isinstance(ranking, FigureAnswer)
    assert [(row.label, row.count) for row in ranking.rows] == [(record.row["location"], 1)]


@pytest.mark.parametrize(
    ("question", "pointers"),
    [
        (Question("count", "all", incident_type="ufo"), ["/query/incident_type"]),
        (Question("count", "all", topic="ufos"), ["/query/topic"]),
        (Question("count", "all", place="the"), ["/query/place"]),
        (Question("count", "all", place="\x00"), ["/query/place"]),
        (Question("count", "all", place="x" * 201), ["/query/place"]),
        (Question("trend", "all"), ["/query/period"]),
        (Question("count", "all", kind="feedback", incident_type="noise"), ["/query/kind"]),
        (Question("count", "all", kind="incident", topic="other"), ["/query/kind"]),
        (Question("sentiment", "all", place="Mabini"), ["/query/kind"]),
        (Question("top_places", "all", kind="feedback"), ["/query/kind"]),
        (
            Question("trend", "all", incident_type="ufo", topic="ufos"),
            ["/query/incident_type", "/query/topic", "/query/period", "/query/kind"],
        ),
    ],
)
def test_questions_that_cannot_be_counted(question: Question, pointers: list[str]) -> None:
    """Each part that is wrong is named, before any database is asked."""
    with pytest.raises(ValidationFailed) as raised:
        settle(question, TOWN)
    assert [each.pointer for each in raised.value.errors] == pointers
