"""A Chromium for the tests of the pages, and what a page needs to be tested."""

import os
import shutil
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any, Protocol

import pytest
from playwright.async_api import Browser, async_playwright, expect

from tests.browser.chat import Chat
from tests.conftest import make_settings
from tests.fakes.answers import Answer
from tests.fakes.fake_openai import FakeOpenAI
from tests.server import Running, serve
from townhall.routes.pages import is_built

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
CHROMIUM = shutil.which("chromium")
PATIENCE_MS = 30_000  # with a browser, a server and others on the same two cores
expect.set_options(timeout=PATIENCE_MS)


@pytest.fixture(scope="session", autouse=True)
def equipped() -> None:
    """Skip without a browser or a build; where everything must be checked, fail instead."""
    missing = None
    if CHROMIUM is None:
        missing = "chromium is not installed: apt-get install chromium"
    elif not is_built():
        missing = "the web page is not built: make web"
    if missing is not None and os.environ.get("CI"):
        pytest.fail(missing)
    if missing is not None:
        pytest.skip(missing)


@pytest.fixture(scope="session")
async def browser(equipped: None) -> AsyncIterator[Browser]:
    """One Chromium for all tests of this process."""
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        yield chromium
        await chromium.close()


class OpenChat(Protocol):
    """Opens the chat of a server in a browser context of its own; an error in it is a failure."""

    def __call__(self, url: str, **context: Any) -> AbstractAsyncContextManager[Chat]:
        """Open the chat; `context` are options of the browser context."""


@pytest.fixture
def open_chat(browser: Browser) -> OpenChat:
    """The way to a chat in its own browser context: a resident on a device of their own."""

    @asynccontextmanager
    async def open_one(url: str, **context: Any) -> AsyncIterator[Chat]:
        device = await browser.new_context(**{"viewport": {"width": 1280, "height": 900}} | context)
        device.set_default_timeout(PATIENCE_MS)
        try:
            yield await Chat.open(device, url)
        finally:
            await device.close()

    return open_one


@pytest.fixture
async def clerk_desk(tmp_path: Path) -> AsyncIterator[Running]:
    """A server with the built-in clerk."""
    async with serve(make_settings(tmp_path)) as server:
        yield server


SLOW_WORDS = [f"word{number}" for number in range(1, 25)]
SLOW_TEXT = " ".join(SLOW_WORDS)


@pytest.fixture
async def slow_model() -> AsyncIterator[FakeOpenAI]:
    """A model that says twenty-four words, one each 100 ms."""
    async with FakeOpenAI(default=Answer(text=SLOW_TEXT, delay=0.1)) as fake:
        yield fake


@pytest.fixture
async def slow_desk(tmp_path: Path, slow_model: FakeOpenAI) -> AsyncIterator[Running]:
    """A server whose model takes its time."""
    settings = make_settings(
        tmp_path, model="fake", model_api="responses", openai_base_url=slow_model.base_url
    )
    async with serve(settings) as server:
        yield server
