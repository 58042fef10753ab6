"""Which model answers under which settings, and what the failures of its server are called."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, cast

import orjson
import pytest
from agents import Model, OpenAIChatCompletionsModel, OpenAIResponsesModel
from agents.models import get_default_model
from agents.testing import ModelStep
from openai import AsyncOpenAI, DefaultAioHttpClient
from pydantic import SecretStr

from tests.conftest import make_settings
from tests.fakes.answers import Answer, Call, Condition, Rule
from tests.fakes.fake_openai import FakeOpenAI
from tests.scripted import POTHOLE, reply, scripted
from tests.server import Running, serve
from townhall.assistant.arguments import ReadableModel
from townhall.assistant.models import EchoModel, ModelChoice, pick_model
from townhall.assistant.responses import ResponsesModel
from townhall.settings import Settings

KEY = {"openai_api_key": SecretStr("sk-test")}
OPENAI = {"openai_base_url": "https://api.openai.com/v1"}
OWN = {"openai_base_url": "http://127.0.0.1:11434/v1"}
RESPONSES, CHAT = OpenAIResponsesModel, OpenAIChatCompletionsModel
DEFAULT = get_default_model()


@pytest.mark.parametrize(
    ("changes", "name", "kind"),
    [
        ({"model": None}, "clerk", None),
        ({"model": "clerk"} | KEY, "clerk", None),
        ({"model": "echo"}, "echo", EchoModel),
        ({"model": "echo"} | KEY | OWN, "echo", EchoModel),
        ({"model": None} | KEY, DEFAULT, RESPONSES),
        ({"model": None} | OWN, DEFAULT, CHAT),
        ({"model": None} | KEY | OWN, DEFAULT, CHAT),
        ({"model": None} | KEY | OPENAI, DEFAULT, RESPONSES),
        ({"model": "gpt-x"}, "gpt-x", RESPONSES),
        ({"model": "gpt-x"} | KEY, "gpt-x", RESPONSES),
        ({"model": "llama"} | OWN, "llama", CHAT),
        ({"model": "llama", "model_api": "responses"} | OWN, "llama", RESPONSES),
        ({"model": "gpt-x", "model_api": "chat"} | KEY, "gpt-x", CHAT),
        ({"model": None, "model_api": "chat"} | KEY | OPENAI, DEFAULT, CHAT),
    ],
    ids=lambda value: "+".join(value) if isinstance(value, dict) else "",
)
def test_the_model_that_settings_ask_for(
    changes: dict[str, Any], name: str, kind: type[Model] | None, tmp_path: Path
) -> None:
    """A name wins; without one a key or a server means hosted, and nothing at all the clerk."""
    choice = pick_model(make_settings(tmp_path).model_copy(update=changes))
    assert (choice.name, choice.is_hosted) == (name, name not in ("clerk", "echo"))
    if kind is not None:
        made = choice.make(cast(Any, None))
        assert isinstance(made.model if isinstance(made, ReadableModel) else made, kind)


@pytest.mark.parametrize("api", ["responses", "chat"])
async def test_what_a_server_is_sent(api: str, sqlite_settings: Settings) -> None:
    """Name, instructions, tools and conversation; the key if there is one; nothing is stored."""
    async with FakeOpenAI(default=Answer(text="Hello.")) as fake:
        host = {"model": "m", "model_api": api, "openai_base_url": fake.base_url}
        async with serve(sqlite_settings.model_copy(update=host)) as server:
            assert (await server.client.get("/")).json()["model"] == "m"
            await server.say("My cat is gone.", "s")
            await server.say("What did I say?", "s")
        keyed = sqlite_settings.model_copy(update=host | KEY)
        async with serve(keyed) as server:
            await server.say("hi")
    asked = fake.requests[1]
    turns = asked.body["input" if api == "responses" else "messages"]
    assert isinstance(turns, list)
    said = [turn["content"] for turn in turns if turn["role"] in ("user", "assistant")]
    assert said == ["My cat is gone.", "Hello.", "What did I say?"]
    assert (asked.api.value, asked.body["model"], asked.body["stream"]) == (api, "m", True)
    assert "front desk of Riverbend" in asked.instructions
    assert {"file_incident", "file_feedback"} <= asked.tools
    assert asked.body["store"] is False
    assert asked.headers["authorization"] == "Bearer none"
    assert fake.requests[2].headers["authorization"] == "Bearer sk-test"


@pytest.mark.parametrize("api", ["responses", "chat"])
async def test_a_filing_by_a_hosted_model(api: str, settings: Settings) -> None:
    """A tool call over either API files the record, and its result goes back to the model."""
    message = f"{POTHOLE['description']} That is all."
    filing = Rule(Answer(calls=(Call("file_incident", POTHOLE),)), when=Condition(last=message))
    async with FakeOpenAI([filing], default=Answer(text="Filed.")) as fake:
        host = {"model": "m", "model_api": api, "openai_base_url": fake.base_url}
        async with serve(settings.model_copy(update=host)) as server:
            answer = (await server.say(message, "s")).json()
            await server.say("Thanks.", "s")
    reference = answer["records"][0]["reference"]
    assert (answer["text"], len(answer["records"]), fake.stats.requests) == ("Filed.", 1, 3)
    assert all(reference.encode() in request.raw for request in list(fake.requests)[1:])


@asynccontextmanager
async def fake_model(
    answer: Answer, api: str = "chat", seconds: float = 10
) -> AsyncIterator[Model]:
    """Give a model on a server that answers so, by a client that tries once and waits so long."""
    async with (
        FakeOpenAI(default=answer) as fake,
        AsyncOpenAI(
            base_url=fake.base_url,
            api_key="x",
            max_retries=0,
            timeout=seconds,
            http_client=DefaultAioHttpClient(),
        ) as client,
    ):
        kind = ResponsesModel if api == "responses" else CHAT
        yield kind(model="m", openai_client=client)


class Changing:
    """A model that a test can exchange; it has no fallback, so that failures are seen."""

    model: Model

    def choice(self) -> ModelChoice:
        """Return the choice."""
        return ModelChoice("fake", lambda _: self.model)


@pytest.fixture(scope="module")
async def changing(
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[tuple[Running, Changing]]:
    """A server whose model changes from test to test."""
    model = Changing()
    settings = make_settings(tmp_path_factory.mktemp("changing"))
    async with serve(settings, model=model.choice()) as server:
        yield server, model


FAILURES = [
    ("429", Answer(status=429), "provider-rate-limited"),
    ("500", Answer(status=500), "provider-unavailable"),
    ("503", Answer(status=503), "provider-unavailable"),
    ("401", Answer(status=401), "provider-unavailable"),
    ("refused", Answer(refused=True, reset=True), "provider-unavailable"),
    ("hangs", Answer(first_delay=30), "provider-timeout"),
    ("stalls", Answer(text="one two three", delay=0.01, stall_after=5), "provider-timeout"),
    ("cut", Answer(tokens=20, delay=0.01, cut_after=8), "provider-unavailable"),
    ("reset", Answer(tokens=20, delay=0.01, cut_after=8, reset=True), "provider-unavailable"),
    ("malformed", Answer(tokens=20, malformed_at=6), "provider-protocol"),
    ("garbage", Answer(garbage=True), "provider-protocol"),
    ("silent", Answer(deltas=()), "provider-protocol"),
]


@pytest.mark.parametrize("api", ["responses", "chat"])
@pytest.mark.parametrize(
    ("answer", "code"), [f[1:] for f in FAILURES], ids=[f[0] for f in FAILURES]
)
async def test_a_failure_of_the_models_server(
    answer: Answer, code: str, api: str, changing: tuple[Running, Changing]
) -> None:
    """Each kind has its own code and no detail of the server's gets out."""
    server, choice = changing
    seconds = 0.5 if code == "provider-timeout" else 10
    async with fake_model(answer, api, seconds) as choice.model:
        response = await server.client.post("/chat", json={"message": "hi"})
    session_id = response.headers["x-session-id"]
    session = (await server.client.get(f"/sessions/{session_id}")).json()
    *_, error, end = response.text.strip().split("\n\n")
    problem = orjson.loads(error.removeprefix("event: error\ndata: "))
    assert end == "data: [DONE]"
    assert (problem["code"], problem["retryable"]) == (code, True)
    assert problem["instance"] == response.headers["x-turn-id"]
    assert "127.0.0.1" not in response.text
    assert "scripted" not in response.text
    assert session["current_turn"] is None


async def forever(_: object = None) -> Any:
    """Never return."""
    await asyncio.Event().wait()


@pytest.mark.parametrize(
    ("limit", "step", "text", "code"),
    [
        ("first_event_seconds", ModelStep.respond(forever), "", "provider-timeout"),
        ("gap_seconds", reply("Let me", forever), "Let me", "provider-timeout"),
        ("turn_seconds", reply("Let me", forever), "Let me", "turn-too-long"),
    ],
)
async def test_patience_has_limits(
    limit: str, step: ModelStep, text: str, code: str, sqlite_settings: Settings
) -> None:
    """A model that is silent at first, later, or on and on, ends its turn; its words are kept."""
    settings = sqlite_settings.model_copy(update={limit: 0.2})
    async with serve(settings, model=scripted(step)) as server:
        answer = (await server.say("hi")).json()
    assert (answer["status"], answer["problem"]["code"], answer["text"]) == ("failed", code, text)


async def test_a_model_that_never_stops_calling(changing: tuple[Running, Changing]) -> None:
    """After six calls in one turn the model is stopped, as a turn that took too long."""
    again = Answer(calls=(Call("search_town_information", {"query": "pool"}),))
    server, choice = changing
    async with fake_model(again) as choice.model:
        answer = (await server.say("hi")).json()
    assert (answer["status"], answer["problem"]["code"]) == ("failed", "turn-too-long")


async def test_a_server_that_recovers_is_asked_again(sqlite_settings: Settings) -> None:
    """A passing failure before any word is not seen by the resident: the model is asked anew."""
    rules = [Rule(Answer(status=503), times=1), Rule(Answer(refused=True), times=1)]
    async with FakeOpenAI(rules, default=Answer(text="Here I am.")) as fake:
        host = {"model": "m", "openai_base_url": fake.base_url}
        async with serve(sqlite_settings.model_copy(update=host)) as server:
            answer = (await server.say("hi")).json()
    assert (answer["text"], answer["status"], fake.stats.requests) == ("Here I am.", "completed", 3)
