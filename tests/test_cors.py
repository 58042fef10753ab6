"""CORS: exact origins, never a wildcard, and what a page of an allowed origin may read."""

from collections.abc import AsyncIterator

import pytest
from pydantic import ValidationError

from tests.conftest import make_settings
from tests.server import Running, Settled, serve
from townhall.settings import Settings

ASKED = "authorization,content-type,idempotency-key,last-event-id"


@pytest.fixture(scope="module")
async def shared(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Running]:
    """A server with the default origins."""
    folder = tmp_path_factory.mktemp("shared")
    async with serve(make_settings(folder, model="echo")) as server:
        yield server


def cors(headers: object) -> dict[str, str]:
    """Return what concerns CORS, lists sorted."""
    return {
        name: ", ".join(sorted(value.split(", ")))
        for name, value in dict(headers).items()  # type: ignore[call-overload]
        if name.startswith("access-control-")
    }


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
@pytest.mark.parametrize("port", [3000, 3001])
async def test_a_preflight_of_a_page_of_ours(host: str, port: int, shared: Running) -> None:
    """The four default origins may send every header and method that the API has."""
    origin = f"http://{host}:{port}"
    asked = {
        "Origin": origin,
        "Access-Control-Request-Method": "DELETE",
        "Access-Control-Request-Headers": ASKED,
    }
    response = await shared.client.options("/sessions/s", headers=asked)
    assert response.status_code == 200
    assert cors(response.headers) == {
        "access-control-allow-origin": origin,
        "access-control-allow-credentials": "true",
        "access-control-allow-methods": "DELETE, GET, PATCH, POST",
        "access-control-allow-headers": "Accept, Accept-Language, Authorization, "
        "Content-Language, Content-Type, Idempotency-Key, Last-Event-ID",
        "access-control-max-age": "600",
    }
    assert "Origin" in response.headers["vary"]


@pytest.mark.parametrize(
    ("origin", "method", "header"),
    [
        ("https://evil.example", "POST", "content-type"),
        ("null", "POST", "content-type"),
        ("http://localhost:3000.evil.example", "POST", "content-type"),
        ("http://localhost:3000", "PUT", "content-type"),
        ("http://localhost:3000", "POST", "x-forwarded-for"),
    ],
)
async def test_a_preflight_of_anything_else(
    origin: str, method: str, header: str, shared: Running
) -> None:
    """Another origin, method or header is refused, so the browser sends nothing."""
    asked = {
        "Origin": origin,
        "Access-Control-Request-Method": method,
        "Access-Control-Request-Headers": header,
    }
    response = await shared.client.options("/chat", headers=asked)
    assert response.status_code == 400
    if not origin.endswith(":3000"):
        assert "access-control-allow-origin" not in response.headers


async def test_a_page_of_ours_may_read_the_answer(shared: Running) -> None:
    """Stream, JSON and problem carry the origin itself, and the headers that a client needs."""
    origin = {"Origin": "http://localhost:3000"}
    message = {"message": "hi"}
    responses = [
        await shared.client.post("/chat", json=message, headers=origin),
        await shared.client.get("/sessions", headers=origin),
        await shared.client.get("/sessions/none", headers=origin),
        await shared.client.post("/chat", json={}, headers=origin),
    ]
    assert [response.status_code for response in responses] == [200, 200, 404, 422]
    for response in responses:
        found = cors(response.headers)
        exposed = found.pop("access-control-expose-headers").split(", ")
        assert {"Location", "X-Session-Id", "X-Turn-Id", "X-User-Id"} <= set(exposed)
        assert found == {
            "access-control-allow-origin": "http://localhost:3000",
            "access-control-allow-credentials": "true",
        }
        assert response.headers["vary"] == "Origin"


async def test_a_page_of_another_site_may_not(shared: Running) -> None:
    """It is refused, and where it is served, as `/health` is, it may not read the answer."""
    origin = {"Origin": "https://evil.example"}
    refused = await shared.client.get("/sessions", headers=origin)
    health = await shared.client.get("/health", headers=origin)
    assert (refused.status_code, health.status_code) == (403, 200)
    for response in (refused, health):
        assert "access-control-allow-origin" not in response.headers


async def test_origins_of_the_deployer(sqlite_settings: Settings) -> None:
    """What the setting lists is allowed and nothing else, the default included."""
    given = Settled.model_validate(
        {"TOWNHALL_CORS_ORIGINS": "https://town.example/, http://x:8080"}
    )
    assert given.cors_origins == ("https://town.example", "http://x:8080")
    settings = sqlite_settings.model_copy(update={"cors_origins": given.cors_origins})
    async with serve(settings) as server:
        statuses = [
            (await server.client.get("/sessions", headers={"Origin": origin})).status_code
            for origin in ("https://town.example", "http://x:8080", "http://localhost:3000")
        ]
    assert statuses == [200, 200, 403]


@pytest.mark.parametrize("origins", ["*", "http://localhost:3000,*"])
def test_a_wildcard_stops_the_start(origins: str) -> None:
    """`*` is refused with the reason: requests carry tokens."""
    with pytest.raises(ValidationError, match="name each origin"):
        Settled.model_validate({"TOWNHALL_CORS_ORIGINS": origins})
