"""Input limits: just inside is accepted, just outside is refused and named, never a 500."""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.conftest import make_settings
from tests.server import Running, serve
from townhall.settings import Settings

JSON = {"Content-Type": "application/json"}
PATTERN = "String should match pattern '^[A-Za-z0-9][A-Za-z0-9._@:+-]{0,127}$'"
NUL = "must not contain the NUL character"
HALF = "must not contain half a surrogate pair"


@pytest.fixture(scope="module")
async def shared(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Running]:
    """A server with the echo model for tests that leave each other alone."""
    folder = tmp_path_factory.mktemp("shared")
    async with serve(make_settings(folder, model="echo")) as server:
        yield server


@pytest.mark.parametrize(
    "change",
    [
        {"message": "a" * 8000},
        {"message": "🕳" * 8000},
        {"message": "\t.\n"},
        {"session_id": "a"},
        {"session_id": "0" + "._@:+-aZ9" * 14 + "x"},
        {"session_id": None, "user_id": None},
        {"user_id": "u" * 128},
        {"metadata": {}},
        {"metadata": {f"key{n}": "" for n in range(16)}},
        {"metadata": {"k" * 64: "v" * 512}},
    ],
    ids=lambda change: str(change)[:40],
)
async def test_just_inside(change: dict[str, object], shared: Running) -> None:
    """The longest and the shortest of everything is accepted."""
    response = await shared.client.post("/chat", json={"message": "hi"} | change)
    assert (response.status_code, response.content[-14:]) == (200, b"data: [DONE]\n\n")


@pytest.mark.parametrize(
    ("change", "pointer", "reason"),
    [
        ({"message": "a" * 8001}, "/message", "String should have at most 8000 characters"),
        ({"message": ""}, "/message", "String should have at least 1 character"),
        ({"message": " \n\u3000\u00a0"}, "/message", "must not be blank"),
        ({"message": 1}, "/message", "Input should be a valid string"),
        ({"message": None}, "/message", "Input should be a valid string"),
        ({"message": float("nan")}, "/message", "Input should be a valid string"),
        ({"message": "a\x00"}, "/message", NUL),
        ({"message": "a\ud83d"}, "/message", HALF),
        ({"session_id": ""}, "/session_id", PATTERN),
        ({"session_id": "-a"}, "/session_id", PATTERN),
        ({"session_id": "a" * 129}, "/session_id", PATTERN),
        ({"session_id": "a\n"}, "/session_id", PATTERN),
        ({"session_id": "a b"}, "/session_id", PATTERN),
        ({"session_id": "ä"}, "/session_id", PATTERN),
        ({"session_id": 7}, "/session_id", "Input should be a valid string"),
        ({"user_id": "a/b"}, "/user_id", PATTERN),
        ({"user_id": "u" * 129}, "/user_id", PATTERN),
        ({"metadata": []}, "/metadata", "Input should be a valid dictionary"),
        ({"metadata": {"": "x"}}, "/metadata/", "String should have at least 1 character"),
        (
            {"metadata": {"k" * 65: "x"}},
            "/metadata/" + "k" * 65,
            "String should have at most 64 characters",
        ),
        (
            {"metadata": {"k": "v" * 513}},
            "/metadata/k",
            "String should have at most 512 characters",
        ),
        ({"metadata": {"k": float("inf")}}, "/metadata/k", "Input should be a valid string"),
        ({"metadata": {"k\x00": "v"}}, "/metadata/k\x00", NUL),
        ({"metadata": {"k": "\udc00"}}, "/metadata/k", HALF),
        (
            {"metadata": {f"key{n}": "" for n in range(17)}},
            "/metadata",
            "Dictionary should have at most 16 items after validation, not more",
        ),
        ({"messages": "hi"}, "/messages", "Extra inputs are not permitted"),
    ],
    ids=lambda value: str(value)[:40],
)
async def test_just_outside(
    change: dict[str, object], pointer: str, reason: str, shared: Running
) -> None:
    """Whatever is too long, too short, too many or of the wrong kind is 422 and says where."""
    body = json.dumps({"message": "hi"} | change).encode()
    response = await shared.client.post("/chat", content=body, headers=JSON)
    assert response.status_code == 422
    assert response.json()["errors"] == [{"pointer": pointer, "reason": reason}]


@pytest.mark.parametrize("body", [b"null", b"[]", b'"hi"', b"1", b""])
async def test_a_body_that_is_no_object(body: bytes, shared: Running) -> None:
    """JSON that is not an object, and no body at all, are 422 at the root."""
    response = await shared.client.post("/chat", content=body, headers=JSON)
    assert response.status_code == 422
    assert [error["pointer"] for error in response.json()["errors"]] == [""]


@pytest.mark.parametrize(
    ("media_type", "status"),
    [
        *[(name, 200) for name in ("application/json", "Application/JSON; charset=utf-8")],
        *[(name, 200) for name in ("application/problem+json",)],
        *[(name, 415) for name in ("text/plain", "application/x-www-form-urlencoded", "", "json")],
    ],
)
async def test_media_types(media_type: str, status: int, shared: Running) -> None:
    """A body is JSON by its own word, or 415: a form of another site sends nothing here."""
    headers = {"Content-Type": media_type}
    response = await shared.client.post("/chat", content=b'{"message": "hi"}', headers=headers)
    assert response.status_code == status


@pytest.mark.parametrize(
    ("key", "status"), [("k" * 128, 200), ("k" * 129, 422), ("", 422), ("a b", 422), ("ä", 422)]
)
async def test_idempotency_keys(key: str, status: int, shared: Running) -> None:
    """A key has 1 to 128 printable characters."""
    headers: Any = {"Idempotency-Key": key.encode()}
    response = await shared.client.post("/chat", json={"message": "hi"}, headers=headers)
    assert response.status_code == status


@pytest.mark.parametrize(
    "path",
    [
        *("/sessions/a%20b", "/sessions/%00", "/sessions/a%0a", "/sessions/%C3%A4"),
        *("/sessions/" + "a" * 129, "/sessions/s/turns/%FF/events", "/sessions/s?user_id=%00"),
    ],
)
async def test_ids_in_the_path(path: str, shared: Running) -> None:
    """An id that cannot be one is 422, whatever bytes it is made of."""
    response = await shared.client.get(path)
    assert (response.status_code, response.json()["code"]) == (422, "validation")


async def test_what_is_accepted_is_kept(settings: Settings) -> None:
    """Every script, line break and control character comes back as it was sent."""
    text = "línea\n\r\t\x01\x7f\u2028 道路の穴 🕳️ \\ \" ' ; -- %s {} \ufeff\uffff"
    async with serve(settings.model_copy(update={"model": "echo"})) as server:
        await server.say(text, "s", user_id="ana", metadata={"página": "1"})
        messages = (await server.client.get("/sessions/s/messages")).json()["messages"]
    assert messages[0]["text"] == text


async def test_many_mistakes_are_not_all_listed(shared: Running) -> None:
    """The answer to a body full of mistakes, or with a name as long as a body, stays short."""
    many = await shared.client.post("/chat", json={f"field{n}": n for n in range(10_000)})
    long = await shared.client.post("/chat", json={"message": "hi", "f" * 200_000: 1})
    assert (many.status_code, len(many.json()["errors"])) == (422, 20)
    assert (long.status_code, len(long.content) < 1000) == (422, True)


async def test_a_length_that_is_not_declared_is_counted(shared: Running) -> None:
    """A chunked body is refused as soon as it passes 256 KB, and 256 KB exactly are read."""

    async def body(size: int) -> AsyncIterator[bytes]:
        head, tail = b'{"message": "', b'"}'
        yield head
        for _ in range(64):
            yield b" " * ((size - len(head) - len(tail)) // 64)
        yield b" " * ((size - len(head) - len(tail)) % 64) + tail

    fits = await shared.client.post("/chat", content=body(262_144), headers=JSON)
    large = await shared.client.post("/chat", content=body(262_145), headers=JSON)
    assert fits.json()["errors"] == [
        {"pointer": "/message", "reason": "String should have at most 8000 characters"}
    ]
    assert (large.status_code, large.json()["code"]) == (413, "body-too-large")
