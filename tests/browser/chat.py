"""The chat as a resident sees it: what they can find, press and read."""

from dataclasses import dataclass, field
from typing import Self

from playwright.async_api import BrowserContext, Locator, Page, expect


@dataclass
class Chat:
    """A page that shows the chat; `errors` are those that its scripts have raised."""

    page: Page
    url: str
    errors: list[str] = field(default_factory=list)

    @classmethod
    async def open(cls, device: BrowserContext, url: str) -> Self:
        """Open the chat of the server at `url` in a new tab of `device`."""
        page = await device.new_page()
        chat = cls(page, url)
        page.on("pageerror", lambda error: chat.errors.append(str(error)))
        await page.goto(f"{url}/app/")
        await expect(chat.box).to_be_visible()
        return chat

    @property
    def box(self) -> Locator:
        """Where the message is written."""
        return self.page.get_by_role("textbox", name="Your message")

    @property
    def answers(self) -> Locator:
        """What the desk said, one for each answer with text."""
        return self.page.locator("desk-text")

    @property
    def messages(self) -> Locator:
        """What the resident said."""
        return self.page.get_by_role("article", name="You")

    @property
    def records(self) -> Locator:
        """The tickets of filed records."""
        return self.page.locator("record-card")

    @property
    def send_button(self) -> Locator:
        """The button that sends."""
        return self.page.get_by_role("button", name="Send")

    @property
    def stop_button(self) -> Locator:
        """The button that stops the answer; there only while the desk answers."""
        return self.page.get_by_role("button", name="Stop")

    async def say(self, message: str) -> None:
        """Write `message` and send it."""
        await self.box.fill(message)
        await self.box.press("Enter")

    async def ask(self, message: str) -> None:
        """Send `message` and wait until it is answered."""
        count = await self.messages.count()
        await self.say(message)
        await expect(self.messages).to_have_count(count + 1)
        await self.answered()

    async def answered(self, *, seconds: float = 40) -> None:
        """Wait until nothing is being answered."""
        await expect(self.page.locator("[aria-busy=true]")).to_have_count(0, timeout=seconds * 1000)
        await expect(self.send_button).to_be_visible()

    async def answer(self) -> str:
        """Return the text of the newest answer as it is now."""
        text: str = await self.answers.last.evaluate("answer => answer.shadowRoot.textContent")
        return text.strip()

    async def lengths(self) -> set[int]:
        """Return the distinct lengths that the newest answer has until it is complete."""
        seen: set[int] = set()
        await expect(self.answers).not_to_have_count(0)
        while await self.stop_button.is_visible():
            seen.add(len(await self.answer()))
        return seen
