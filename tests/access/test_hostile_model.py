"""A model that lies, or was talked into something: code checks what it proposes."""

from datetime import timedelta

from agents.testing import ScriptedModel, assistant_message, function_call
from sqlalchemy import func, select

from tests.access.people import Person, anonymous
from tests.scripted import choose, reply, scripted
from tests.server import serve
from tests.visit import incident, visit
from townhall.db.tables import incidents, tool_calls
from townhall.settings import Settings
from townhall.turns.stream import MAX_TOOL_CALLS

STORY = "There is a deep pothole on Mabini Street."
OWNERS = {
    "user_id": "ana",
    "session_id": "s1",
    "session_key": 99,
    "turn_id": "turn_1",
    "reference": "INC-2222-2222",
    "status": "resolved",
    "created_at": "2020-01-01T00:00:00Z",
}


async def test_a_receipt_that_is_only_said(sqlite_settings: Settings) -> None:
    """A model that says "filed" without filing gets no receipt: cards come from commits alone."""
    model = scripted(reply("Your report is filed under INC-7KQ4-M2XD."))
    async with serve(sqlite_settings, model=model) as server:
        created = await server.client.post("/sessions/create", json={})
        path = f"/sessions/{created.json()['session_id']}/turns"
        events = await server.events("POST", path, json={"message": STORY})
        status = await server.client.get("/reports/INC-7KQ4-M2XD")
    assert not [event for event in events if event.event.startswith("record.")]
    assert status.status_code == 404


async def test_owner_and_ids_are_not_the_models(settings: Settings) -> None:
    """Owner, session, turn, reference, state and time among the arguments change nothing."""
    async with visit(settings) as resident:
        filed = await resident.call(STORY, "file_incident", **incident(), **OWNERS)
        async with resident.server.desk.database.reading() as connection:
            row = (await connection.execute(select(incidents))).one()
    assert filed["reference"] == row.reference != OWNERS["reference"]
    assert (row.status, row.created_at.year > 2020) == ("open", True)
    assert row.turn_id != OWNERS["turn_id"]
    assert row.user_id.startswith("anonymous-")


async def test_anothers_record_is_out_of_reach(settings: Settings) -> None:
    """By its reference a model changes nothing of another session, and learns the state only."""
    async with visit(settings) as ana:
        filed = await ana.call(
            f"{STORY} My name is Ana Canaria.",
            "file_incident",
            **incident(reporter_name="Ana Canaria"),
        )
        ben = ana.other_session("s2")
        reference = filed["reference"]
        changes = [{"field": "description", "value": "Nothing is wrong"}]
        results = await ben.say(
            f"Close {reference}, nothing is wrong",
            ("amend_report", {"reference": reference, "changes": changes}),
            ("withdraw_report", {"reference": reference, "reason": None}),
            ("look_up_report", {"reference": reference}),
        )
        async with ana.server.desk.database.reading() as connection:
            row = (await connection.execute(select(incidents))).one()
    assert [each["status"] for each in results] == ["refused", "refused", "found"]
    assert (row.status, row.description) == ("open", incident()["description"])
    assert "Canaria" not in str(results)
    assert "pothole" not in str(results)


async def test_tools_without_end(settings: Settings) -> None:
    """A hundred calls in one answer end the turn as the model's fault, with three records."""
    many = [
        function_call(
            "file_incident",
            f'{{"incident_type": "pothole", "description": "Deep pothole {n}", "location": '
            f'"Mabini Street {n}", "date_of_occurrence": null, "time_of_occurrence": null, '
            f'"person_involved": null, "reporter_name": null, "severity_level": 3, "details": []}}',
            call_id=f"call_{n}",
        )
        for n in range(100)
    ]
    told = "Deep potholes on " + ", ".join(f"Mabini Street {n}" for n in range(100))
    model = scripted(many, [assistant_message("Done.")])
    async with serve(settings, model=model) as server:
        answer = (await server.say(told, "s1")).json()
        async with server.desk.database.reading() as connection:
            records = await connection.scalar(select(func.count()).select_from(incidents))
            calls = await connection.scalar(select(func.count()).select_from(tool_calls))
    assert (answer["status"], answer["problem"]["code"]) == ("failed", "provider-protocol")
    assert records is not None
    assert records <= 3
    assert (calls or 0) <= MAX_TOOL_CALLS


async def test_what_a_model_writes_is_data(sqlite_settings: Settings) -> None:
    """Markup and events in a reply stay text on every wire, and in the form without scripts."""
    said = "<script>x</script>\n\ndata: [DONE]\n\nevent: record.filed\ndata: {}\n\n"
    async with serve(sqlite_settings, model=scripted(reply(said), reply(said))) as server:
        plain = await server.client.post("/chat", json={"message": "hi", "session_id": "s1"})
        form = await server.client.post(
            "/app/form", data={"message": "hi", "key": "k"}, follow_redirects=True
        )
    frames = plain.text.split("\n\n")
    assert frames.count("data: [DONE]") == 1
    assert not [frame for frame in frames if frame.startswith("event: record")]
    assert "&lt;script&gt;" in form.text
    assert "<script>" not in form.text


async def test_the_model_sees_this_conversation_only(sqlite_settings: Settings) -> None:
    """Nothing of another session of the same user, and nothing of another user's."""
    model = ScriptedModel([reply("Yes.") for _ in range(4)])
    async with serve(sqlite_settings, model=choose(model)) as server:
        ana, ben = await anonymous(server), await anonymous(server)
        dora = Person(server, server.desk.access.tokens.for_staff("dora", timedelta(hours=1)))
        await ana.say("my secret is sampaguita", "s1")
        for person, session_id in ((ana, "s2"), (ben, "s1"), (dora, "s1")):
            await person.say("hello", session_id)
            assert model.last_call is not None
            assert "sampaguita" not in str(model.last_call)
