"""The desk answers, whatever happens to the connection or to the server."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.async_api import expect

from tests.browser.conftest import SLOW_TEXT, OpenChat
from tests.fakes.fake_openai import FakeOpenAI
from tests.process import _wait_until_ready, environment, free_port
from tests.server import Running


async def test_a_killed_server(tmp_path: Path, slow_model: FakeOpenAI, open_chat: OpenChat) -> None:
    """A server killed in mid-stream and started again completes the answer in the same page."""
    settings = {
        "TOWNHALL_MODEL": "fake",
        "TOWNHALL_MODEL_API": "responses",
        "OPENAI_BASE_URL": slow_model.base_url,
    }
    env = environment(tmp_path / "data", **settings)
    port = free_port()
    with _server(env, tmp_path, port) as first:
        async with open_chat(f"http://127.0.0.1:{port}") as chat:
            await chat.say("Hello")
            await expect(chat.answers.last).to_contain_text("word5")
            os.kill(first.pid, signal.SIGKILL)
            await expect(chat.page.get_by_text("Reconnecting")).to_be_visible()
            with _server(env, tmp_path, port):
                await chat.answered(seconds=60)
                assert await chat.answer() == SLOW_TEXT
                await expect(chat.messages).to_have_count(1)
            assert chat.errors == []


async def test_ten_seconds_offline(slow_desk: Running, open_chat: OpenChat) -> None:
    """Offline in mid-stream: the page says so, and the answer is whole when the network is back."""
    async with open_chat(slow_desk.url) as chat:
        await chat.say("Hello")
        await expect(chat.answers.last).to_contain_text("word3")
        await chat.page.context.set_offline(True)
        await expect(chat.page.get_by_text("You are offline")).to_be_visible()
        await chat.page.wait_for_timeout(10_000)  # the promise is about this very time
        await chat.page.context.set_offline(False)
        await chat.answered()
        assert await chat.answer() == SLOW_TEXT


async def test_a_message_written_offline(clerk_desk: Running, open_chat: OpenChat) -> None:
    """What is sent without a network goes out when it is back, once."""
    async with open_chat(clerk_desk.url) as chat:
        await chat.ask("Hello")
        await chat.page.context.set_offline(True)
        await chat.say("When is the library open?")
        await expect(chat.page.get_by_text("You are offline")).to_be_visible()
        await chat.page.context.set_offline(False)
        await chat.answered()
        await expect(chat.messages).to_have_count(2)
        await expect(chat.answers).to_have_count(2)


@contextmanager
def _server(env: dict[str, str], folder: Path, port: int) -> Iterator["subprocess.Popen[bytes]"]:
    command = [sys.executable, "-m", "townhall", "serve", "--port", str(port)]
    process = subprocess.Popen(command, env=env, cwd=folder)
    try:
        _wait_until_ready(f"http://127.0.0.1:{port}", process)
        yield process
    finally:
        process.kill()
        process.wait(timeout=30)
