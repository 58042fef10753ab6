"""What is served under /app/ and at /town, to the header."""

import gzip
import re
from pathlib import Path

import pytest

from tests.conftest import make_settings
from tests.server import Running, serve
from townhall.routes import pages

INITIAL_KB = 120


async def test_caching(clerk_desk: Running) -> None:
    """Files with a hash in their name are for ever, the others are asked for each time."""
    index = await clerk_desk.client.get("/app/")
    assert (index.status_code, index.headers["cache-control"]) == (200, "no-cache")
    script = re.search(r'src="\./(assets/[\w.-]+\.js)"', index.text)
    assert script is not None
    asset = await clerk_desk.client.get(f"/app/{script[1]}")
    assert asset.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert asset.headers["content-encoding"] == "gzip"
    assert "Accept-Encoding" in asset.headers["vary"]
    again = await clerk_desk.client.get("/app/", headers={"If-None-Match": index.headers["etag"]})
    assert again.status_code == 304


async def test_the_policy(clerk_desk: Running) -> None:
    """Nothing inline, nothing from elsewhere, no frame around it."""
    headers = (await clerk_desk.client.get("/app/")).headers
    assert headers["content-security-policy"] == (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
        "connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; "
        "require-trusted-types-for 'script'; trusted-types lit-html dompurify"
    )
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"


async def test_the_embeddable_file(clerk_desk: Running) -> None:
    """Any site may load it; its name stays, so it is asked for each time."""
    headers = (await clerk_desk.client.get("/app/town-hall-chat.js")).headers
    assert headers["access-control-allow-origin"] == "*"
    assert headers["cache-control"] == "no-cache"
    assert headers["content-type"].startswith("text/javascript")


@pytest.mark.parametrize("path", ["nothing", "../pages.py", "%2e%2e/pages.py", "assets/"])
async def test_what_is_not_there(clerk_desk: Running, path: str) -> None:
    """Neither unknown files nor those of the server are found."""
    assert (await clerk_desk.client.get(f"/app/{path}")).status_code == 404


async def test_a_browser_is_sent_to_the_page(clerk_desk: Running) -> None:
    """The bare address and the one without a slash lead a browser to the chat."""
    root = await clerk_desk.client.get("/", headers={"Accept": "text/html"})
    assert (root.status_code, root.headers["location"]) == (307, "/app/")
    assert (await clerk_desk.client.get("/app")).headers["location"] == "/app/"


async def test_without_a_build(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """The server starts and says so; the page tells how to build it, and the form is there."""
    monkeypatch.setattr(pages, "BUILD", tmp_path / "nowhere")
    async with serve(make_settings(tmp_path)) as server:
        response = await server.client.get("/app/")
        form = await server.client.get("/app/form")
    assert response.status_code == 503
    assert "make web" in response.text
    assert form.status_code == 200
    assert "not built" in "".join(capfd.readouterr())


def test_the_page_is_light() -> None:
    """The chat is usable with at most 120 KB of compressed scripts."""
    index = (pages.BUILD / "index.html").read_text(encoding="utf-8")
    scripts = re.findall(r'(?:src|href)="\./([\w./-]+\.js)"', index)
    sizes = [len(gzip.compress((pages.BUILD / script).read_bytes(), 9)) for script in scripts]
    assert scripts
    assert sum(sizes) <= INITIAL_KB * 1024


async def test_the_town(clerk_desk: Running) -> None:
    """Everybody may know what the town's pages show."""
    response = await clerk_desk.client.get("/town", headers={"Host": "townhall.example"})
    town = response.json()
    assert response.headers["cache-control"] == "public, max-age=60"
    assert list(town) == [
        "name",
        "timezone",
        "languages",
        "greeting",
        "suggested_questions",
        "contact",
        "emergency",
        "theme",
        "incident_types",
        "feedback_topics",
        "chatkit_domain_key",
    ]
    assert town["name"] == "Riverbend"
    assert town["languages"] == ["en", "tl", "ja", "es"]
    assert town["emergency"]["number"] == "911"
    assert town["theme"] == {"accent": "#0b5c5e", "accent_dark": "#7fd1cb"}
    assert {"code": "pothole", "name": "Pothole or broken road surface"} in town["incident_types"]
