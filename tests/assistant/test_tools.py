"""The tools as a model calls them: what they refuse, and that they never break."""

import json
from typing import Any

import pytest
from pydantic import ValidationError
from sqlalchemy import func, select

from tests.visit import Visit, feedback, incident, visit
from townhall.assistant.tools import LABELS, TOOLS
from townhall.db.tables import incidents
from townhall.records.schemas import IncidentDraft
from townhall.settings import Settings
from townhall.turns.stream import MAX_TOOL_CALLS

STORY = "There is a deep pothole on Mabini Street. Please put lockers at the market."
# Each can be said in JSON, and none may reach the database.
ODD_INCIDENTS: list[tuple[dict[str, Any], str]] = [
    ({"location": "Mabini Street\x00"}, "not_valid"),
    ({"description": "a \x1b[2J pothole"}, "not_valid"),
    ({"description": ""}, "not_valid"),
    ({"description": " \n "}, "not_valid"),
    ({"description": "x" * 8001}, "not_valid"),
    ({"description": 5}, "not_valid"),
    ({"description": None}, "not_valid"),
    ({"location": "Mabini Street " * 40}, "not_valid"),
    ({"location": ["Mabini Street"]}, "not_valid"),
    ({"location": None}, "location_missing"),
    ({"location": "unknown"}, "location_missing"),
    ({"location": "Oak Street"}, "location_not_said"),
    ({"person_involved": "a man in black"}, "person_involved_not_said"),
    ({"reporter_name": "x" * 201}, "not_valid"),
    ({"reporter_name": "Bob"}, "reporter_name_not_said"),
    ({"incident_type": "ufo"}, "unknown_type"),
    ({"incident_type": "pothole\x00"}, "not_valid"),
    ({"incident_type": "x" * 65}, "not_valid"),
    ({"incident_type": "'; DROP TABLE incidents; --"}, "unknown_type"),
    ({"severity_level": 0}, "not_valid"),
    ({"severity_level": 6}, "not_valid"),
    ({"severity_level": 3.5}, "not_valid"),
    ({"severity_level": "high"}, "not_valid"),
    ({"severity_level": 10**30}, "not_valid"),
    ({"severity_level": None}, "not_valid"),
    ({"date_of_occurrence": "2999-01-01"}, "date_in_future"),
    ({"date_of_occurrence": "1900-01-01"}, "date_too_old"),
    ({"date_of_occurrence": "0001-01-01"}, "date_too_old"),
    ({"date_of_occurrence": "2026-02-30"}, "not_valid"),
    ({"date_of_occurrence": "yesterday"}, "not_valid"),
    ({"date_of_occurrence": "1735689600"}, "not_valid"),
    ({"date_of_occurrence": 1735689600}, "not_valid"),
    ({"date_of_occurrence": "2026-03-01T10:00:00Z"}, "not_valid"),
    ({"date_of_occurrence": "-2026-03-01"}, "not_valid"),
    ({"time_of_occurrence": "25:00"}, "not_valid"),
    ({"time_of_occurrence": "9pm"}, "not_valid"),
    ({"time_of_occurrence": "09:00Z"}, "not_valid"),
    ({"details": [{"code": "colour", "value": "red"}]}, "unknown_detail"),
    ({"details": [{"code": "size", "value": "x" * 501}]}, "not_valid"),
    ({"details": [{"code": "size", "value": ""}]}, "not_valid"),
    ({"details": [{"code": "size", "value": "\x00"}]}, "not_valid"),
    ({"details": [{"code": "size"}]}, "not_valid"),
    ({"details": [{"code": "size", "value": "big"}] * 21}, "not_valid"),
    ({"details": "big"}, "not_valid"),
    ({"details": None}, "not_valid"),
]
ODD_FEEDBACK: list[tuple[dict[str, Any], str]] = [
    ({"feedback_kind": "rant"}, "not_valid"),
    ({"sentiment": "furious"}, "not_valid"),
    ({"topic": "ufos"}, "unknown_topic"),
    ({"topic": "x" * 65}, "not_valid"),
    ({"summary": "\x00"}, "not_valid"),
    ({"summary": "x" * 8001}, "not_valid"),
    ({"summary": None}, "not_valid"),
    ({"reporter_name": "Bob"}, "reporter_name_not_said"),
]
ODD_CALLS: list[tuple[str, dict[str, Any] | str]] = [
    *[(name, "") for name in LABELS],
    *[(name, "not json") for name in LABELS],
    *[(name, "[1, 2]") for name in LABELS],
    *[(name, '{"a": "b"}') for name in LABELS],
    ("file_incident", '{"severity_level": ' + "9" * 5000 + "}"),
    ("file_incident", '{"details": ' + "[" * 300 + "]" * 300 + "}"),
    ("file_incident", '{"severity_level": NaN}'),
    ("amend_report", {"reference": 5, "changes": []}),
    ("amend_report", {"reference": "INC-2222-2222", "changes": [{"field": "x", "value": 1}]}),
    ("amend_report", {"reference": "INC-2222-2222", "changes": [{"field": "topic"}]}),
    ("withdraw_report", {"reference": "INC-2222-2222", "reason": "x" * 501}),
    ("withdraw_report", {"reference": "INC-2222-2222", "reason": "\x00"}),
    ("search_town_information", {"query": "x" * 501}),
    ("search_town_information", {"query": "opening\x00hours"}),
]


async def refusals(resident: Visit, *calls: tuple[str, dict[str, Any] | str]) -> list[str]:
    """Return the reasons for which the calls were refused; each must say what to do."""
    answers = [
        answer
        for first in range(0, len(calls), MAX_TOOL_CALLS)
        for answer in await resident.say(STORY, *calls[first : first + MAX_TOOL_CALLS])
    ]
    for answer, call in zip(answers, calls, strict=True):
        assert answer["status"] == "refused", (answer, str(call)[:200])
        assert 20 < len(answer["instruction"]) < 2000
        assert "xxxx" not in answer["instruction"]
    return [answer["reason"] for answer in answers]


async def test_odd_fields_are_refused(settings: Settings) -> None:
    """Whatever a model puts into a field, it is told what to mend and nothing is saved."""
    async with visit(settings) as resident:
        got = await refusals(
            resident, *[("file_incident", incident(**odd)) for odd, _ in ODD_INCIDENTS]
        )
        assert got == [reason for _, reason in ODD_INCIDENTS]
        got = await refusals(
            resident, *[("file_feedback", feedback(**odd)) for odd, _ in ODD_FEEDBACK]
        )
        assert got == [reason for _, reason in ODD_FEEDBACK]
        async with resident.server.desk.database.reading() as connection:
            assert await connection.scalar(select(func.count()).select_from(incidents)) == 0


async def test_odd_calls_are_refused(settings: Settings) -> None:
    """Arguments that are no JSON, no object or another tool's are refused like odd fields."""
    async with visit(settings) as resident:
        await refusals(resident, *ODD_CALLS)


@pytest.mark.parametrize("text", ["\ud800", "a \udfff pothole", "a\x00b", "\x7f"])
def test_no_draft_has_what_a_database_refuses(text: str) -> None:
    """Half a surrogate pair and control characters are refused before any database sees them."""
    for field in ("description", "location", "person_involved", "reporter_name"):
        with pytest.raises(ValidationError):
            IncidentDraft.model_validate(incident(**{field: text}))


async def test_a_field_of_ten_megabytes_is_refused(settings: Settings) -> None:
    """And the turn goes on."""
    async with visit(settings) as resident:
        huge = "x" * 10_000_000
        assert await refusals(resident, ("file_incident", incident(description=huge))) == [
            "not_valid"
        ]


async def test_what_just_fits_is_filed(settings: Settings) -> None:
    """The limits themselves are allowed, and text comes back as it was written."""
    place = ("Mabini Street, " * 34)[:500].strip()
    description = "深い穴 🕳️ “quoted” <b>ñ</b>\n" + "y" * 7975
    async with visit(settings) as resident:
        fields = incident(
            description=description[:8000],
            location=place,
            date_of_occurrence="2020-02-29",
            time_of_occurrence="23:59",
            details=[{"code": "size", "value": "z" * 500}] * 20,
        )
        answer = await resident.call(STORY, "file_incident", **fields)
        assert answer["status"] == "filed"
        assert {name: answer["record"][name] for name in fields} == fields


async def test_null_in_the_words_of_small_models(settings: Settings) -> None:
    """What stands for nothing is nothing."""
    async with visit(settings) as resident:
        answer = await resident.call(
            STORY,
            "file_incident",
            **incident(
                reporter_name="Anonymous",
                person_involved="unknown",
                date_of_occurrence="",
                time_of_occurrence="null",
            ),
        )
        nothing = ("reporter_name", "person_involved", "date_of_occurrence", "time_of_occurrence")
        assert [answer["record"][name] for name in nothing] == [None] * 4


async def test_what_only_the_assistant_said_is_not_said(settings: Settings) -> None:
    """A place or name from the assistant's own words, or from another session, is an invention."""
    async with visit(settings) as resident:
        await resident.say("there is a pothole", reply="On Oak Street, Mr. Bob Smith?")
        await resident.other_session("s2").say("I am Bob Smith of Oak Street")
        answers = await resident.say(
            "maybe",
            ("file_incident", incident(location="Oak Street")),
            ("file_feedback", feedback(reporter_name="Bob Smith")),
        )
        reasons = ["location_not_said", "reporter_name_not_said"]
        assert [each["reason"] for each in answers] == reasons
        await resident.say("yes, Oak Street, I am Bob Smith")
        answer = await resident.call(
            "please", "file_incident", **incident(location="Oak Street", reporter_name="Bob Smith")
        )
        assert answer["status"] == "filed"


async def test_search_cites_its_pages(settings: Settings) -> None:
    """Passages come with title and source, and the pages are shown as the answer's sources."""
    async with visit(settings) as resident:
        answer = await resident.call(
            "when is the library open?", "search_town_information", query="library opening hours"
        )
        assert answer["status"] == "found"
        best = answer["passages"][0]
        assert best.keys() == {"title", "path", "source", "text"}
        assert best["path"].endswith("library.md")
        assert best["source"].startswith("https://riverbend.example/")
        shown = [(each["title"], each["path"]) for each in resident.sources]
        assert shown == [(each["title"], each["path"]) for each in answer["passages"]]
        assert all(0 < len(each["quote"]) <= 242 for each in resident.sources)


async def test_search_knows_when_it_does_not_know(settings: Settings) -> None:
    """Nothing relevant: the contact, and no sources."""
    async with visit(settings) as resident:
        for query in ("quantum chromodynamics homework", "", "???"):
            answer = await resident.call("?", "search_town_information", query=query)
            assert answer == {
                "status": "nothing_found",
                "contact": (
                    "(045) 555 0100, help@riverbend.example (Monday to Friday, 8:00 to 17:00)"
                ),
            }
            assert resident.sources == []


def test_every_tool_has_a_label_and_a_strict_schema() -> None:
    """Hosted models take each tool: strict, described, without limits that they do not know."""
    assert [tool.name for tool in TOOLS] == list(LABELS)
    for tool in TOOLS:
        schema: dict[str, Any] = tool.params_json_schema  # type: ignore[union-attr]
        assert tool.strict_json_schema  # type: ignore[union-attr]
        assert schema["additionalProperties"] is False
        assert schema["required"] == list(schema["properties"])
        assert all("description" in each for each in schema["properties"].values())
        assert "Length" not in json.dumps(schema)
