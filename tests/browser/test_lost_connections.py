"""The desk answers, whatever happens to the connection or to the server."""

from pathlib import Path

from playwright.async_api import expect

from tests.browser.conftest import SLOW_TEXT, OpenChat
from tests.fakes.fake_openai import FakeOpenAI
from tests.faults.forge import Forge
from tests.faults.worker import Worker
from tests.process import environment
from tests.server import Running


async def test_a_killed_server(
    forge: Forge, tmp_path: Path, slow_model: FakeOpenAI, open_chat: OpenChat
) -> None:
    """A server killed in mid-stream and started again completes the answer in the same page."""
    settings = {
        "TOWNHALL_MODEL": "fake",
        "TOWNHALL_MODEL_API": "responses",
        "OPENAI_BASE_URL": slow_model.base_url,
    }
    server = Worker(forge, environment(tmp_path / "data", **settings), tmp_path)
    await server.start()
    async with open_chat(server.url) as chat:
        await chat.say("Hello")
        await expect(chat.answers.last).to_contain_text("word5")
        await server.kill()
        await expect(chat.page.get_by_text("Reconnecting")).to_be_visible()
        await server.start()
        await chat.answered(seconds=60)
        assert await chat.answer() == SLOW_TEXT
        await expect(chat.messages).to_have_count(1)
        assert chat.errors == []
    await server.kill()


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
