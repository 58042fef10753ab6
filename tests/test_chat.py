"""POST /chat: the plain stream to the byte, and the same turn as JSON."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from agents.testing import ScriptedModel

from tests.conftest import make_settings
from tests.scripted import BENCHES, POTHOLE, call, choose, reply, scripted
from tests.server import Running, serve
from townhall.access import Caller
from townhall.settings import Settings
from townhall.turns.admission import Message
from townhall.wire.plain import PlainEncoder
from townhall.wire.sse import EventStream

FAILED = (
    'event: error\ndata: {"type":"urn:townhall:problem:internal","title":"Something went wrong",'
    '"status":500,"code":"internal","detail":"Something went wrong on our side. Please send the '
    'message again.","instance":"%s","retryable":true}\n\ndata: [DONE]\n\n'
)
INTERRUPTED = (
    'event: error\ndata: {"type":"urn:townhall:problem:shutting-down",'
    '"title":"The server is restarting","status":503,"code":"shutting-down",'
    '"detail":"The answer begins anew at the address in Location.","instance":"%s",'
    '"retryable":true}\n\ndata: [DONE]\n\n'
)


async def stream(server: Running, body: object, heard: asyncio.Event) -> tuple[str, str]:
    """Return the text of a stream and the turn's id; set `heard` as soon as something came."""
    text = ""
    async with server.client.stream("POST", "/chat", json=body) as response:
        async for piece in response.aiter_text():
            text += piece
            heard.set()
    return text, response.headers["x-turn-id"]


async def test_echo_streams_word_by_word(settings: Settings) -> None:
    """With the echo model each event is one word of the message, byte for byte."""
    async with serve(settings.model_copy(update={"model": "echo"})) as server:
        response = await server.client.post("/chat", json={"message": "Hello  from\nhere"})
    assert response.content == b"data: Hello\n\ndata: from\n\ndata: here\n\ndata: [DONE]\n\n"
    assert response.headers["content-type"].startswith("text/event-stream")


ODD_WORDS = {
    "[DONE]": b"data: [DONE\n\ndata: ]\n\ndata: [DONE]\n\n",
    "\r\n one\r\ttwo\x85three\u2028": b"data: one\n\ndata: two\n\ndata: three\n\ndata: [DONE]\n\n",
    "Doña 🕳️ 道路": "data: Doña\n\ndata: 🕳️\n\ndata: 道路\n\ndata: [DONE]\n\n".encode(),
}


async def test_echo_of_odd_words(sqlite_settings: Settings) -> None:
    """Whatever separates words separates events, and no word can end the stream."""
    async with serve(sqlite_settings.model_copy(update={"model": "echo"})) as server:
        found = {
            message: (await server.client.post("/chat", json={"message": message})).content
            for message in ODD_WORDS
        }
    assert found == ODD_WORDS


@pytest.fixture(scope="module")
async def speaker(
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[tuple[Running, ScriptedModel]]:
    """A server and its model, which says what the test puts into its mouth."""
    model = ScriptedModel()
    settings = make_settings(tmp_path_factory.mktemp("speaker"))
    async with serve(settings, model=choose(model)) as server:
        yield server, model


@pytest.mark.parametrize(
    ("deltas", "stream"),
    [
        (["Hello", " from", "  here "], b"data: Hello\n\ndata:  from\n\ndata:   here \n\n"),
        (
            ["one\ntwo", "\n", "\nthree"],
            b"data: one\ndata: two\n\ndata: \ndata: \n\ndata: \ndata: three\n\n",
        ),
        (["a\rb", "c\r\nd"], b"data: a\ndata: b\n\ndata: c\ndata: d\n\n"),
        (["a\r", "\nb"], b"data: a\ndata: \n\ndata: b\n\n"),
        (["a\r", "\n", "\n"], b"data: a\ndata: \n\ndata: \ndata: \n\n"),
        (["a\x0bb\x85c\u2028d"], "data: a\x0bb\x85c\u2028d\n\n".encode()),
        (["", "a", "", "b"], b"data: a\n\ndata: b\n\n"),
        (["[DONE]", "x"], b"data: [DONE\n\ndata: ]\n\ndata: x\n\n"),
        ([" [DONE]"], b"data:  [DONE]\n\n"),
        (["a\x00b", "c\ud83dd"], b"data: ab\n\ndata: cd\n\n"),
    ],
    ids=[
        *("spaces", "line breaks", "returns", "a break in two deltas", "two breaks in three"),
        *("other separators", "empty", "end mark", "nearly the end mark", "unstorable"),
    ],
)
async def test_each_delta_is_an_event(
    deltas: list[str], stream: bytes, speaker: tuple[Running, ScriptedModel]
) -> None:
    """A delta keeps its spaces, its line breaks become lines, and a raw return never goes out."""
    server, model = speaker
    model.enqueue(reply(*deltas))
    response = await server.client.post("/chat", json={"message": "hi"})
    assert response.content == stream + b"data: [DONE]\n\n"


async def test_headers_say_whose_turn_it_is(settings: Settings) -> None:
    """Session, user, turn and the place of its events are known before the first word."""
    body = {"message": "hi", "session_id": "s@1+x", "user_id": "ana@riverbend.example"}
    async with serve(settings, model=scripted(reply("Yes."))) as server:
        response = await server.client.post("/chat", json=body)
    headers = dict(response.headers)
    turn_id = headers["x-turn-id"]
    assert response.status_code == 200
    assert turn_id.startswith("turn_")
    assert headers.pop("x-request-id").startswith("req_")
    assert headers.pop("date")
    assert headers == {
        # As on every answer.
        "content-security-policy": "default-src 'none'; base-uri 'none'; frame-ancestors 'none'",
        "cross-origin-resource-policy": "same-origin",
        "referrer-policy": "same-origin",
        "x-content-type-options": "nosniff",
        "cache-control": "no-cache, no-transform",
        "x-accel-buffering": "no",
        "x-session-id": "s@1+x",
        "x-user-id": "ana@riverbend.example",
        "x-turn-id": turn_id,
        "location": f"/sessions/s%401%2Bx/turns/{turn_id}/events?user_id=ana%40riverbend.example",
        "content-type": "text/event-stream; charset=utf-8",
        "transfer-encoding": "chunked",
        "vary": "Origin",
    }


async def test_a_failure_is_an_event(settings: Settings) -> None:
    """A stream that fails ends in a problem object and the end mark, without exception text."""
    heard = asyncio.Event()
    model = scripted(
        reply(ValueError("secret")),
        reply("Half an", heard.wait, ValueError("secret")),
        reply("Ok."),
    )
    body = {"message": "hi", "session_id": "s"}
    async with serve(settings, model=model) as server:
        at_once = await server.client.post("/chat", json=body)
        text, turn_id = await stream(server, body, heard)
        after = await server.client.post("/chat", json=body)
    assert at_once.text == FAILED % at_once.headers["x-turn-id"]
    assert text == "data: Half an\n\n" + FAILED % turn_id
    assert after.text == "data: Ok.\n\ndata: [DONE]\n\n"


async def test_an_interrupted_answer_says_so(settings: Settings) -> None:
    """When the process ends before the answer, its client is told where the answer goes on."""
    heard, never = asyncio.Event(), asyncio.Event()
    async with serve(settings, model=scripted(reply("Half", never.wait))) as server:
        reading = asyncio.create_task(stream(server, {"message": "hi"}, heard))
        await heard.wait()
        server.desk.runner.begin_drain(0)
        text, turn_id = await reading
    assert text == "data: Half\n\n" + INTERRUPTED % turn_id


async def test_silence_is_broken_by_a_comment(sqlite_settings: Settings) -> None:
    """While the model thinks the stream says `: hb`, so that no proxy takes it for dead."""
    think = asyncio.Event()
    async with serve(sqlite_settings, model=scripted(reply(think.wait, "Yes."))) as server:
        desk = server.desk
        turn = await desk.runner.accept(Caller("local", None), Message("hi"))
        batches = desk.log.follow(turn.id, quiet_seconds=0.02)
        frames = aiter(EventStream(batches, PlainEncoder(turn.id), {}).body_iterator)
        assert [await anext(frames), await anext(frames)] == [b": hb\n\n", b": hb\n\n"]
        think.set()
        rest = b"".join([frame async for frame in frames if isinstance(frame, bytes)])
    assert rest.replace(b": hb\n\n", b"") == b"data: Yes.\n\ndata: [DONE]\n\n"


async def test_json_instead_of_a_stream(settings: Settings) -> None:
    """With `Accept: application/json` the answer is the whole turn in one object."""
    model = scripted(
        call("file_incident", POTHOLE),
        call("file_feedback", BENCHES, call_id="call_2"),
        reply("Filed", " both."),
    )
    said = f"{POTHOLE['description']} {BENCHES['summary']}"
    async with serve(settings, model=model) as server:
        response = await server.say(said, "s", user_id="ana")
    answer = response.json()
    references = [record["reference"] for record in answer["records"]]
    assert [reference[:4] for reference in references] == ["INC-", "FBK-"]
    filed = [{"reference": reference, "status": "open"} for reference in references]
    assert answer == {
        "turn_id": response.headers["x-turn-id"],
        "session_id": "s",
        "text": "Filed both.",
        "records": [
            {"kind": "incident", "reference": references[0], "record": POTHOLE | filed[0]},
            {"kind": "feedback", "reference": references[1], "record": BENCHES | filed[1]},
        ],
        "sources": [],
        "status": "completed",
    }


async def test_json_of_a_turn_that_failed(settings: Settings) -> None:
    """The object then carries the problem, and the text as far as it came."""
    heard = asyncio.Event()
    model = scripted(reply("Half an", heard.wait, ValueError("secret")))
    body = {"message": "hi", "session_id": "s"}
    async with serve(settings, model=model) as server:
        server.client.headers["Idempotency-Key"] = "k"
        _, turn_id = await stream(server, body, heard)
        response = await server.say(**body)
        transcript = (await server.client.get("/sessions/s/messages")).json()
    assert response.json() == {
        "turn_id": turn_id,
        "session_id": "s",
        "text": "Half an",
        "records": [],
        "sources": [],
        "status": "failed",
        "problem": {
            "type": "urn:townhall:problem:internal",
            "title": "Something went wrong",
            "status": 500,
            "code": "internal",
            "detail": "Something went wrong on our side. Please send the message again.",
            "instance": turn_id,
            "retryable": True,
        },
    }
    assert [message["text"] for message in transcript["messages"]] == ["hi", "Half an"]


async def test_a_session_is_what_its_user_said_before(settings: Settings) -> None:
    """An unknown session_id opens that session, a known one goes on, also without the user_id."""
    model = ScriptedModel([reply("One."), reply("Two.")])
    async with serve(settings, model=choose(model)) as server:
        first = await server.say("My cat is gone.", "s", user_id="ana")
        second = await server.say("What did I say?", "s")
        session = (await server.client.get("/sessions/s")).json()
    assert [first.headers["x-user-id"], second.headers["x-user-id"]] == ["ana", "ana"]
    assert (session["message_count"], session["title"]) == (4, "My cat is gone.")
    assert model.calls[1].input == [
        {"role": "user", "content": "My cat is gone."},
        {"role": "assistant", "content": "One."},
        {"role": "user", "content": "What did I say?"},
    ]


async def test_two_users_with_one_session_id_never_mix(settings: Settings) -> None:
    """A session_id is unique for its user only: neither reads or continues the other's."""
    model = ScriptedModel([reply("Hello Ana."), reply("Hello Ben.")])
    async with serve(settings, model=choose(model)) as server:
        await server.say("I am Ana.", "s", user_id="ana")
        await server.say("I am Ben.", "s", user_id="ben")
        texts = {}
        for user in ("ana", "ben"):
            path = f"/sessions/s/messages?user_id={user}"
            messages = (await server.client.get(path)).json()["messages"]
            texts[user] = [message["text"] for message in messages]
    assert model.calls[1].input == [{"role": "user", "content": "I am Ben."}]
    assert texts == {"ana": ["I am Ana.", "Hello Ana."], "ben": ["I am Ben.", "Hello Ben."]}


async def test_a_reply_that_no_database_takes_is_kept_without_it(settings: Settings) -> None:
    """NUL and half surrogate pairs, from a careless model, cost the turn nothing but themselves."""
    model = ScriptedModel([reply("Fi\x00led", "\udc00."), reply("Yes.")])
    async with serve(settings, model=choose(model)) as server:
        answers = [(await server.say(text, "s")).json() for text in ("A pothole.", "Is it filed?")]
    assert [(answer["text"], answer["status"]) for answer in answers] == [
        ("Filed.", "completed"),
        ("Yes.", "completed"),
    ]
    assert model.calls[1].input[1] == {"role": "assistant", "content": "Filed."}
