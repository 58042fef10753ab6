"""Amending and withdrawing: only one's own records, with before and after in the history."""

from typing import Any

import pytest
from sqlalchemy import select, update

from tests.visit import Visit, feedback, incident, visit
from townhall.db.tables import incidents, record_history
from townhall.settings import Settings

STORY = (
    "There is a deep pothole on Mabini Street, not on Rizal Avenue as I said. It was yesterday "
    "at nine, a tall man saw it. I am Maria Garcia. Please put lockers at the market."
)


def change(field: str, value: object) -> dict[str, object]:
    return {"field": field, "value": value}


async def history(resident: Visit) -> list[tuple[str, dict[str, Any]]]:
    """Return the actions on all records with their changes, oldest first."""
    async with resident.server.desk.database.reading() as connection:
        found = await connection.execute(select(record_history).order_by(record_history.c.id))
        return [(row.action, row.changes) for row in found]


async def test_amending_keeps_before_and_after(settings: Settings) -> None:
    """Every field of the filing tool can be changed; the history knows what it was."""
    async with visit(settings) as resident:
        filed = await resident.call(
            STORY,
            "file_incident",
            **incident(
                location="Rizal Avenue",
                details=[
                    {"code": "size", "value": "plate"},
                    {"code": "road_position", "value": "x"},
                ],
            ),
        )
        amended = await resident.call(
            "no, on Mabini Street",
            "amend_report",
            reference=filed["reference"].lower().replace("-", " "),
            changes=[
                change("location", "Mabini Street"),
                change("date_of_occurrence", "2026-03-09"),
                change("time_of_occurrence", "21:00"),
                change("person_involved", "tall man"),
                change("reporter_name", "Maria Garcia"),
                change("severity_level", 4),
                change("details", [{"code": "size", "value": "tyre"}]),
            ],
        )
        record = {
            "reference": filed["reference"],
            "incident_type": "pothole",
            "description": "There is a deep pothole",
            "location": "Mabini Street",
            "date_of_occurrence": "2026-03-09",
            "time_of_occurrence": "21:00",
            "person_involved": "tall man",
            "reporter_name": "Maria Garcia",
            "severity_level": 4,
            "details": [{"code": "road_position", "value": "x"}, {"code": "size", "value": "tyre"}],
            "status": "open",
        }
        assert amended == {
            "status": "amended",
            "kind": "incident",
            "reference": filed["reference"],
            "record": record,
        }
        assert [each["record"] for each in resident.records] == [record]
        (_, (action, changes)) = await history(resident)
        assert action == "amended"
        assert changes["location"] == {"before": "Rizal Avenue", "after": "Mabini Street"}
        assert changes["time_of_occurrence"] == {"before": None, "after": "21:00:00"}
        assert changes["severity_level"] == {"before": 3, "after": 4}
        async with resident.server.desk.database.reading() as connection:
            assert await connection.scalar(select(incidents.c.place)) == "mabini street"


async def test_amending_feedback(settings: Settings) -> None:
    """Feedback has its own fields, and a name can be taken out again."""
    async with visit(settings) as resident:
        filed = await resident.call(
            STORY, "file_feedback", **feedback(reporter_name="Maria Garcia")
        )
        amended = await resident.call(
            "leave my name out, and it is a complaint",
            "amend_report",
            reference=filed["reference"],
            changes=[
                change("reporter_name", None),
                change("feedback_kind", "complaint"),
                change("sentiment", "negative"),
            ],
        )
        assert amended["kind"] == "feedback"
        assert amended["record"] == {
            **filed["record"],
            "reporter_name": None,
            "feedback_kind": "complaint",
            "sentiment": "negative",
        }


async def test_another_type_takes_its_details_with_it(settings: Settings) -> None:
    """Answers to the questions of the old type go; the history keeps them."""
    async with visit(settings) as resident:
        filed = await resident.call(
            STORY, "file_incident", **incident(details=[{"code": "size", "value": "plate"}])
        )
        amended = await resident.call(
            "it is a manhole",
            "amend_report",
            reference=filed["reference"],
            changes=[change("incident_type", "road_hazard")],
        )
        assert amended["record"]["incident_type"] == "road_hazard"
        assert amended["record"]["details"] == []


async def test_changing_nothing_leaves_no_trace(settings: Settings) -> None:
    """The same value again is amended without an event and without history."""
    async with visit(settings) as resident:
        filed = await resident.call(STORY, "file_incident", **incident())
        amended = await resident.call(
            "three, I said",
            "amend_report",
            reference=filed["reference"],
            changes=[change("severity_level", 3)],
        )
        assert amended["status"] == "amended"
        assert resident.records == []
        assert len(await history(resident)) == 1


async def test_withdrawing(settings: Settings) -> None:
    """The record stays with its reason; withdrawing it again changes nothing."""
    async with visit(settings) as resident:
        filed = await resident.call(STORY, "file_incident", **incident())
        arguments = {"reference": filed["reference"], "reason": "it was repaired"}
        first = await resident.call("forget it", "withdraw_report", **arguments)
        assert first == {
            "status": "withdrawn",
            "kind": "incident",
            "reference": filed["reference"],
            "record": {**filed["record"], "status": "withdrawn"},
        }
        assert [each["record"]["status"] for each in resident.records] == ["withdrawn"]
        again = await resident.call("forget it", "withdraw_report", **arguments)
        assert again == first
        assert resident.records == []
        assert (await history(resident))[1:] == [
            (
                "withdrawn",
                {
                    "status": {"before": "open", "after": "withdrawn"},
                    "reason": {"before": None, "after": "it was repaired"},
                },
            )
        ]


async def test_records_of_others_cannot_be_changed(settings: Settings) -> None:
    """Another session, a deleted one and a reference that never was are refused alike."""
    async with visit(settings) as resident:
        filed = await resident.call(STORY, "file_incident", **incident())
        stranger = resident.other_session("s2")
        for reference in (filed["reference"], "INC-2222-2222", "nonsense", "", "I" * 10_000):
            for tool, more in (
                ("amend_report", {"changes": [change("severity_level", 5)]}),
                ("withdraw_report", {"reason": None}),
            ):
                answer = await stranger.call("change it", tool, reference=reference, **more)
                assert answer == {
                    "status": "refused",
                    "reason": "not_found",
                    "instruction": answer["instruction"],
                }
        assert len(await history(resident)) == 1


@pytest.mark.parametrize("status", ["resolved", "withdrawn"])
async def test_what_is_over_cannot_be_amended(settings: Settings, status: str) -> None:
    """A resolved or withdrawn report stays as it is."""
    async with visit(settings) as resident:
        filed = await resident.call(STORY, "file_incident", **incident())
        async with resident.server.desk.database.writing() as connection:
            await connection.execute(update(incidents).values(status=status))
        answer = await resident.call(
            "it is worse",
            "amend_report",
            reference=filed["reference"],
            changes=[change("severity_level", 5)],
        )
        assert (answer["status"], answer["reason"]) == ("refused", status)


async def test_changes_keep_the_rules_of_filing(settings: Settings) -> None:
    """Whatever could not be filed cannot be amended into a record either."""
    async with visit(settings) as resident:
        filed = await resident.call(STORY, "file_incident", **incident())
        for wrong, reason in (
            ([change("location", "Oak Street")], "location_not_said"),
            ([change("reporter_name", "Bob")], "reporter_name_not_said"),
            ([change("location", None)], "location_missing"),
            ([change("incident_type", "alien")], "unknown_type"),
            ([change("date_of_occurrence", "2999-01-01")], "date_in_future"),
            ([change("severity_level", 6)], "not_valid"),
            ([change("description", "x" * 8001)], "not_valid"),
            ([change("description", None)], "not_valid"),
            ([change("details", [{"code": "colour", "value": "red"}])], "unknown_detail"),
            ([change("details", "large")], "not_valid"),
            ([change("topic", "other")], "unknown_field"),
            ([change("status", "resolved")], "not_valid"),
            ([change("severity_level", 4), change("location", "Oak Street")], "location_not_said"),
            ([], "nothing_to_change"),
        ):
            answer = await resident.call(
                "change it", "amend_report", reference=filed["reference"], changes=wrong
            )
            assert (answer["status"], answer["reason"]) == ("refused", reason), wrong
        assert len(await history(resident)) == 1


async def test_old_facts_are_not_judged_again(settings: Settings) -> None:
    """A place that was written long ago, or by staff, does not stand in the way of a change."""
    async with visit(settings) as resident:
        filed = await resident.call(STORY, "file_incident", **incident())
        async with resident.server.desk.database.writing() as connection:
            await connection.execute(update(incidents).values(location="Town Hall, gate 3"))
        amended = await resident.call(
            "it got worse",
            "amend_report",
            reference=filed["reference"],
            changes=[change("severity_level", "5")],
        )
        assert (amended["status"], amended["record"]["severity_level"]) == ("amended", 5)
