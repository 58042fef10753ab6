"""The pages for everybody: axe finds nothing, the keyboard is enough, answers are announced."""

from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from tests.browser.conftest import OpenChat
from tests.server import Running

AXE = Path(__file__).parents[2] / "web/node_modules/axe-core/axe.min.js"
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


async def violations(page: Page) -> list[str]:
    """Return what axe finds wrong with the page as it is now."""
    if not await page.evaluate("'axe' in window"):
        await page.evaluate(AXE.read_text(encoding="utf-8"))
    found = await page.evaluate(
        "tags => axe.run(document, {runOnly: {type: 'tag', values: tags}})", TAGS
    )
    return [
        f"{each['id']}: {node['target']} {node['failureSummary']}"
        for each in found["violations"]
        for node in each["nodes"]
    ]


@pytest.mark.parametrize("width", [1280, 320])
@pytest.mark.parametrize("theme", ["light", "dark"])
async def test_axe_finds_nothing(
    clerk_desk: Running, open_chat: OpenChat, theme: str, width: int
) -> None:
    """Welcome, answer, ticket, emergency, question before deleting: no violation in any of them."""
    device = {"color_scheme": theme, "viewport": {"width": width, "height": 800}}
    async with open_chat(clerk_desk.url, **device) as chat:
        page = chat.page
        assert await violations(page) == []
        await chat.ask("There is a pothole on Mabini Street since yesterday")
        await chat.ask("yes")
        await expect(chat.records).to_have_count(1)
        await page.get_by_role("button", name="Not helpful").last.click()
        await chat.ask("The house next door is on fire and people are inside")
        await page.locator("emergency-notice").first.wait_for()
        assert await violations(page) == []
        if width < 960:
            await page.get_by_role("button", name="Show your conversations").click()
        await page.get_by_role("button", name="Delete “").last.click()
        assert await violations(page) == []


@pytest.mark.parametrize("theme", ["light", "dark"])
async def test_axe_finds_nothing_in_the_form(
    clerk_desk: Running, open_chat: OpenChat, theme: str
) -> None:
    """The plain form is as sound as the chat."""
    async with open_chat(clerk_desk.url, color_scheme=theme) as chat:
        await chat.page.goto(f"{clerk_desk.url}/app/form")
        await chat.page.get_by_role("textbox").fill("There is a pothole on Mabini Street")
        await chat.page.get_by_role("button", name="Send").click()
        await chat.page.get_by_role("heading", name="Town hall desk").wait_for()
        assert await violations(chat.page) == []


async def test_the_keyboard_is_enough(clerk_desk: Running, open_chat: OpenChat) -> None:
    """A report is made, its number copied, the answer rated and all deleted without a pointer."""
    async with open_chat(clerk_desk.url) as chat:
        page, keys = chat.page, chat.page.keyboard
        await keys.press("Tab")
        await expect(page.get_by_role("button", name="Skip to the message box")).to_be_focused()
        await keys.press("Enter")
        await expect(chat.box).to_be_focused()
        await keys.type("There is a pothole on Mabini Street since yesterday")
        await keys.press("Enter")
        await chat.answered()
        await expect(chat.box).to_be_focused()
        await keys.type("yes")
        await keys.press("Enter")
        await expect(chat.records).to_have_count(1)
        await chat.answered()
        await page.context.grant_permissions(["clipboard-read", "clipboard-write"])
        await _tab_to(page, "Copy the reference number", backwards=True)
        await keys.press("Enter")
        await expect(chat.records).to_contain_text("Copied")
        await _tab_to(page, "Helpful")
        await keys.press("Space")
        await _tab_to(page, "Close")
        await keys.press("Enter")
        await expect(page.get_by_role("button", name="Helpful", pressed=True)).to_be_focused()
        await _tab_to(page, "Delete “There is a pothole", backwards=True)
        await keys.press("Enter")
        await expect(page.get_by_role("dialog")).to_be_visible()
        await _tab_to(page, "Delete")
        await keys.press("Enter")
        await expect(chat.messages).to_have_count(0)


async def test_finished_answers_are_announced(slow_desk: Running, open_chat: OpenChat) -> None:
    """A screen reader hears the answer once, when it is whole."""
    async with open_chat(slow_desk.url) as chat:
        announcer = chat.page.get_by_role("log")
        await expect(announcer).to_have_attribute("aria-live", "polite")
        await chat.say("Hello")
        await expect(chat.answers.last).to_contain_text("word5")
        await expect(announcer).to_have_text("")
        await chat.answered()
        await expect(announcer).to_contain_text("word24")


async def test_nothing_moves_for_who_wants_no_motion(
    slow_desk: Running, open_chat: OpenChat
) -> None:
    """With reduced motion no animation runs."""
    async with open_chat(slow_desk.url, reduced_motion="reduce") as chat:
        await chat.say("Hello")
        await expect(chat.stop_button).to_be_visible()
        assert await chat.page.evaluate("document.getAnimations().length") == 0


@pytest.mark.parametrize("width", [640, 320])
async def test_nothing_is_cut_off(clerk_desk: Running, open_chat: OpenChat, width: int) -> None:
    """At 200 % zoom of a 1280 px window, and at 320 px, there is no sideways scrolling."""
    async with open_chat(clerk_desk.url, viewport={"width": width, "height": 450}) as chat:
        await chat.ask("There is a pothole on Mabini Street since yesterday")
        await chat.ask("yes")
        await expect(chat.records).to_have_count(1)
        overflow = "element => element.scrollWidth - element.clientWidth"
        log = chat.page.get_by_role("region", name="Conversation")
        assert await log.evaluate(overflow) <= 0
        assert await chat.page.locator("html").evaluate(overflow) <= 0
        await expect(chat.box).to_be_in_viewport()


async def test_a_language_of_its_own(clerk_desk: Running, open_chat: OpenChat) -> None:
    """A message in another language than the page's is marked with it."""
    async with open_chat(clerk_desk.url) as chat:
        await chat.ask("Hay un bache muy grande en la calle Mabini desde ayer por la noche")
        await expect(chat.messages.locator("p")).to_have_attribute("lang", "es")


async def _tab_to(page: Page, name: str, *, backwards: bool = False) -> None:
    focused = page.locator(":focus")
    for _ in range(40):
        await page.keyboard.press("Shift+Tab" if backwards else "Tab")
        label = await focused.last.evaluate(
            "element => element.getAttribute('aria-label') ?? element.textContent.trim()"
        )
        if str(label).startswith(name):
            return
    raise AssertionError(f"the keyboard does not reach {name}")
