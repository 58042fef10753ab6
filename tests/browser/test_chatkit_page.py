"""The page with OpenAI's ChatKit widget; a stand-in plays the widget, as its types declare it."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Page, Route, expect

from tests.browser.chat import Chat
from tests.browser.test_accessibility import violations
from tests.server import Running

CDN = "https://cdn.platform.openai.com/"
WIDGET = (Path(__file__).parent / "widget.js").read_text(encoding="utf-8")
FALLBACK_SECONDS = 4
SCRIPT = """\
async ([type, params]) => {
  return await widget.request(type, params)
}"""


@asynccontextmanager
async def device(browser: Browser, answer: str, **options: Any) -> AsyncIterator[Page]:
    """Open a browser in which OpenAI's server gives the widget, is away, or never answers."""
    context = await browser.new_context(**options)

    async def serve_widget(route: Route) -> None:
        if answer == "widget":
            await route.fulfill(body=WIDGET, content_type="text/javascript")
        elif answer == "away":
            await route.abort()
        else:
            await asyncio.Event().wait()

    await context.route(f"{CDN}**", serve_widget)
    yield await context.new_page()
    await context.close()


async def request(page: Page, operation: str, **params: Any) -> Any:
    """Let the widget send an operation, by the `fetch` of its options; return the answer."""
    await page.wait_for_function("() => 'widget' in window")
    text = await page.evaluate(SCRIPT, [operation, params])
    return text if text.startswith("data:") else json.loads(text)


async def test_one_resident_in_both_pages(clerk_desk: Running, browser: Browser) -> None:
    """The widget lists and continues what our chat began, and our chat what the widget began."""
    url = clerk_desk.url
    async with device(browser, "widget") as page:
        chat = await Chat.open(page.context, url)
        await chat.ask("There is a pothole on Mabini Street since yesterday")
        await page.goto(f"{url}/app/chatkit")
        await expect(page.get_by_role("heading", name="Riverbend")).to_be_visible()
        threads = await request(page, "threads.list")
        (thread,) = threads["data"]
        assert thread["title"] == "There is a pothole on Mabini Street since yesterday"
        assert await page.evaluate("widget.options.initialThread") == thread["id"]
        said = {
            "content": [{"type": "input_text", "text": "yes"}],
            "attachments": [],
            "inference_options": {},
        }
        reply = await request(page, "threads.add_user_message", thread_id=thread["id"], input=said)
        assert '"type":"widget"' in reply
        said["content"] = [{"type": "input_text", "text": "When is the garbage collected?"}]
        created = await request(page, "threads.create", input=said)
        new_id = json.loads(created.split("\n")[0].removeprefix("data: "))["thread"]["id"]
        await page.evaluate("id => widget.show(id)", new_id)
        await page.goto(f"{url}/app/")
        again = Chat(page, url)
        await expect(again.messages).to_have_count(1)
        await expect(again.messages).to_contain_text("garbage")
        await page.get_by_role("button", name="There is a pothole").first.click()
        await expect(again.records).to_have_count(1)
        await expect(again.messages).to_have_count(2)
        assert chat.errors == []


async def test_a_browser_that_is_nobody_yet(clerk_desk: Running, browser: Browser) -> None:
    """The first request makes the browser a resident; a token that has expired, a new one."""
    async with device(browser, "widget") as page:
        await page.goto(f"{clerk_desk.url}/app/chatkit")
        assert (await request(page, "threads.list"))["data"] == []
        key = f"town-hall:{clerk_desk.url}:token"
        token = await page.evaluate("key => localStorage.getItem(key)", key)
        await page.evaluate("key => localStorage.setItem(key, 'expired')", key)
        assert (await request(page, "threads.list"))["data"] == []
        renewed = await page.evaluate("key => localStorage.getItem(key)", key)
        assert renewed not in (token, "expired")


@pytest.mark.parametrize("answer", ["away", "silent"])
async def test_without_the_widget(answer: str, clerk_desk: Running, browser: Browser) -> None:
    """Where OpenAI's script cannot load, our own chat with the same session is there in time."""
    url = clerk_desk.url
    async with device(browser, answer) as page:
        chat = await Chat.open(page.context, url)
        await chat.ask("There is a pothole on Mabini Street since yesterday")
        opened = time.monotonic()
        await page.goto(f"{url}/app/chatkit", wait_until="commit")
        own = Chat(page, url)
        await expect(own.messages).to_have_count(1)
        waited = time.monotonic() - opened
        await own.ask("yes")
        await expect(own.records).to_have_count(1)
    assert waited < FALLBACK_SECONDS + 2


async def test_only_this_page_may_load_from_openai(clerk_desk: Running) -> None:
    """Its policy names OpenAI's server for the script and the frame; nothing inline, either."""
    policy = (await clerk_desk.client.get("/app/chatkit")).headers["content-security-policy"]
    assert policy == (
        "default-src 'none'; script-src 'self' https://cdn.platform.openai.com; style-src 'self'; "
        "img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'self'; "
        "frame-ancestors 'none'; frame-src https://cdn.platform.openai.com"
    )
    for path in ("", "index.html", "form"):
        headers = (await clerk_desk.client.get(f"/app/{path}")).headers
        assert "openai" not in headers["content-security-policy"]


@pytest.mark.parametrize("width", [1280, 320])
@pytest.mark.parametrize("theme", ["light", "dark"])
async def test_axe_finds_nothing(
    clerk_desk: Running, browser: Browser, theme: Any, width: int
) -> None:
    """Around the widget, whose inside is OpenAI's."""
    size = {"width": width, "height": 800}
    async with device(browser, "widget", color_scheme=theme, viewport=size) as page:
        await page.goto(f"{clerk_desk.url}/app/chatkit")
        await expect(page.get_by_role("heading", name="Riverbend")).to_be_visible()
        assert await violations(page) == []
        options = await page.evaluate("JSON.stringify(widget.options)")
        assert json.loads(options)["theme"]["colorScheme"] == theme
