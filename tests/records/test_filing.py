"""Filing through the front door: once each, with what is new, within the limits, exactly once."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, update

from tests.visit import Visit, feedback, incident, visit
from townhall.access import Caller
from townhall.db.engine import Database, database_url
from townhall.db.schema import migrate
from townhall.db.tables import feedback as feedback_table
from townhall.db.tables import incidents, record_history, tool_calls, turns
from townhall.records.filing import Filer, Filing, TurnLost
from townhall.records.journal import Call
from townhall.records.schemas import FeedbackDraft, IncidentDraft
from townhall.settings import Settings
from townhall.turns.admission import Message, admit, new_turn_id

STORY = (
    "There is a deep pothole on Mabini Street, number 12, by the church. Another one on Rizal "
    "Avenue. I am Maria Garcia. Please put lockers at the market."
)
NOW = datetime(2026, 3, 10, 2, 0, tzinfo=UTC)


async def rows(desk_visit: Visit, table: Any) -> list[dict[str, Any]]:
    """Return all rows of a table, oldest first."""
    async with desk_visit.server.desk.database.reading() as connection:
        found = await connection.execute(select(table).order_by(table.c.id))
        return [dict(row) for row in found.mappings()]


async def test_that_is_all_twice_files_once(settings: Settings) -> None:
    """The same words in the same session are the same record, in this turn and in the next."""
    async with visit(settings) as resident:
        twice = await resident.say(STORY, *[("file_incident", incident())] * 2)
        again = await resident.call("that's all", "file_incident", **incident())
        assert resident.records == []
        assert [each["status"] for each in (*twice, again)] == [
            "filed",
            "already_filed",
            "already_filed",
        ]
        assert len({each["reference"] for each in (*twice, again)}) == 1
        assert len(await rows(resident, incidents)) == 1
        assert [each["action"] for each in await rows(resident, record_history)] == ["filed"]


async def test_a_repeat_with_more_in_it_amends(settings: Settings) -> None:
    """What is new goes into the record, is kept in its history and told as an update."""
    async with visit(settings) as resident:
        filed = await resident.call(STORY, "file_incident", **incident())
        more = incident(
            description="There is a deep pothole, number 12",
            location="12 Mabini Street, by the church",
            reporter_name="Maria Garcia",
            details=[{"code": "size", "value": "larger"}],
        )
        answer = await resident.call("that is me", "file_incident", **more)
        record = {**more, "reference": filed["reference"], "status": "open"}
        assert answer == {
            "status": "already_filed",
            "kind": "incident",
            "reference": filed["reference"],
            "record": record,
        }
        assert resident.records == [
            {"kind": "incident", "reference": filed["reference"], "record": record}
        ]
        history = await rows(resident, record_history)
        assert [each["action"] for each in history] == ["filed", "amended"]
        assert history[1]["changes"]["location"] == {
            "before": "Mabini Street",
            "after": "12 Mabini Street, by the church",
        }
        assert history[1]["changes"].keys() == {
            "description",
            "location",
            "reporter_name",
            "details",
        }


async def test_another_place_or_session_is_another_record(settings: Settings) -> None:
    """The same words elsewhere, of another kind or by somebody else are records of their own."""
    async with visit(settings) as resident:
        elsewhere = incident(location="Rizal Avenue")
        answers = await resident.say(
            STORY,
            ("file_incident", incident()),
            ("file_incident", elsewhere),
            ("file_feedback", feedback(summary="deep pothole")),
        )
        other = await resident.other_session("s2").call(STORY, "file_incident", **incident())
        assert {each["status"] for each in (*answers, other)} == {"filed"}
        assert len(await rows(resident, incidents)) == 3
        assert len(await rows(resident, feedback_table)) == 1


async def test_a_withdrawn_report_can_be_filed_again(settings: Settings) -> None:
    """What was taken back does not count as the same record."""
    async with visit(settings) as resident:
        first = await resident.call(STORY, "file_incident", **incident())
        await resident.call(
            "forget it", "withdraw_report", reference=first["reference"], reason=None
        )
        second = await resident.call("no, do file it", "file_incident", **incident())
        assert second["status"] == "filed"
        assert second["reference"] != first["reference"]


async def test_limits_of_a_turn_and_of_a_day(settings: Settings) -> None:
    """Three records a turn, ten a session and day; withdrawn ones count, a new day begins anew."""
    now = NOW
    numbers = [f"lamp {n} is out" for n in range(1, 13)]
    message = "On Mabini Street " + ", ".join(numbers)
    calls = [("file_incident", incident(description=each)) for each in numbers]
    async with visit(settings, clock=lambda: now) as resident:
        first = await resident.say(message, *calls[:4])
        assert [each.get("reason", each["status"]) for each in first] == [
            *["filed"] * 3,
            "limit_reached",
        ]
        await resident.say(
            "never mind", ("withdraw_report", {"reference": first[0]["reference"], "reason": None})
        )
        for start in (3, 6, 9):
            last = await resident.say(message, *calls[start : start + 3])
        assert [each.get("reason", each["status"]) for each in last] == [
            "filed",
            "limit_reached",
            "limit_reached",
        ]
        assert "call the town hall" in last[1]["instruction"]
        now = NOW + timedelta(days=1, minutes=1)
        tomorrow = await resident.say(message, calls[10])
        assert tomorrow[0]["status"] == "filed"


async def test_times_come_from_the_clock_of_the_desk(settings: Settings) -> None:
    """A record is as old as the message that told it."""
    async with visit(settings, clock=lambda: NOW) as resident:
        await resident.call(STORY, "file_incident", **incident())
        (row,) = await rows(resident, incidents)
        assert (row["created_at"], row["updated_at"]) == (NOW, NOW)
        assert row["place"] == "mabini street"


# A second run of a turn, as after the death of its process or with another model.


@pytest.fixture
async def database(settings: Settings) -> AsyncIterator[Database]:
    """An open database with our schema."""
    opened = Database.open(database_url(settings))
    await migrate(opened)
    yield opened
    await opened.close()


async def running_turn(database: Database) -> Filer:
    """Return the filer of a turn that runs for the first time."""
    message = Message(STORY, "s1")
    turn = await admit(
        database, Caller("local", None), message, NOW, turn_id=new_turn_id(), worker="w1"
    )
    return Filer(turn.user_id, turn.session_key, turn.id, 1)


async def run_again(database: Database, turn_id: str, attempt: int) -> None:
    """Mark the turn as run for the `attempt`-th time."""
    async with database.writing() as connection:
        await connection.execute(
            update(turns).where(turns.c.id == turn_id).values(status="running", attempt=attempt)
        )


async def count(database: Database, table: Any) -> int:
    """Return how many rows the table has."""
    async with database.reading() as connection:
        return await connection.scalar(select(func.count()).select_from(table)) or 0


def draft(**changes: Any) -> IncidentDraft:
    """Return the pothole of Mabini Street, with changes."""
    return IncidentDraft.model_validate(incident(**changes))


def nth(n: int, tool: str = "file_incident") -> Call:
    """Return the n-th call of the tool."""
    return Call(tool, n, NOW)


async def test_a_second_run_gets_the_first_ones_outcome(database: Database) -> None:
    """The same record, told in other words, is not filed again by the next attempt."""
    filing, first = Filing(database), await running_turn(database)
    filed = await filing.file(first, nth(1), draft())
    second = Filer(first.user_id, first.session_key, first.turn_id, 2)
    await run_again(database, first.turn_id, 2)
    again = await filing.file(second, nth(1), draft(description="Reports damage in the asphalt"))
    assert again == filed
    assert again.status == "filed"
    assert await count(database, incidents) == 1
    assert await count(database, tool_calls) == 1


async def test_a_second_run_in_another_order_loses_nothing(database: Database) -> None:
    """The outcome goes by type and place, not by the number of the call alone."""
    filing, first = Filing(database), await running_turn(database)
    pothole = await filing.file(first, nth(1), draft())
    second = Filer(first.user_id, first.session_key, first.turn_id, 2)
    await run_again(database, first.turn_id, 2)
    rizal = await filing.file(second, nth(1), draft(location="Rizal Avenue"))
    again = await filing.file(second, nth(2), draft())
    assert rizal.status == "filed"
    assert rizal.reference != pothole.reference
    assert again.reference == pothole.reference
    assert await count(database, incidents) == 2


async def test_a_second_run_files_its_second_opinion(database: Database) -> None:
    """Two suggestions about two topics stay two, whichever comes first."""
    filing, first = Filing(database), await running_turn(database)
    lockers = FeedbackDraft.model_validate(feedback())
    benches = FeedbackDraft.model_validate(feedback(topic="parks_recreation", summary="Benches"))
    await filing.file(first, nth(1, "file_feedback"), lockers)
    second = Filer(first.user_id, first.session_key, first.turn_id, 2)
    await run_again(database, first.turn_id, 2)
    for n, each in enumerate((benches, lockers), 1):
        assert (await filing.file(second, nth(n, "file_feedback"), each)).reference
    assert await count(database, feedback_table) == 2


async def test_changes_are_done_once_too(database: Database) -> None:
    """A second attempt amends and withdraws nothing twice."""
    filing, first = Filing(database), await running_turn(database)
    reference = (await filing.file(first, nth(1), draft())).reference or ""
    second = Filer(first.user_id, first.session_key, first.turn_id, 2)

    for attempt in (first, second):
        await run_again(database, first.turn_id, attempt.attempt)
        amended = await filing.amend(
            attempt, nth(1, "amend_report"), reference, lambda _: draft(severity_level=5)
        )
        withdrawn = await filing.withdraw(attempt, nth(1, "withdraw_report"), reference, "gone")
        assert (amended.status, withdrawn.status) == ("amended", "withdrawn")
    async with database.reading() as connection:
        actions = await connection.execute(select(record_history.c.action).order_by("id"))
        assert list(actions.scalars()) == ["filed", "amended", "withdrawn"]


async def test_only_the_running_attempt_has_effects(database: Database) -> None:
    """A run whose turn was taken over, or has ended, files, amends and withdraws nothing."""
    filing, first = Filing(database), await running_turn(database)
    reference = (await filing.file(first, nth(1), draft())).reference or ""
    await run_again(database, first.turn_id, 2)
    with pytest.raises(TurnLost):
        await filing.file(first, nth(2), draft(location="Rizal Avenue"))
    with pytest.raises(TurnLost):
        await filing.amend(first, nth(1, "amend_report"), reference, lambda old: old)
    with pytest.raises(TurnLost):
        await filing.withdraw(first, nth(1, "withdraw_report"), reference, None)
    assert await count(database, record_history) == 1
