"""The status of one record, for whoever has its reference: by the tool and by the route."""

from datetime import UTC, datetime

import httpx
from sqlalchemy import update

from tests.visit import feedback, incident, visit
from townhall.db.tables import incidents
from townhall.settings import Settings

NOW = datetime(2026, 3, 9, 20, 30, tzinfo=UTC)  # 04:30 on the 10th in the town
STORY = "Deep pothole on Mabini Street. A man hit me there. Lockers at the market. Maria Garcia."


async def test_the_route_tells_type_status_and_times(settings: Settings) -> None:
    """No text, no place, no name."""
    async with visit(settings, clock=lambda: NOW) as resident:
        filed = await resident.call(
            STORY, "file_incident", **incident(reporter_name="Maria Garcia")
        )
        opinion = await resident.call(STORY, "file_feedback", **feedback())
        client = resident.server.client
        written = filed["reference"].lower().replace("-", "")
        assert (await client.get(f"/reports/{written}")).json() == {
            "kind": "incident",
            "reference": filed["reference"],
            "type": "Pothole or broken road surface",
            "status": "open",
            "created_at": "2026-03-09T20:30:00Z",
            "updated_at": "2026-03-09T20:30:00Z",
        }
        assert (await client.get(f"/reports/{opinion['reference']}")).json() == {
            "kind": "feedback",
            "reference": opinion["reference"],
            "type": "Shopping and amenities",
            "status": "open",
            "created_at": "2026-03-09T20:30:00Z",
            "updated_at": "2026-03-09T20:30:00Z",
        }


async def test_private_types_tell_the_day_only(settings: Settings) -> None:
    """The hour of an assault is nobody's business; the day is that of the town."""
    async with visit(settings, clock=lambda: NOW) as resident:
        filed = await resident.call(
            STORY, "file_incident", **incident(incident_type="assault_threat")
        )
        answer = (await resident.server.client.get(f"/reports/{filed['reference']}")).json()
        assert (answer["created_at"], answer["updated_at"]) == ("2026-03-10", "2026-03-10")


async def test_a_type_that_the_town_dropped_counts_as_private(settings: Settings) -> None:
    """Nobody knows any more what it was."""
    async with visit(settings, clock=lambda: NOW) as resident:
        filed = await resident.call(STORY, "file_incident", **incident())
        async with resident.server.desk.database.writing() as connection:
            await connection.execute(update(incidents).values(incident_type="old_crime"))
        answer = (await resident.server.client.get(f"/reports/{filed['reference']}")).json()
        assert (answer["type"], answer["created_at"]) == ("old_crime", "2026-03-10")


async def test_an_unknown_reference_is_not_found(settings: Settings) -> None:
    """Wrong letters, too many of them and odd ones are the same 404."""
    async with visit(settings) as resident:
        for reference in ("INC-2222-2222", "inc", "INC-0000-0000", "%00", "%ED%A0%80", "I" * 3000):
            response = await resident.server.client.get(f"/reports/{reference}")
            assert (response.status_code, response.json()["code"]) == (404, "not-found")


async def test_the_route_needs_a_token_from_afar(sqlite_settings: Settings) -> None:
    """As every route; a resident's page has one."""
    afar = sqlite_settings.model_copy(update={"access": "token"})
    async with visit(afar) as resident:
        client = resident.server.client
        path = "/reports/INC-2222-2222"
        assert (await client.get(path)).status_code == 401
        token = (await client.post("/sessions/create", json={})).json()["token"]
        headers = {"Authorization": f"Bearer {token}"}
        response: httpx.Response = await client.get(path, headers=headers)
        assert response.status_code == 404


async def test_the_tool_tells_the_state_of_anybodys_report(settings: Settings) -> None:
    """By reference, from any session: the state and the day, nothing else."""
    async with visit(settings, clock=lambda: NOW) as resident:
        filed = await resident.call(STORY, "file_incident", **incident())
        async with resident.server.desk.database.writing() as connection:
            await connection.execute(update(incidents).values(status="in_progress"))
        stranger = resident.other_session("s2")
        reference = filed["reference"]
        assert await stranger.call(
            "how is it going?", "look_up_report", reference=f" {reference.lower()}."
        ) == {
            "status": "found",
            "kind": "incident",
            "reference": reference,
            "state": "in_progress",
            "updated_at": "2026-03-10",
        }
        for unknown in ("FBK-2222-2222", "", "INC", "\x00", "I" * 10_000):
            answer = await stranger.call("and this?", "look_up_report", reference=unknown)
            assert answer == {"status": "not_found"}
