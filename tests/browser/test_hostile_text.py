"""Text of people and models is text: no script runs, nothing is loaded from elsewhere."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.async_api import Browser, Request, expect
from sqlalchemy import insert, update

from tests.browser.attacks import ATTACKS
from tests.browser.chat import Chat
from tests.browser.conftest import OpenChat
from tests.conftest import make_settings
from tests.fakes.answers import Answer, Call, Condition, Rule
from tests.fakes.fake_openai import FakeOpenAI
from tests.server import Running, serve
from townhall.db.tables import sessions, turns
from townhall.events import Notice, RecordFiled, Source, Sources

LIVE = ATTACKS[::5]  # what is written, answered and filed while the page is open


async def test_thirty_attacks_live(tmp_path: Path, open_chat: OpenChat) -> None:
    """As message, answer, title and in every field of a record, none does anything."""
    everything = "\n\n".join(LIVE)
    record: dict[str, object] = {
        "feedback_kind": "complaint",
        "topic": "other",
        "summary": everything.replace("\x01", ""),  # records take no control characters
        "sentiment": "negative",
        "reporter_name": LIVE[1],
    }
    rules = [
        Rule(Answer(calls=(Call("file_feedback", record),)), when=Condition(last="</textarea>")),
        Rule(Answer(text=everything), when=Condition(last="filed")),
    ]
    foreign: list[str] = []
    async with FakeOpenAI(rules, default=Answer(text=everything)) as fake:
        settings = make_settings(
            tmp_path, model="fake", model_api="responses", openai_base_url=fake.base_url
        )
        async with serve(settings) as server, open_chat(server.url) as chat:
            chat.page.on("request", lambda request: note(request, server.url, foreign))
            await chat.ask(everything)
            for attack in LIVE[:3]:
                await chat.ask(attack)
            await expect(chat.records).to_have_count(1)
            await expect(chat.records).to_contain_text("<iframe src=http://far.example>")
            for link in await chat.page.get_by_role("link").all():
                href = await link.get_attribute("href") or ""
                assert href.startswith(("http://", "https://", "tel:", "mailto:")), href
            await chat.page.reload()
            await expect(chat.records).to_have_count(1)
            assert await chat.page.evaluate("window.hit") is None
            assert foreign == []
            assert chat.errors == []


def note(request: Request, own_url: str, foreign: list[str]) -> None:
    """Keep the address of a request that leaves our server."""
    if urlsplit(request.url).netloc != urlsplit(own_url).netloc:
        foreign.append(request.url)


async def test_150_attacks_in_every_field(clerk_desk: Running, browser: Browser) -> None:
    """In messages, replies, titles, records, sources and notices that a page finds: nothing runs.

    No element has a handler, no text became an element that loads or runs, no link leads to code.
    """
    created = (await clerk_desk.client.post("/sessions/create")).json()
    await fill(clerk_desk, created["user_id"], created["session_id"])
    keys = {name: created[name] for name in ("token", "user_id")}
    foreign: list[str] = []
    context = await browser.new_context()
    await context.add_init_script(
        f"""for (const [name, value] of Object.entries({json.dumps(keys)}))
            localStorage.setItem(`town-hall:${{location.origin}}:${{name}}`, value)"""
    )
    page = await context.new_page()
    page.on("request", lambda request: note(request, clerk_desk.url, foreign))
    chat = Chat(page, clerk_desk.url)
    page.on("pageerror", lambda error: chat.errors.append(str(error)))
    await page.goto(f"{clerk_desk.url}/app/#{created['session_id']}")
    await expect(chat.messages).to_have_count(len(ATTACKS))
    await expect(chat.records).to_have_count(len(ATTACKS))
    more = page.get_by_role("button", name="Show more")
    for pages in range(1, 4):
        await expect(page.get_by_role("button", name="Delete “")).to_have_count(50 * pages)
        await more.click()
    await expect(page.get_by_role("button", name="Delete “")).to_have_count(len(ATTACKS) + 1)
    found = await page.evaluate(DANGERS)
    assert found == {"handlers": [], "elements": [], "links": []}
    assert await page.evaluate("window.hit") is None
    assert foreign == []
    assert chat.errors == []
    await context.close()


DANGERS = """() => {
  const found = {handlers: [], elements: [], links: []}
  const kinds = 'script, iframe, frame, object, embed, link, style, img, image, video, audio, '
    + 'source, track, base, meta, form, input, template, portal, animate, set, math'
  const look = (root, isText) => {
    for (const element of root.querySelectorAll('*')) {
      const handlers = element.getAttributeNames().filter((name) => name.startsWith('on'))
      if (handlers.length > 0) found.handlers.push(element.outerHTML)
      if (isText && element.matches(kinds)) found.elements.push(element.outerHTML)
      const href = element.getAttribute('href') ?? element.getAttribute('xlink:href')
      if (href !== null && element.localName === 'a' && !/^(https?|tel|mailto):/.test(href))
        found.links.push(href)
      if (element.shadowRoot !== null)
        look(element.shadowRoot, isText || element.localName === 'desk-text')
    }
  }
  look(document.body, false)
  return found
}"""


async def fill(server: Running, user_id: str, session_id: str) -> None:
    """Give the user a session in which every field of turns is an attack, and 150 titled so."""
    now = datetime.now(UTC)
    titled: list[dict[str, Any]] = [
        {
            "session_id": f"titled-{n}",
            "user_id": user_id,
            "title": attack[:80],
            "message_count": 1,
            "turn_count": 1,
            "created_at": now,
            "last_active": now - timedelta(minutes=n + 1),
        }
        for n, attack in enumerate(ATTACKS)
    ]
    async with server.desk.database.writing() as connection:
        await connection.execute(insert(sessions), titled)
        key = await connection.scalar(
            update(sessions)
            .where(sessions.c.session_id == session_id)
            .values(message_count=2 * len(ATTACKS), turn_count=len(ATTACKS), last_active=now)
            .returning(sessions.c.id)
        )
        await connection.execute(
            insert(turns), [turn(n, attack, key) for n, attack in enumerate(ATTACKS)]
        )


def turn(n: int, attack: str, session_key: int | None) -> dict[str, Any]:
    """Return the row of a turn in which everything that comes from outside is the attack."""
    now = datetime.now(UTC)
    fields = ("description", "location", "person_involved", "reporter_name", attack[:60])
    details = [{"code": attack[:60], "value": attack}]
    record: dict[str, object] = dict.fromkeys(fields, attack) | {
        "details": details,
        "status": attack,
    }
    source = Source(title=attack, path=attack, url=attack, quote=attack)
    shown = [
        RecordFiled(kind="incident", reference=f"INC-{n:04}-XXXX", record=record),
        Sources(items=(source,)),
        Notice(level="warning", code="x", text=attack),
    ]
    return {
        "id": f"turn_{n:032x}",
        "session_key": session_key,
        "seq": n + 1,
        "status": "completed",
        "message": attack,
        "reply": attack,
        "shown": [event.as_json() for event in shown],
        "rating": "negative",
        "rating_reason": attack,
        "metadata": {},
        "caller": "test",
        "attempt": 1,
        "created_at": now,
        "finished_at": now,
    }
