"""The edges: requests that are none, or too slow, and answers that no browser may misuse."""

import asyncio
import re
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from tests.access.people import anonymous, rows
from tests.conftest import make_settings
from tests.server import Running, serve
from townhall import app, connections
from townhall.routes import dependencies


@pytest.fixture(scope="module")
async def server(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Running]:
    """A developer's desk, open to this machine."""
    async with serve(make_settings(tmp_path_factory.mktemp("edges"), model="echo")) as running:
        yield running


async def raw(server: Running, sent: bytes, *, ends: bool = False) -> bytes:
    """Send bytes over a socket of one's own and return all that comes back."""
    reader, writer = await asyncio.open_connection("127.0.0.1", int(server.url.rpartition(":")[2]))
    writer.write(sent)
    if ends:
        writer.write_eof()
    answer = await reader.read()
    writer.close()
    await writer.wait_closed()
    return answer


CHAT = b"POST /chat HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
BODY = b'{"message": "hi"}'
LONG = b"a" * 70_000
MALFORMED: dict[str, tuple[bytes, int | None]] = {
    # None: no request was begun, so the connection just ends.
    "nothing": (b"", None),
    "line breaks": (b"\r\n\r\n\r\n", None),
    "no version": (b"GET /sessions\r\n\r\n", 400),
    "a version to come": (b"GET /sessions HTTP/9.9\r\nHost: localhost\r\n\r\n", 400),
    "another protocol": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400),
    "SSH": (b"SSH-2.0-OpenSSH_9.9\r\n", 400),
    "HTTP/2 without asking": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400),
    "no method": (b" /sessions HTTP/1.1\r\nHost: localhost\r\n\r\n", 400),
    "a method that is none": (b"STEAL /sessions HTTP/1.1\r\nHost: localhost\r\n\r\n", 400),
    "a NUL in the path": (b"GET /sess\x00ions HTTP/1.1\r\nHost: localhost\r\n\r\n", 400),
    "a NUL in a header": (b"GET /sessions HTTP/1.1\r\nHost: local\x00host\r\n\r\n", 400),
    "a header without a colon": (b"GET /sessions HTTP/1.1\r\nHost localhost\r\n\r\n", 400),
    "a space before the colon": (b"GET /sessions HTTP/1.1\r\nHost : localhost\r\n\r\n", 400),
    "a folded header": (b"GET /sessions HTTP/1.1\r\nHost: localhost\r\n x: y\r\n\r\n", 400),
    "no host": (b"GET /sessions HTTP/1.1\r\nConnection: close\r\n\r\n", 400),
    "two hosts": (
        b"GET /sessions HTTP/1.1\r\nHost: localhost\r\nHost: evil\r\nConnection: close\r\n\r\n",
        400,
    ),
    "two lengths": (CHAT + b"Content-Length: 17\r\nContent-Length: 5\r\n\r\n" + BODY, 400),
    "a negative length": (CHAT + b"Content-Length: -1\r\n\r\n" + BODY, 400),
    "a length of letters": (CHAT + b"Content-Length: 0x11\r\n\r\n" + BODY, 400),
    "an endless length": (CHAT + b"Content-Length: 99999999999999999999\r\n\r\n" + BODY, 400),
    "length and chunks": (
        CHAT + b"Content-Length: 17\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        400,
    ),
    "chunks that lie": (CHAT + b"Transfer-Encoding: chunked\r\n\r\nzz\r\nhello\r\n", 400),
    "chunks that lie about their end": (
        CHAT + b"Transfer-Encoding: chunked\r\n\r\n1\r\nhello\r\n0\r\n\r\n",
        400,
    ),
    "chunked is not last": (
        CHAT + b"Transfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n",
        400,
    ),
    "a head without an end": (b"GET /sessions HTTP/1.1\r\nHost: localhost\r\nX: " + LONG, 431),
    "headers without an end": (
        b"GET /sessions HTTP/1.1\r\nHost: localhost\r\n" + b"X: y\r\n" * 12_000,
        431,
    ),
    "a path in UTF-8": ("GET /sessions/ä HTTP/1.1\r\nHost: localhost\r\n\r\n".encode(), 400),
    "a proxy's request": (b"CONNECT evil.example:443 HTTP/1.1\r\nHost: evil.example\r\n\r\n", 400),
}


@pytest.mark.parametrize("name", MALFORMED)
async def test_requests_that_are_none(name: str, server: Running) -> None:
    """400 or 431 at once, without a word of the request, and no turn; or nothing for nothing."""
    sent, status = MALFORMED[name]
    assert len(MALFORMED) >= 25
    before = await rows(server)
    answer = await raw(server, sent, ends=status is None)
    found = int(answer.split(b" ", 2)[1]) if answer else None
    assert found == status
    assert b"evil" not in answer
    assert b"Traceback" not in answer
    assert await rows(server) == before


async def test_a_head_that_comes_too_slowly(
    server: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half a head, nothing at all, or a line now and then: 408 when patience ends."""
    monkeypatch.setattr(connections, "HEAD_SECONDS", 0.2)
    began = time.monotonic()
    answers = await asyncio.gather(
        raw(server, b"GET /sessions HTTP/1.1\r\nHost: loc"),
        raw(server, b""),
        raw(server, b"\r\n"),
    )
    await _drip(server)
    assert [answer.split(b"\r\n")[0] for answer in answers] == [b"HTTP/1.1 408 Request Timeout"] * 3
    assert time.monotonic() - began < 5


async def _drip(server: Running) -> None:
    """Send a line now and then, until the server hangs up."""
    reader, writer = await asyncio.open_connection("127.0.0.1", int(server.url.rpartition(":")[2]))
    writer.write(b"GET /sessions HTTP/1.1\r\nHost: localhost\r\n")
    answer = asyncio.create_task(reader.read())
    while not answer.done():
        writer.write(b"X: y\r\n")
        await asyncio.wait([answer], timeout=0.05)
    writer.close()
    # What was sent after the end may make the system drop the answer with the connection.
    with suppress(ConnectionResetError):
        assert b" 408 " in await answer


async def test_a_body_that_never_comes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A promised body that does not arrive in time is 408; the turn was never made."""
    monkeypatch.setattr(app, "BODY_SECONDS", 0.2)
    async with serve(make_settings(tmp_path, model="echo")) as server:
        head = CHAT + b"Content-Length: 17\r\nConnection: close\r\n\r\n"
        answer = await raw(server, head + BODY[:5])
        created = await rows(server)
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b'"code":"request-timeout"' in answer
    assert created == (0, 0)
    assert dependencies.BODY_SECONDS == 30


PATHS = {
    "/": "no-store",
    "/health": "no-store",
    "/sessions": "no-store",
    "/sessions/none": "no-store",
    "/nothing/here": "no-store",
    "/metrics": "no-store",
    "/openapi.json": "no-store",
    "/docs": "no-store",
    "/app": "no-store",
    "/app/": "no-cache",
    "/app/form": "no-store",
    "/town": "public, max-age=60",
}


@pytest.mark.parametrize("path", PATHS)
async def test_every_answer_has_its_headers(path: str, server: Running) -> None:
    """Answer, error, redirection and page: nothing is guessed, framed, kept or run inline."""
    response = await server.client.get(path)
    headers = response.headers
    policy = dict(
        part.strip().split(" ", 1) for part in headers["content-security-policy"].split(";")
    )
    assert policy["default-src"] == "'none'"
    assert policy["frame-ancestors"] == "'none'"
    assert policy["base-uri"] == "'none'"
    assert "'unsafe-inline'" not in policy.get("script-src", "")
    assert "'unsafe-eval'" not in policy.get("script-src", "")
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    assert headers["cache-control"] == PATHS[path]
    assert "server" not in headers
    assert "strict-transport-security" not in headers


async def test_streams_and_refusals_have_them_too(server: Running) -> None:
    """A stream keeps its own Cache-Control; a body that is too large is no exception."""
    stream = await server.client.post("/chat", json={"message": "hi"})
    large = await server.client.post("/chat", json={"message": "x" * 300_000})
    assert [each.headers["x-content-type-options"] for each in (stream, large)] == ["nosniff"] * 2
    assert stream.headers["cache-control"] == "no-cache, no-transform"
    assert large.status_code == 413


async def test_the_page_of_the_interface_runs_its_own_script_only(server: Running) -> None:
    """The one inline script of /docs is named by its hash in the policy."""
    response = await server.client.get("/docs")
    policy = response.headers["content-security-policy"]
    assert len(re.findall(r"<script>", response.text)) == len(re.findall("'sha256-", policy)) == 1


async def test_behind_a_proxy_that_ends_tls(tmp_path: Path) -> None:
    """The scheme is the browser's by the proxy's word: its own origin is allowed, HSTS is sent."""
    settings = make_settings(tmp_path, model="echo", trusted_proxies=("127.0.0.1",))
    async with serve(settings) as server:
        ana = await anonymous(server)
        tls = {
            "X-Forwarded-Proto": "https",
            "X-Forwarded-For": "203.0.113.7",
            "Host": "desk.example",
        }
        own = await ana.ask("GET", "/sessions", headers=tls | {"Origin": "https://desk.example"})
        other = await ana.ask("GET", "/sessions", headers=tls | {"Origin": "http://desk.example"})
        nobody = await server.client.get("/sessions", headers=tls)
        local = await server.client.get("/sessions")
    assert [each.status_code for each in (own, other, nobody, local)] == [200, 403, 401, 401]
    assert own.headers["strict-transport-security"] == "max-age=31536000"


async def test_the_public_origin_is_the_desks_own(tmp_path: Path) -> None:
    """Its pages may call the API, whatever the socket speaks; nobody is local any more."""
    settings = make_settings(tmp_path, public_origin="https://desk.example")
    async with serve(settings) as server:
        headers: dict[str, Any] = {"Host": "desk.example", "Origin": "https://desk.example"}
        created = await server.client.post("/sessions/create", headers=headers)
        local = await server.client.get("/sessions")
    assert (created.status_code, local.status_code) == (200, 401)
