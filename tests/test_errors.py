"""Every refusal as a whole problem object, decided before the first byte."""

import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import httpx
import jwt
import pytest
from pydantic import SecretStr
from sqlalchemy import text

from tests.conftest import TEST_SECRET, make_settings
from tests.postgres import PostgresServer
from tests.server import Running, serve
from townhall import errors
from townhall.settings import Settings

JSON = {"Content-Type": "application/json"}
MEND = "Mend what `errors` lists and send it again."


@pytest.fixture(scope="module")
async def shared(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Running]:
    """A server with the echo model; nothing here gets as far as a turn."""
    folder = tmp_path_factory.mktemp("shared")
    async with serve(make_settings(folder, model="echo")) as server:
        yield server


def problem(status: int, code: str, title: str, detail: str, **more: object) -> dict[str, object]:
    """Return a problem object as /chat gives it."""
    return {
        "type": f"urn:townhall:problem:{code}",
        "title": title,
        "status": status,
        "code": code,
        "detail": detail,
        "instance": "/chat",
        "retryable": False,
    } | more


def token(**changes: object) -> dict[str, str]:
    """Return the header with a token of ours, but for `changes`."""
    now = int(datetime.now(UTC).timestamp())
    ours = {"iss": "digital-town-hall", "aud": "digital-town-hall", "sub": "ana"}
    claims = ours | {"iat": now, "exp": now + 3600} | changes
    return {"Authorization": f"Bearer {jwt.encode(claims, TEST_SECRET)}"}


MALFORMED = problem(
    400,
    "malformed-json",
    "The body is not valid JSON",
    "The body could not be read as JSON in UTF-8.",
)
REFUSED: dict[str, tuple[dict[str, Any], dict[str, object]]] = {
    "invalid-host": (
        {"json": {"message": "hi"}, "headers": {"Host": "a b"}},
        problem(
            400,
            "invalid-host",
            "The Host header is not valid",
            "Send exactly one Host header with a host name and, if any, a port.",
        ),
    ),
    "malformed-json": ({"content": b"{", "headers": JSON}, MALFORMED),
    "invalid UTF-8": ({"content": b'{"message": "\xff"}', "headers": JSON}, MALFORMED),
    "nested too deeply": ({"content": b"[" * 100_000, "headers": JSON}, MALFORMED),
    "a number too long": (
        {"content": b'{"message": %b}' % (b"1" * 5000), "headers": JSON},
        MALFORMED,
    ),
    "token-required": (
        {"json": {"message": "hi"}, "headers": {"Host": "townhall.example"}},
        problem(
            401,
            "token-required",
            "A token is required",
            "Only requests from this very machine are served without a token. Get a token from "
            "POST /sessions/create and send it as 'Authorization: Bearer <token>'. If you run this "
            "desk behind a proxy, set TOWNHALL_TRUSTED_PROXIES.",
        ),
    ),
    "token-invalid": (
        {"json": {"message": "hi"}, "headers": {"Authorization": "Bearer x"}},
        problem(
            401,
            "token-invalid",
            "The token is not valid",
            "Get a token from POST /sessions/create.",
        ),
    ),
    "token-expired": (
        {"json": {"message": "hi"}, "headers": token(exp=1_000_000_000)},
        problem(
            401,
            "token-expired",
            "The token has expired",
            "Get a new token from POST /sessions/create.",
        ),
    ),
    "cross-origin": (
        {"json": {"message": "hi"}, "headers": {"Origin": "https://evil.example"}},
        problem(
            403,
            "cross-origin",
            "Requests from that origin are not allowed",
            "Add the page's origin to TOWNHALL_CORS_ORIGINS to allow it. If the page is this "
            "desk's own, behind a proxy, set TOWNHALL_PUBLIC_ORIGIN to its origin.",
        ),
    ),
    "user-id-mismatch": (
        {"json": {"message": "hi", "user_id": "ben"}, "headers": token()},
        problem(
            403,
            "user-id-mismatch",
            "That user_id is not yours",
            "Leave user_id out, or send the one that the token was made for.",
        ),
    ),
    "method-not-allowed": (
        {"method": "PUT"},
        problem(
            405,
            "method-not-allowed",
            "Method not allowed",
            "This address does not know that method.",
        ),
    ),
    "body-too-large": (
        {"content": b'{"message": "%b"}' % (b"a" * 262_130), "headers": JSON},
        problem(
            413, "body-too-large", "The body is too large", "The body may have at most 256 KB."
        ),
    ),
    "media-type": (
        {"content": b"message=hi", "headers": {"Content-Type": "text/plain"}},
        problem(
            415,
            "media-type",
            "Send the body as application/json",
            "Set the header 'Content-Type: application/json'.",
        ),
    ),
    "validation": (
        {"json": {"message": "", "user": "ana", "metadata": {"a/b~c": 1}}},
        problem(
            422,
            "validation",
            "The request is not valid",
            MEND,
            errors=[
                {"pointer": "/message", "reason": "String should have at least 1 character"},
                {"pointer": "/metadata/a~1b~0c", "reason": "Input should be a valid string"},
                {"pointer": "/user", "reason": "Extra inputs are not permitted"},
            ],
        ),
    ),
}


@pytest.mark.parametrize("name", REFUSED)
async def test_a_refusal_is_a_whole_problem(name: str, shared: Running) -> None:
    """Status, media type and object; a stream that was asked for has not begun."""
    request, expected = REFUSED[name]
    response = await shared.client.request(**{"method": "POST", "url": "/chat", **request})
    assert response.json() == expected
    assert response.status_code == expected["status"]
    assert response.headers["content-type"] == "application/problem+json"
    assert response.headers["x-request-id"].startswith("req_")


async def test_headers_help_a_program(shared: Running) -> None:
    """401 names the scheme, 405 the methods that are there; the 404 of a path says no more."""
    refused = await shared.client.get("/sessions", headers={"Host": "townhall.example"})
    wrong_methods = [await shared.client.put(path) for path in ("/chat", "/sessions/s")]
    unknown = await shared.client.get("/nothing/here")
    assert refused.headers["www-authenticate"] == "Bearer"
    assert [each.headers["allow"] for each in wrong_methods] == ["POST", "DELETE, GET"]
    assert (unknown.status_code, unknown.json()) == (
        404,
        problem(404, "not-found", "Not found", "There is nothing at this address.")
        | {"instance": "/nothing/here"},
    )


async def test_a_process_that_ends_takes_nothing_new(settings: Settings) -> None:
    """While the process drains, a message is 503 and says when to come back."""
    async with serve(settings) as server:
        server.desk.runner.begin_drain(0)
        response = await server.client.post("/chat", json={"message": "hi"})
    assert (response.status_code, response.headers["retry-after"], response.json()) == (
        503,
        "2",
        problem(
            503,
            "shutting-down",
            "The server is restarting",
            "Send the message again in a few seconds.",
            retryable=True,
            retry_after=2,
        ),
    )


UNAVAILABLE = problem(
    503,
    "database-unavailable",
    "The database is not available",
    "The database does not answer; try again soon.",
    retryable=True,
)


async def test_a_database_without_our_tables(settings: Settings) -> None:
    """It is 503, alike on both databases."""
    async with serve(settings.model_copy(update={"model": "echo"})) as server:
        async with server.desk.database.writing() as connection:
            await connection.execute(text("ALTER TABLE sessions RENAME TO elsewhere"))
        response = await server.client.post("/chat", json={"message": "hi"})
    assert (response.status_code, response.json()) == (503, UNAVAILABLE)


async def test_a_database_that_is_gone(postgres: PostgresServer, tmp_path: Any) -> None:
    """It is 503 within 3 seconds, and `/health` is still 200."""
    with postgres.new_database() as url:
        settings = make_settings(tmp_path, model="echo", database_url=SecretStr(url))
        name = httpx.URL(url).path.strip("/")
        async with serve(settings) as server:
            postgres._server.psql(f"DROP DATABASE {name} WITH (FORCE)")
            began = time.monotonic()
            chat = await server.client.post("/chat", json={"message": "hi"})
            took = time.monotonic() - began
            others = [await server.client.get(path) for path in ("/sessions", "/ready", "/health")]
        postgres._server.psql(f"CREATE DATABASE {name}")
    assert (chat.status_code, chat.json()) == (503, UNAVAILABLE)
    assert [response.status_code for response in others] == [503, 503, 200]
    assert took < 3


async def test_a_bug_is_a_problem_that_a_page_can_read(sqlite_settings: Settings) -> None:
    """It says nothing of what went wrong, has the CORS headers and the id of its log line."""

    def broken_clock() -> datetime:
        raise RuntimeError("a secret detail")

    async with serve(sqlite_settings, clock=broken_clock) as server:
        headers = {"Origin": "http://localhost:3000"}
        response = await server.client.post("/chat", json={"message": "hi"}, headers=headers)
    assert (response.status_code, response.json()) == (
        500,
        problem(
            500,
            "internal",
            "Something went wrong",
            "Something went wrong on our side. Please try again.",
            retryable=True,
        ),
    )
    assert response.headers["access-control-allow-origin"] == "http://localhost:3000"
    assert response.headers["x-request-id"].startswith("req_")


def test_codes_are_for_ever() -> None:
    """Each kind of failure has its own code; clients rely on it, its status and `retryable`."""
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type)]
    tree = {
        kind.code: (kind.status, kind.retryable)
        for kind in kinds
        if issubclass(kind, errors.TownHallError) and kind is not errors.TownHallError
    }
    assert tree == {
        "invalid-host": (400, False),
        "malformed-json": (400, False),
        "token-required": (401, False),
        "token-invalid": (401, False),
        "token-expired": (401, False),
        "cross-origin": (403, False),
        "user-id-mismatch": (403, False),
        "role-required": (403, False),
        "not-found": (404, False),
        "method-not-allowed": (405, False),
        "request-timeout": (408, True),
        "turn-in-progress": (409, True),
        "events-expired": (410, False),
        "body-too-large": (413, False),
        "media-type": (415, False),
        "validation": (422, False),
        "idempotency-key-reused": (422, False),
        "rate-limited": (429, True),
        "internal": (500, True),
        "shutting-down": (503, True),
        "database-unavailable": (503, True),
        "desk-opening": (503, True),
        "identity-unavailable": (503, True),
        "provider-unavailable": (502, True),
        "provider-rate-limited": (502, True),
        "provider-timeout": (504, True),
        "provider-protocol": (502, True),
        "turn-too-long": (504, True),
    }
