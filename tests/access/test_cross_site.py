"""Pages of other sites, at a desk that is open to this machine: what they send does nothing."""

from collections.abc import AsyncIterator

import pytest

from tests.access.people import rows
from tests.conftest import make_settings
from tests.server import Running, serve

HOST = "localhost"
EVIL = "https://evil.example"


@pytest.fixture(scope="module")
async def server(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Running]:
    """A developer's desk: what a page of another site would attack."""
    async with serve(make_settings(tmp_path_factory.mktemp("site"), model="echo")) as running:
        yield running


FORGED: list[tuple[str, dict[str, str]]] = [
    (method_path, headers)
    for method_path in (
        "POST /chat",
        "POST /sessions/create",
        "GET /sessions",
        "DELETE /sessions/s1",
        "POST /sessions/s1/turns",
    )
    for headers in (
        {"Origin": EVIL},
        {"Origin": "null"},
        {"Origin": EVIL, "Sec-Fetch-Site": "same-origin"},
        {"Origin": f"http://{HOST}.evil.example"},
        {"Referer": f"{EVIL}/page"},
        {"Referer": f"{EVIL}/http://localhost:3000/"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors", "Cookie": "townhall_form=x"},
    )
]


async def test_forty_requests_that_other_sites_forge(server: Running) -> None:
    """Each is refused as cross-origin, on the developer's machine too, and does nothing."""
    before = await rows(server)
    assert len(FORGED) == 40
    for method_path, headers in FORGED:
        method, path = method_path.split()
        body = {"message": "hi"} if method == "POST" and "create" not in path else None
        response = await server.client.request(method, path, json=body, headers=headers)
        assert (response.status_code, response.json()["code"]) == (403, "cross-origin"), headers
        assert "access-control-allow-origin" not in response.headers
    assert await rows(server) == before


@pytest.mark.parametrize(
    "media_type", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", None]
)
async def test_a_form_of_another_site_is_no_json(media_type: str | None, server: Running) -> None:
    """What a browser sends without asking first is no JSON: 415, or 422 for no body at all."""
    before = await rows(server)
    headers = {} if media_type is None else {"Content-Type": media_type}
    content = b'{"message": "hi"}'
    response = await server.client.post("/chat", content=content, headers=headers)
    assert (response.status_code, await rows(server)) == (415, before)


ORIGINS = {
    **dict.fromkeys(("http://localhost:3000", "http://127.0.0.1:3001"), 200),
    **dict.fromkeys(
        (
            *("", "null", "*", "localhost", "localhost:3000", "//localhost:3000", "file://"),
            *("https://localhost:3000", "http://localhost", "http://localhost:3002"),
            *("http://localhost:30000", "http://localhost:3000/", "http://localhost:3000/x"),
            *(
                "HTTP://localhost:3000",
                "http://LOCALHOST:3000",
                "http://localhost:3000.evil.example",
            ),
            *("http://evil.example/localhost:3000", "http://localhost:3000@evil.example"),
            *("http://user@localhost:3000", "http://localhost%00:3000", "http://localhost.:3000"),
            *("http://[::1]:3000", "http://[::ffff:127.0.0.1]:3000", "http://0.0.0.0:3000"),
            *("http://2130706433:3000", "http://127.1:3000", "http://127.0.0.1:3000,http://x"),
            *("chrome-extension://abc", "http://localhost:3000 http://localhost:3001"),
        ),
        403,
    ),
}


async def test_thirty_origins(server: Running) -> None:
    """An origin is allowed as it is listed, letter by letter, or not at all."""
    assert len(ORIGINS) >= 30
    for origin, status in ORIGINS.items():
        response = await server.client.get("/sessions", headers={"Origin": origin})
        assert response.status_code == status, origin
        allowed = response.headers.get("access-control-allow-origin")
        assert allowed == (origin if status == 200 else None)
