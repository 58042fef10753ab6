"""Every request about Ana's things, sent again by everybody else: not a byte of hers comes back."""

import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, get_args

import httpx
import jwt
import pytest
from chatkit.types import NonStreamingReq, StreamingReq
from fastapi.routing import APIRoute

from tests.access.people import Person, anonymous
from tests.access.provider import Provider, ec_key
from tests.conftest import make_settings
from tests.server import Running, serve
from townhall.routes import ROUTERS

CANARY = "the canary of Sampaguita Lane"
MESSAGE = f"I suggest lamps for {CANARY}. My name is Ana Canaria. That's all."


@dataclass(frozen=True)
class Victim:
    """Ana, her conversation, and what she filed in it."""

    ana: Person
    session_id: str
    turn_id: str
    reference: str

    @property
    def secrets(self) -> tuple[str, ...]:
        """What nobody else may read."""
        return (CANARY, "Canaria", self.turn_id, self.ana.user_id)


@dataclass(frozen=True)
class Operation:
    """A request; `status` is what somebody else, who is known, gets for it."""

    method: str
    path: str
    status: int
    body: dict[str, Any] | None = None

    def __str__(self) -> str:
        kind = (self.body or {}).get("type", "")
        return f"{self.method} {self.path} {kind}".strip()

    def about(self, victim: Victim) -> "Operation":
        """Return the request with the victim's ids in their places."""
        ids = {
            "session": victim.session_id,
            "turn": victim.turn_id,
            "user": victim.ana.user_id,
            "reference": victim.reference,
        }
        return replace(self, path=self.path.format(**ids), body=_filled(self.body, ids))

    async def by(self, person: Person, **more: Any) -> httpx.Response:
        """Send it as `person`."""
        return await person.ask(self.method, self.path, json=self.body, **more)


def _filled(value: Any, ids: dict[str, str]) -> Any:
    match value:
        case str():
            return value.format(**ids)
        case dict():
            return {key: _filled(each, ids) for key, each in value.items()}
        case list():
            return [_filled(each, ids) for each in value]
    return value


def chatkit(operation: str, status: int, query: str = "", **params: Any) -> Operation:
    """Return an operation of the ChatKit protocol."""
    return Operation("POST", f"/chatkit{query}", status, {"type": operation, "params": params})


SAID = {
    "content": [{"type": "input_text", "text": "Go on"}],
    "attachments": [],
    "inference_options": {},
}
HER_THREAD = {"thread_id": "{session}"}
HER_ITEM = {**HER_THREAD, "item_id": "{turn}.message"}
HER_CARD = {**HER_THREAD, "item_id": "{turn}.{reference}"}
CHATKIT = [
    chatkit("threads.get_by_id", 404, **HER_THREAD),
    chatkit("threads.get_by_id", 403, "?user_id={user}", **HER_THREAD),
    chatkit("threads.list", 403, "?user_id={user}"),
    chatkit("threads.list", 200, limit=100, order="asc"),
    chatkit("threads.create", 200, input=SAID),
    chatkit("threads.create", 403, "?user_id={user}", input=SAID),
    chatkit("threads.add_user_message", 404, input=SAID, **HER_THREAD),
    chatkit("threads.add_client_tool_output", 404, result="done", **HER_THREAD),
    chatkit("threads.add_structured_input", 404, input={"answers": {}}, **HER_ITEM),
    chatkit("threads.retry_after_item", 404, **HER_ITEM),
    chatkit("threads.custom_action", 404, action={"type": "record.correct"}, **HER_CARD),
    chatkit("threads.sync_custom_action", 404, action={"type": "record.refresh"}, **HER_CARD),
    chatkit("threads.update", 404, title="Mine now", **HER_THREAD),
    chatkit("threads.delete", 404, **HER_THREAD),
    chatkit("items.list", 404, **HER_THREAD),
    chatkit("items.list", 404, after="{turn}.message", **HER_THREAD),
    chatkit("items.list", 403, "?user_id={user}", **HER_THREAD),
    chatkit("threads.add_user_message", 403, "?user_id={user}", input=SAID, **HER_THREAD),
    chatkit("items.feedback", 404, item_ids=["{turn}.reply"], kind="negative", **HER_THREAD),
    chatkit("attachments.create", 422, name="x", size=1, mime_type="text/plain"),
    chatkit("attachments.delete", 422, attachment_id="{turn}"),
    chatkit("input.transcribe", 422, audio_base64="", mime_type="audio/webm"),
]
HERS = [
    *CHATKIT,
    Operation("GET", "/sessions/{session}", 404),
    Operation("GET", "/sessions/{session}/messages", 404),
    Operation("POST", "/sessions/{session}/turns", 404, {"message": "Go on"}),
    Operation("GET", "/sessions/{session}/turns/{turn}/events", 404),
    Operation("POST", "/sessions/{session}/turns/{turn}/cancel", 404),
    Operation("DELETE", "/sessions/{session}", 404),
    Operation("POST", "/sessions/{session}/turns/{turn}/rating", 404, {"rating": "positive"}),
    # In her name.
    Operation("GET", "/sessions?user_id={user}", 403),
    Operation("GET", "/sessions/{session}?user_id={user}", 403),
    Operation("GET", "/sessions/{session}/messages?user_id={user}", 403),
    Operation("POST", "/sessions/{session}/turns?user_id={user}", 403, {"message": "Go on"}),
    Operation("GET", "/sessions/{session}/turns/{turn}/events?user_id={user}", 403),
    Operation("POST", "/sessions/{session}/turns/{turn}/cancel?user_id={user}", 403),
    Operation(
        "POST", "/sessions/{session}/turns/{turn}/rating?user_id={user}", 403, {"rating": None}
    ),
    Operation("DELETE", "/sessions/{session}?user_id={user}", 403),
    Operation("POST", "/chat", 403, {"message": "Go on", "user_id": "{user}"}),
    Operation("POST", "/sessions/create", 403, {"user_id": "{user}"}),
    # Staff's.
    Operation("GET", "/records", 403),
    Operation("GET", "/records?kind=feedback", 403),
    Operation("GET", "/records/{reference}", 403),
    Operation("PATCH", "/records/{reference}", 403, {"status": "resolved"}),
    # Everybody's, or one's own: without anything of hers.
    Operation("GET", "/sessions", 200),
    Operation("POST", "/sessions/claim", 401, {"token": "{user}"}),
    Operation("POST", "/chat", 200, {"message": "What did I just say?", "session_id": "{session}"}),
    Operation("GET", "/reports/{reference}", 200),
    Operation("GET", "/insights?place=Sampaguita+Lane", 200),
]
OPEN = {"/", "/health", "/ready", "/metrics", "/town", "/docs", "/app", "/app/{path:path}"}
# The form reads its own cookie and no header; tests/browser and test_form.py hold it to that.
FORM = {"/app/form", "/app/form.css", "/app/form/leave"}


@pytest.fixture(scope="module", params=["auto", "token"])
async def server(
    request: pytest.FixtureRequest, provider: Provider, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Running]:
    """A desk in each mode, with a limit that the replays do not meet."""
    settings = make_settings(
        tmp_path_factory.mktemp("desk"),
        access=request.param,
        limit_turns_per_address="1000/minute",
        limit_tokens_per_address="1000/minute",
    )
    async with serve(provider.trusted_by(settings)) as running:
        yield running


@pytest.fixture(scope="module")
async def victim(server: Running, provider: Provider) -> Victim:
    """Ana, who has said and filed something: signed in where every request needs a token."""
    user_id = str(uuid.uuid4())
    signed_in = Person(server, provider.token(user_id), user_id)
    ana = signed_in if server.desk.settings.access == "token" else await anonymous(server)
    answer = await ana.say(MESSAGE)
    reference = answer["records"][0]["reference"]
    return Victim(ana, answer["session_id"], answer["turn_id"], reference)


def forgeries(victim: Victim, provider: Provider) -> list[str]:
    """Return tokens in Ana's name that are not hers."""
    now = datetime.now(UTC)
    claims = {
        "iss": "digital-town-hall",
        "aud": "digital-town-hall",
        "sub": victim.ana.user_id,
        "iat": now,
        "exp": now + timedelta(hours=1),
    }
    return [
        jwt.encode(claims, "a secret that somebody made up, 32+"),
        jwt.encode(claims, None, algorithm="none"),  # type: ignore[arg-type]  # what forgers do
        jwt.encode(provider.claims(victim.ana.user_id), ec_key(), "ES256", headers={"kid": "ec-1"}),
        f"{(victim.ana.token or '')[:-4]}AAAA",
    ]


def tells(response: httpx.Response, victim: Victim, asked: Operation) -> list[str]:
    """Return which of the victim's secrets are in the answer and were not in the question."""
    question = f"{asked.path} {asked.body}"
    head = " ".join(f"{name}: {value}" for name, value in response.headers.items())
    answer = head + response.text
    return [each for each in victim.secrets if each in answer and each not in question]


@pytest.mark.parametrize("operation", HERS, ids=str)
async def test_replayed_by_others(
    operation: Operation, server: Running, victim: Victim, provider: Provider
) -> None:
    """Another anonymous resident and another who signed in get what the table says."""
    others = [await anonymous(server), Person(server, provider.token("ben"), "ben")]
    asked = operation.about(victim)
    for other in others:
        response = await asked.by(other)
        assert response.status_code == operation.status, response.text
        assert tells(response, victim, asked) == []


@pytest.mark.parametrize("operation", HERS, ids=str)
async def test_replayed_by_forgers(
    operation: Operation, server: Running, victim: Victim, provider: Provider
) -> None:
    """A token that is not genuine gets 401, here as elsewhere."""
    asked = operation.about(victim)
    tokens = forgeries(victim, provider)
    # test_tokens.py has a hundred; here each operation meets two.
    for token in (tokens[HERS.index(operation) % 4], tokens[(HERS.index(operation) + 1) % 4]):
        response = await asked.by(Person(server, token))
        assert (response.status_code, response.json()["code"]) == (401, "token-invalid")
        assert tells(response, victim, asked) == []


@pytest.mark.parametrize("operation", HERS, ids=str)
async def test_replayed_by_nobody(operation: Operation, server: Running, victim: Victim) -> None:
    """Without a token and not from this machine: 401, in both modes."""
    asked = operation.about(victim)
    from_elsewhere = {"X-Forwarded-For": "203.0.113.7"}
    response = await asked.by(Person(server), headers=from_elsewhere)
    assert (response.status_code, response.json()["code"]) == (401, "token-required")
    assert tells(response, victim, asked) == []


async def test_ana_still_has_it_all(server: Running, victim: Victim) -> None:
    """After all of that her conversation is as it was, and only she has it."""
    path = f"/sessions/{victim.session_id}/messages"
    messages = (await victim.ana.ask("GET", path)).json()
    assert (messages["total"], messages["messages"][0]["text"]) == (1, MESSAGE)


async def test_no_route_is_forgotten() -> None:
    """Each route and ChatKit operation is in the table above, or known to be open to everybody."""
    routes = {
        (method, route.path)
        for router in ROUTERS
        for route in router.routes
        if isinstance(route, APIRoute)
        for method in route.methods or ()
    }
    kinds = {get_args(kind.model_fields["type"].annotation)[0] for kind in _chatkit_kinds()}
    assert {op.body["type"] for op in CHATKIT if op.body} == kinds
    names = {"session": "{session_id}", "turn": "{turn_id}", "reference": "{reference}"}
    asked = {(op.method, op.path.partition("?")[0].format(**names)) for op in HERS}
    left = {(m, p) for m, p in routes - asked if p not in OPEN | FORM}
    assert left == set()


def _chatkit_kinds() -> list[Any]:
    return [*get_args(StreamingReq), *get_args(NonStreamingReq)]
