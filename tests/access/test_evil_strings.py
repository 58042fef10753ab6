"""Strings that have broken software, in every field: kept and shown as data, never a 5xx."""

import csv
import io
import json
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import pytest
from sqlalchemy import select

from tests.access.people import Person, anonymous
from tests.access.strings import EVIL
from tests.server import Running, serve
from tests.visit import feedback, incident, visit
from townhall.db.tables import feedback as feedback_table
from townhall.db.tables import incidents
from townhall.records.export import export_records
from townhall.settings import Settings
from townhall.turns.admission import Message

# A few by default, so that the suite stays quick; all of them in `make test-long`.
SAMPLES = pytest.mark.parametrize(
    "strings", [EVIL[::17], pytest.param(EVIL, marks=pytest.mark.long)], ids=["some", "all"]
)
LIMITS = {
    "limit_turns_per_caller": "100000/minute",
    "limit_turns_per_address": "100000/minute",
    "limit_tokens_per_address": "100000/minute",
}
JSON = {"Accept": "application/json"}


@SAMPLES
async def test_as_a_message(strings: tuple[str, ...], settings: Settings) -> None:
    """Each is a message and metadata: it comes back whole, in the answer and the transcript."""
    settings = settings.model_copy(update={"model": "echo", **LIMITS})
    assert len(set(EVIL)) >= 130
    async with serve(settings) as server:
        ana = await anonymous(server)
        for number, text in enumerate(strings):
            # A session for each also makes a title of each.
            body = {
                "message": f"{text}.",
                "session_id": f"s{number}",
                "metadata": {"v": text[:512]},
            }
            response = await ana.ask("POST", "/chat", json=body, headers=JSON)
            assert response.status_code == 200, text
            # The echo speaks word by word.
            assert response.json()["text"].split() == f"{text}.".split(), text
            shown = (await ana.ask("GET", f"/sessions/s{number}/messages")).json()
            assert shown["messages"][0]["text"] == f"{text}.", text
        listed = (await ana.ask("GET", "/sessions?limit=200")).json()
    assert listed["total"] == len(strings) + 1


@SAMPLES
async def test_to_the_clerk(strings: tuple[str, ...], settings: Settings) -> None:
    """The built-in clerk answers each of them; none ends as a failure."""
    async with serve(settings.model_copy(update=LIMITS)) as server:
        ana = await anonymous(server)
        for text in strings:
            answer = await ana.say(f"{text} .")
            assert answer["status"] == "completed", text
            assert answer["records"] == [], text


@SAMPLES
async def test_where_ids_and_queries_stand(strings: tuple[str, ...], settings: Settings) -> None:
    """As an id, a header, a query or a field of staff's: 4xx or an honest answer, never 5xx."""
    settings = settings.model_copy(update={"model": "echo", **LIMITS})
    async with serve(settings) as server:
        token = server.desk.access.tokens.for_staff("dora", timedelta(hours=1))
        dora = Person(server, token)
        seen = set()
        for text in strings:
            for response in await _everywhere(server, dora, text[:600]):
                assert response.status_code < 500, (response.request.url, text)
                assert "html" not in response.headers["content-type"]
                seen.add(response.status_code)
    assert {200, 404, 422} <= seen


async def _everywhere(server: Running, dora: Person, text: str) -> list[Any]:
    body = {"message": "hi", "session_id": text}
    key = [(b"Idempotency-Key", text.encode("utf-8"))]
    responses = [
        await dora.ask("POST", "/chat", json=body),
        await dora.ask("POST", "/sessions/create", json={"user_id": text}),
        await dora.ask("POST", "/sessions/claim", json={"token": text}),
        await dora.ask("GET", "/sessions", params={"user_id": text, "after": text}),
        await dora.ask("GET", "/records", params={"code": text, "kind": text}),
        await dora.ask("GET", "/insights", params={"place": text, "incident_type": text}),
        await dora.ask("GET", "/insights", params={"place": text[:100]}),
    ]
    if text.isprintable() and text.strip() == text:
        headers = [*key, *[(k.encode(), v.encode()) for k, v in dora.headers.items()]]
        responses.append(await server.client.post("/chat", json={"message": "hi"}, headers=headers))
    encoded = quote(text, safe="")
    return [
        *responses,
        await dora.ask("GET", f"/sessions/{encoded}"),
        await dora.ask("GET", f"/reports/{encoded}"),
        await dora.ask("PATCH", f"/records/{encoded}", json={"note": text}),
    ]


@SAMPLES
async def test_as_what_is_filed(strings: tuple[str, ...], settings: Settings) -> None:
    """A model that puts them into every field files what can be kept; exports have no formula."""
    settings = settings.model_copy(update=LIMITS)
    async with visit(settings) as resident:
        for number, text in enumerate(strings):
            guest = resident.other_session(f"e{number}")
            line = text[:150]
            told = f"I say: {line} {text[:3000]}"
            results = await guest.say(
                told,
                ("file_incident", incident(description=text[:3000], location=line)),
                ("file_feedback", feedback(summary=text[:3000], reporter_name=line)),
            )
            assert {each["status"] for each in results} <= {"filed", "refused"}, text
        database = resident.server.desk.database
        async with database.reading() as connection:
            descriptions = set(await connection.scalars(select(incidents.c.description)))
            summaries = set(await connection.scalars(select(feedback_table.c.summary)))
        for kind in ("incident", "feedback"):
            sheet = io.StringIO()
            await export_records(database, kind, "csv", sheet)
            sheet.seek(0)
            cells = [cell for row in csv.reader(sheet) for cell in row]
            assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "＝"))]
        token = resident.server.desk.access.tokens.for_staff("dora", timedelta(hours=1))
        dora = Person(resident.server, token)
        page = (await dora.ask("GET", "/records?kind=feedback&limit=1")).json()["records"]
        shown = await dora.ask("GET", f"/records/{page[0]['reference']}")
    # Nothing is changed on its way in; what has control characters is refused instead.
    assert descriptions <= {text[:3000].strip() for text in EVIL}
    assert summaries <= {text[:3000].strip() for text in EVIL}
    assert len(descriptions | summaries) > len(strings) / 2
    assert shown.headers["content-type"] == "application/json"
    assert json.loads(shown.text)["record"]["summary"] in summaries


async def test_a_session_name_is_a_name(sqlite_settings: Settings) -> None:
    """Ids that look like something else are ids: found by their owner, letter by letter."""
    settings = sqlite_settings.model_copy(update={"model": "echo"})
    names = ["create", "claim", "null", "0", "a..b", "a+b", "a@b", "A", "constructor", "9:9"]
    async with serve(settings) as server:
        ana = await anonymous(server)
        desk = server.desk
        caller = await desk.access.verify([f"Bearer {ana.token}"])
        for name in names:
            message = Message(f"I am {name}", name)
            await desk.runner.accept(caller, message, sent_at=datetime.now(UTC))
        texts = [
            (await ana.ask("GET", f"/sessions/{name}/messages")).json()["messages"][0]["text"]
            for name in names
        ]
    assert texts == [f"I am {name}" for name in names]
