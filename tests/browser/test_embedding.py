"""The chat as one file in a foreign-looking site on another origin."""

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

from playwright.async_api import Browser, expect

from tests.browser.chat import Chat
from tests.conftest import make_settings
from tests.process import free_port
from tests.server import serve

SITE = Path(__file__).parent / "site"


async def test_a_foreign_site(tmp_path: Path, browser: Browser) -> None:
    """A report is made from another origin, in that site's colours, untouched by its styles."""
    port = free_port()
    origin = f"http://localhost:{port}"
    async with serve(make_settings(tmp_path / "desk", cors_origins=(origin,))) as server:
        with _site(tmp_path / "site", server.url, port):
            device = await browser.new_context(viewport={"width": 1000, "height": 900})
            chat = Chat(await device.new_page(), origin)
            await chat.page.goto(origin)
            await chat.ask("There is a pothole on Mabini Street since yesterday")
            await chat.ask("yes")
            await expect(chat.records).to_contain_text("INC-")
            await expect(chat.send_button).to_have_css("background-color", "rgb(153, 15, 61)")
            await expect(chat.box).to_have_css("letter-spacing", "normal")
            await expect(chat.box).to_have_css("font-family", re.compile("system-ui"))
            await expect(chat.box).to_have_css("border-style", "none")
            await chat.page.reload()
            await expect(chat.records).to_have_count(1)
            await device.close()


async def test_a_site_that_is_not_allowed(tmp_path: Path, browser: Browser) -> None:
    """A site that the town has not named gets the file and nothing from the desk."""
    port = free_port()
    async with serve(make_settings(tmp_path / "desk")) as server:
        with _site(tmp_path / "site", server.url, port):
            device = await browser.new_context()
            page = await device.new_page()
            await page.goto(f"http://localhost:{port}")
            await expect(page.get_by_text("cannot be reached")).to_be_visible()
            await device.close()


@contextmanager
def _site(folder: Path, server_url: str, port: int) -> Iterator[None]:
    shutil.copytree(SITE, folder)
    index = folder / "index.html"
    index.write_text(index.read_text(encoding="utf-8").replace("SERVER", server_url))
    handler = partial(_Quiet, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", port), handler) as site:
        thread = Thread(target=site.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield
        finally:
            site.shutdown()
            thread.join()


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the base's name
        """Say nothing: the test says what is wrong."""
