"""What /chatkit refuses: problem objects with the right status, before any byte of a stream."""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.conftest import make_settings
from tests.front_end import begun, dumped, newcomer, refusal, said
from tests.server import Running, serve


@pytest.fixture(scope="module")
async def shared(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Running]:
    """A server with the echo model for tests that leave each other alone."""
    folder = tmp_path_factory.mktemp("shared")
    settings = make_settings(folder, model="echo", limit_turns_per_address="1000/minute")
    async with serve(settings) as server:
        yield server


OPERATIONS: dict[str, dict[str, Any]] = {
    "threads.get_by_id": {},
    "threads.update": {"title": "Mine"},
    "threads.delete": {},
    "threads.add_user_message": {"input": said("hi")},
    "threads.add_client_tool_output": {"result": {}},
    "threads.add_structured_input": {"item_id": "ITEM", "input": {}},
    "threads.retry_after_item": {"item_id": "ITEM"},
    "threads.custom_action": {"item_id": "ITEM", "action": {"type": "record.correct"}},
    "threads.sync_custom_action": {"item_id": "ITEM", "action": {"type": "record.refresh"}},
    "items.list": {},
    "items.feedback": {"item_ids": ["ITEM"], "kind": "positive"},
}


@pytest.mark.parametrize("operation", OPERATIONS)
async def test_foreign_threads(operation: str, shared: Running) -> None:
    """Somebody else's thread, an unknown one and no id at all: the same 404, before any byte."""
    owner, stranger = await newcomer(shared), await newcomer(shared)
    thread_id = await begun(owner)
    before = dumped(await owner.thread(thread_id))
    item_id = before["items"]["data"][0]["id"]
    own_thread = await begun(stranger)
    text = json.dumps(OPERATIONS[operation])
    params = json.loads(text.replace("ITEM", item_id))
    unknown = json.loads(text.replace("ITEM", "turn_" + 32 * "0" + ".message"))
    answers = [
        await stranger.post(operation, thread_id=thread_id, **params),
        await stranger.post(operation, thread_id="thr_unknown", **unknown),
        await stranger.post(operation, thread_id="no id\x00", **params),
    ]
    if "item" in text:
        # An item of another thread, in a thread of one's own.
        answers.append(await stranger.post(operation, thread_id=own_thread, **params))
    if operation != "threads.add_structured_input":
        assert {refusal(answer)[:2] for answer in answers} == {(404, "not-found")}
    assert {refusal(answer)[:2] for answer in answers[:3]} == {(404, "not-found")}
    assert dumped(await owner.thread(thread_id)) == before
    transcript = await shared.client.get(f"/sessions/{thread_id}/messages", headers=owner.headers)
    assert [each["rating"] for each in transcript.json()["messages"]] == [None, None]
    assert [each.id for each in (await stranger.threads()).data] == [own_thread]


@pytest.mark.parametrize(
    ("operation", "params", "status", "place"),
    [
        ("threads.fly", {}, 422, "/type"),
        ("threads.create", {}, 422, "/params/input"),
        ("threads.create", {"input": said("")}, 422, "/params/input/content"),
        ("threads.create", {"input": said(" \n")}, 422, "/params/input/content"),
        ("threads.create", {"input": said("a" * 8001)}, 422, "/params/input/content"),
        ("threads.create", {"input": said("a\x00")}, 422, "/params/input/content"),
        (
            "threads.create",
            {"input": said("hi") | {"attachments": ["atc_1"]}},
            422,
            "/params/input/attachments",
        ),
        ("threads.list", {"limit": "many"}, 422, "/params/limit"),
        ("threads.list", {"order": "up"}, 422, "/params/order"),
        ("threads.list", {"after": "nonsense"}, 422, "/query/after"),
        ("items.list", {"thread_id": "ID", "after": "nonsense"}, 404, None),
        ("threads.update", {"thread_id": "ID", "title": " "}, 422, "/params/title"),
        ("threads.update", {"thread_id": "ID", "title": "a\x00"}, 422, "/params/title"),
        (
            "items.feedback",
            {"thread_id": "ID", "item_ids": ["turn"] * 201, "kind": "positive"},
            422,
            "/params/item_ids",
        ),
        (
            "items.feedback",
            {"thread_id": "ID", "item_ids": [], "kind": "so-so"},
            422,
            "/params/kind",
        ),
        ("threads.add_client_tool_output", {"thread_id": "ID", "result": 1}, 422, "/type"),
        (
            "threads.add_structured_input",
            {"thread_id": "ID", "item_id": "i", "input": {}},
            422,
            "/type",
        ),
        (
            "threads.custom_action",
            {"thread_id": "ID", "action": {"type": "x"}},
            422,
            "/params/item_id",
        ),
        (
            "threads.retry_after_item",
            {"thread_id": "ID", "item_id": "REPLY"},
            422,
            "/params/item_id",
        ),
        (
            "threads.sync_custom_action",
            {"thread_id": "ID", "item_id": "REPLY", "action": {"type": "record.refresh"}},
            422,
            "/params/item_id",
        ),
        ("attachments.create", {"name": "a", "size": 1, "mime_type": "image/png"}, 422, "/type"),
        ("attachments.delete", {"attachment_id": "a"}, 422, "/type"),
        ("input.transcribe", {"audio_base64": "", "mime_type": "audio/webm"}, 422, "/type"),
    ],
    ids=lambda value: str(value)[:40],
)
async def test_refusals(
    operation: str, params: dict[str, Any], status: int, place: str | None, shared: Running
) -> None:
    """What cannot be done is a problem object that names the place."""
    front = await newcomer(shared)
    thread_id = await begun(front)
    reply_id = (await front.items(thread_id)).data[0].id
    text = json.dumps(params).replace('"ID"', f'"{thread_id}"').replace('"REPLY"', f'"{reply_id}"')
    response = await front.post(operation, **json.loads(text))
    assert (response.status_code, refusal(response)[2]) == (status, place)
    assert len((await front.items(thread_id)).data) == 2


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"", 422, "validation"),
        (b"[]", 422, "validation"),
        (b"{", 400, "malformed-json"),
        (b'{"type": "threads.list", "params": {"after": "\\ud800"}}', 400, "malformed-json"),
        (b'{"type": "threads.list"}', 422, "validation"),
        (b'{"type": "threads.list", "params": {"after": "' + b"a" * 262_144, 413, "body-too-large"),
    ],
    ids=lambda value: str(value)[:20],
)
async def test_bodies_that_are_no_request(
    body: bytes, status: int, code: str, shared: Running
) -> None:
    """Whatever the body is, the answer is a problem object with the right status."""
    headers = {"Content-Type": "application/json"}
    response = await shared.client.post("/chatkit", content=body, headers=headers)
    assert refusal(response)[:2] == (status, code)
