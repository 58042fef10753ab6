"""Staff: who they are, what they may do, and what is written down about it."""

from datetime import timedelta
from pathlib import Path
from typing import Any

from tests.access.commands import townhall_here
from tests.access.people import Person, anonymous
from tests.access.provider import Provider
from tests.conftest import make_settings
from tests.server import Running, serve
from townhall.settings import Settings

SUGGESTION = "I suggest lamps in the park. My name is Ana Canaria. That's all."
POTHOLE = "There is a deep pothole on Mabini Street. That's all."


def officer(server: Running, name: str = "dora") -> Person:
    """Return a member of staff with a token of our own."""
    token = server.desk.access.tokens.for_staff(name, timedelta(hours=1))
    return Person(server, token, f"staff:{name}")


def deeds(record: dict[str, Any]) -> list[tuple[str, str, Any]]:
    """Return the history of a record: who did what."""
    return [(each["actor"], each["action"], each["changes"]) for each in record["history"]]


async def test_staff_work_on_a_record(settings: Settings, provider: Provider) -> None:
    """They list, read, move on and note; each deed is in the history under their name."""
    async with serve(provider.trusted_by(settings)) as server:
        ana, dora = await anonymous(server), officer(server)
        signed_in = Person(server, provider.staff_token("officer-1"), "officer-1")
        reference = (await ana.say(SUGGESTION))["records"][0]["reference"]
        await ana.say(POTHOLE)
        listed = (await dora.ask("GET", "/records?kind=feedback&status=open")).json()
        await dora.ask("GET", f"/records/{reference}")
        work = {"status": "in_progress", "note": "A crew is on its way."}
        await signed_in.ask("PATCH", f"/records/{reference}", json=work)
        same = {"status": "in_progress"}
        record = (await dora.ask("PATCH", f"/records/{reference}", json=same)).json()
        public = (await ana.ask("GET", f"/reports/{reference}")).json()
    assert (listed["total"], listed["records"][0]["reference"]) == (1, reference)
    assert "Canaria" not in str(listed)
    assert "lamps" not in str(listed)
    assert record["record"]["reporter_name"] == "Ana Canaria"
    moved = {"status": {"before": "open", "after": "in_progress"}}
    assert deeds(record)[1:] == [
        ("staff:dora", "viewed", {}),
        ("officer-1", "moved", moved),
        ("officer-1", "noted", {"note": "A crew is on its way."}),
    ]
    assert deeds(record)[0][:2] == (ana.user_id, "filed")
    assert public["status"] == "in_progress"
    assert "crew" not in str(public)


async def test_pages_of_records(sqlite_settings: Settings) -> None:
    """Newest first, in pages, by kind, status and code."""
    async with serve(sqlite_settings) as server:
        dora, filed = officer(server), []
        for number in range(3):
            ana = await anonymous(server)
            answer = await ana.say(
                f"There is a deep pothole on Mabini Street {number}. That's all."
            )
            filed.append(answer["records"][0]["reference"])
        first = (await dora.ask("GET", "/records?limit=2")).json()
        second = (await dora.ask("GET", f"/records?limit=2&after={first['next']}")).json()
        others = [
            (await dora.ask("GET", f"/records?{query}")).json()["total"]
            for query in ("code=pothole", "code=theft", "status=resolved", "kind=feedback")
        ]
    found = [each["reference"] for page in (first, second) for each in page["records"]]
    assert (found, second["next"], others) == (filed[::-1], None, [3, 0, 0, 0])


async def test_what_is_refused(sqlite_settings: Settings) -> None:
    """Unknown references, states that are not staff's to give, empty work, withdrawn records."""
    async with serve(sqlite_settings) as server:
        ana, dora = await anonymous(server), officer(server)
        answer = await ana.say(POTHOLE)
        reference = answer["records"][0]["reference"]
        path = f"/records/{reference}"
        statuses = [
            (await dora.ask(method, where, json=body)).status_code
            for method, where, body in (
                ("GET", "/records/INC-2222-2222", None),
                ("GET", "/records/1", None),
                ("PATCH", "/records/INC-2222-2222", {"status": "open"}),
                ("PATCH", path, {"status": "withdrawn"}),
                ("PATCH", path, {"status": "gone"}),
                ("PATCH", path, {}),
                ("PATCH", path, {"note": ""}),
                ("PATCH", path, {"note": "a\x00"}),
                ("PATCH", path, {"note": "x" * 4001}),
                ("PATCH", path, {"reporter_name": "X"}),
                ("GET", "/records?limit=0", None),
                ("GET", "/records?after=0", None),
                ("GET", "/records?kind=people", None),
                ("GET", "/records?code=a%27--", None),
            )
        ]
        await ana.say(f"Please withdraw {reference}.", answer["session_id"])
        await ana.say("Yes, withdraw it.", answer["session_id"])
        withdrawn = await dora.ask("PATCH", path, json={"status": "open"})
    assert statuses == [404, 404, 404, *[422] * 11]
    assert withdrawn.status_code == 422
    assert withdrawn.json()["errors"][0]["reason"] == "its resident has withdrawn it"


async def test_staff_see_no_conversations(sqlite_settings: Settings) -> None:
    """A member of staff has sessions of their own, and nobody else's."""
    async with serve(sqlite_settings) as server:
        ana, dora = await anonymous(server), officer(server)
        answer = await ana.say(SUGGESTION)
        await dora.say("Hello", "mine")
        sessions = (await dora.ask("GET", "/sessions")).json()["sessions"]
        foreign = await dora.ask("GET", f"/sessions/{answer['session_id']}/messages")
    assert [each["user_id"] for each in sessions] == ["staff:dora"]
    assert foreign.status_code == 404


async def test_the_developer_is_not_staff(sqlite_settings: Settings) -> None:
    """Without a token even this machine gets 403, and is told how to become staff."""
    async with serve(sqlite_settings) as server:
        response = await server.client.get("/records")
    assert (response.status_code, response.json()["code"]) == (403, "role-required")
    assert "townhall token --staff NAME" in response.json()["detail"]


async def test_a_token_by_command(tmp_path: Path) -> None:
    """`townhall token --staff NAME` prints one and nothing else; a name that is none is refused."""
    made = townhall_here(tmp_path, "token", "--staff", "dora", "--hours", "1")
    wrong = [townhall_here(tmp_path, "token", "--staff", name) for name in ("", "a b", "a:b")]
    async with serve(make_settings(tmp_path)) as server:
        response = await Person(server, made.stdout.strip()).ask("GET", "/records")
    assert response.status_code == 200
    assert [each.exit_code for each in wrong] == [2, 2, 2]
