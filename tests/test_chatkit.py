"""The ChatKit protocol on a live server, each frame read by the types of the chatkit package."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest
from agents.testing import ScriptedModel
from chatkit.types import (
    NoticeEvent,
    ProgressUpdateEvent,
    ThreadCreatedEvent,
    ThreadItemDoneEvent,
    WidgetItem,
)
from sqlalchemy import insert, select, update

from tests.conftest import make_settings
from tests.front_end import (
    FrontEnd,
    begun,
    dumped,
    kinds,
    newcomer,
    refusal,
    said,
    text_of,
)
from tests.scripted import POTHOLE, call, choose, reply, scripted
from tests.server import Running, serve
from townhall.db.tables import incidents, sessions, turns
from townhall.errors import ProviderUnavailable
from townhall.settings import Settings

REPORT = str(POTHOLE["description"])
OPENING = ["thread.item.done user_message", "stream_options"]
REPLY_BEGINS = [
    "thread.item.added assistant_message",
    "thread.item.updated assistant_message.content_part.added",
]
DELTA = "thread.item.updated assistant_message.content_part.text_delta"
REPLY_ENDS = [
    "thread.item.updated assistant_message.content_part.done",
    "thread.item.done assistant_message",
]


@pytest.fixture(scope="module")
async def shared(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Running]:
    """A server with the echo model for tests that leave each other alone."""
    folder = tmp_path_factory.mktemp("shared")
    async with serve(
        make_settings(folder, model="echo", limit_turns_per_address="1000/minute")
    ) as server:
        yield server


async def test_a_thread_is_created(settings: Settings) -> None:
    """The events come in ChatKit's order; what was streamed is what the thread has afterwards."""
    async with serve(settings, model=scripted(reply("Good", " morning", "."))) as server:
        front = await newcomer(server)
        events = await front.create("Is  anybody\nthere?")
        created = events[0]
        assert isinstance(created, ThreadCreatedEvent)
        thread = await front.thread(created.thread.id)
        transcript = await server.client.get(
            f"/sessions/{thread.id}/messages", headers=front.headers
        )
    assert kinds(events) == [
        *("thread.created", *OPENING, *REPLY_BEGINS, DELTA, DELTA, DELTA, *REPLY_ENDS)
    ]
    assert created.thread.title == thread.title == "Is anybody there?"
    assert [text_of(events[1]), text_of(events[-1])] == ["Is  anybody\nthere?", "Good morning."]
    done = [event.item for event in events if isinstance(event, ThreadItemDoneEvent)]
    assert [each.id for each in thread.items.data] == [each.id for each in done]
    assert [text_of(each) for each in thread.items.data] == [text_of(each) for each in done]
    assert all(each.thread_id == thread.id and each.created_at.tzinfo for each in done)
    messages = transcript.json()["messages"]
    assert [each["text"] for each in messages] == ["Is  anybody\nthere?", "Good morning."]


async def test_a_report(sqlite_settings: Settings) -> None:
    """A tool is progress, a record is a card as soon as it is committed, before the reply ends."""
    model = scripted(call("file_incident", POTHOLE), reply("Filed."))
    async with serve(sqlite_settings, model=model) as server:
        front = await newcomer(server)
        events = await front.create(REPORT)
        (progress,) = [each for each in events if isinstance(each, ProgressUpdateEvent)]
        (card,) = [each.item for each in events if is_card(each)]
        items = (await front.items(card.thread_id, order="asc")).data
    assert kinds(events) == [
        *("thread.created", *OPENING, "progress_update", *REPLY_BEGINS),
        *("thread.item.done widget", DELTA, *REPLY_ENDS),
    ]
    assert progress.text == "Filing your report"
    words = json.dumps(dumped(card.widget))
    for text in (card.copy_text, "Mabini Street", "Pothole", "Report", "Open", "Severity level"):
        assert text in words
    assert "Sentiment" not in words
    assert [each.type for each in items] == ["user_message", "assistant_message", "widget"]
    assert dumped(items[2])["widget"] == dumped(card)["widget"]


def is_card(event: Any) -> bool:
    """Whether the event brings a card."""
    return isinstance(getattr(event, "item", None), WidgetItem)


async def test_sources_are_annotations(sqlite_settings: Settings) -> None:
    """The pages that an answer rests on stand at its end, live and in the thread."""
    model = scripted(
        call("search_town_information", {"query": "garbage collection"}), reply("On Mondays.")
    )
    async with serve(sqlite_settings, model=model) as server:
        front = await newcomer(server)
        events = await front.create("When is the garbage collected?")
        done = events[-1]
        assert isinstance(done, ThreadItemDoneEvent)
        thread = await front.thread(done.item.thread_id)
    annotations = dumped(done.item)["content"][0]["annotations"]
    added = [
        dumped(event)["update"]["annotation"]
        for event in events
        if "annotation_added" in kinds([event])[0]
    ]
    assert added == annotations == dumped(thread.items.data[1])["content"][0]["annotations"]
    assert annotations
    assert {each["source"]["type"] for each in annotations} == {"url"}
    assert all(each["source"]["title"] and each["index"] == 11 for each in annotations)


async def test_an_emergency_is_a_notice(sqlite_settings: Settings) -> None:
    """The emergency number is a notice of danger before anything else is said."""
    async with serve(sqlite_settings, model=scripted(reply("What burns?"))) as server:
        events = await (await newcomer(server)).create("Help, my house is on fire!")
    notice = events[3]
    assert isinstance(notice, NoticeEvent)
    assert notice.level == "danger"
    assert server.desk.town.emergency.number in notice.message
    assert text_of(events[-1]).startswith(notice.message)


async def test_a_failure(sqlite_settings: Settings) -> None:
    """A turn that fails ends with an error that has no inner details; it may be said again."""
    model = scripted(reply(ProviderUnavailable("Please try again.")), reply("Good morning."))
    async with serve(sqlite_settings, model=model) as server:
        front = await newcomer(server)
        events = await front.create("hi")
        (item,) = (await front.items(events[0].thread.id)).data
        again = await front.stream(
            "threads.retry_after_item", thread_id=item.thread_id, item_id=item.id
        )
    assert kinds(events) == ["thread.created", *OPENING, "error"]
    error = events[-1]
    assert (error.code, error.message, error.allow_retry) == ("custom", "Please try again.", True)
    assert text_of(again[-1]) == "Good morning."


async def test_a_dropped_connection_keeps_the_turn_going(settings: Settings) -> None:
    """ChatKit's stop is a dropped connection: the reply is finished and kept all the same."""
    think = asyncio.Event()
    model = scripted(reply("Let me", think.wait, " see."))
    async with serve(settings, model=model) as server:
        front = await newcomer(server)
        events = front.open_stream("threads.create", input=said("hi"))
        async for event in events:
            if kinds([event]) == [DELTA]:
                break
        await events.aclose()
        thread_id = (await front.threads()).data[0].id
        assert [each.type for each in (await front.items(thread_id)).data] == ["user_message"]
        think.set()
        session = await server.client.get(f"/sessions/{thread_id}", headers=front.headers)
        turn_id = session.json()["current_turn"]
        events_url = f"/sessions/{thread_id}/turns/{turn_id}/events"
        await server.client.get(events_url, headers=front.headers)
        items = (await front.items(thread_id)).data
    assert [text_of(each) for each in items] == ["Let me see.", "hi"]


async def test_one_conversation(settings: Settings) -> None:
    """What /chat began goes on in ChatKit, what ChatKit began in /chat; the model hears it all."""
    model = ScriptedModel([reply(f"Answer {n}.") for n in range(6)])
    async with serve(settings, model=choose(model)) as server:
        front = FrontEnd(server.client)
        await server.say("one", "s", user_id="ana")
        await front.say("two", "s")
        await server.say("three", "s")
        begun_here = await begun(front, "four")
        await server.say("five", begun_here)
        await front.say("six", begun_here)
        texts = {}
        for session_id in ("s", begun_here):
            items = [text_of(each) for each in (await front.thread(session_id)).items.data]
            transcript = (await server.client.get(f"/sessions/{session_id}/messages")).json()
            assert [each["text"] for each in transcript["messages"]] == items
            texts[session_id] = items
        listed = {each.id: each.title for each in (await front.threads()).data}
    assert texts == {
        "s": ["one", "Answer 0.", "two", "Answer 1.", "three", "Answer 2."],
        begun_here: ["four", "Answer 3.", "five", "Answer 4.", "six", "Answer 5."],
    }
    assert listed == {"s": "one", begun_here: "four"}
    assert [item["content"] for item in model.calls[5].input] == texts[begun_here][:5]


async def test_a_thread_is_renamed_listed_and_deleted(shared: Running) -> None:
    """update, list and delete are those of our sessions."""
    front = await newcomer(shared)
    ids = [await begun(front, text) for text in ("one", "two", "three")]
    renamed = await front.ask("threads.update", thread_id=ids[0], title=" The\nsecond  name ")
    assert (renamed["id"], renamed["title"]) == (ids[0], "The second name")
    page = await front.threads(limit=2)
    rest = await front.threads(limit=2, after=page.after)
    assert [each.id for each in page.data + rest.data] == ids[::-1]
    assert (page.has_more, rest.has_more, rest.after) == (True, False, None)
    oldest_first = await front.threads(order="asc", limit=1)
    later = await front.threads(order="asc", after=oldest_first.after)
    assert [each.id for each in oldest_first.data + later.data] == ids
    assert await front.ask("threads.delete", thread_id=ids[1]) == {}
    listed = await shared.client.get("/sessions", headers=front.headers)
    begun_sessions = [each for each in listed.json()["sessions"] if each["message_count"]]
    assert [each["title"] for each in begun_sessions] == ["three", "The second name"]


async def test_thumbs_are_kept_with_the_turn(shared: Running) -> None:
    """Feedback on items is the rating of their turns; the last word counts."""
    front = await newcomer(shared)
    thread_id = await begun(front)
    await front.say("Thank you.", thread_id)
    items = [each.id for each in (await front.items(thread_id, order="asc")).data]
    for kind in ("positive", "negative"):
        assert (
            await front.ask("items.feedback", thread_id=thread_id, item_ids=items[2:], kind=kind)
            == {}
        )
    transcript = await shared.client.get(f"/sessions/{thread_id}/messages", headers=front.headers)
    ratings = [each["rating"] for each in transcript.json()["messages"]]
    assert ratings == [None, None, None, "negative"]


async def test_saying_it_again(shared: Running) -> None:
    """retry_after_item says the message once more, at the end; nothing is taken back."""
    front = await newcomer(shared)
    thread_id = await begun(front, "one")
    first = (await front.items(thread_id, order="asc")).data[0]
    await front.say("two", thread_id)
    events = await front.stream("threads.retry_after_item", thread_id=thread_id, item_id=first.id)
    assert kinds(events)[:2] == OPENING
    items = (await front.items(thread_id, order="asc")).data
    assert [text_of(each) for each in items] == ["one", "one", "two", "two", "one", "one"]
    assert events[0].item.id == items[4].id != first.id


async def test_the_buttons_of_a_card(sqlite_settings: Settings) -> None:
    """A correction is a turn that names the report; where it stands comes back as a new card."""
    model = scripted(call("file_incident", POTHOLE), reply("Filed."), reply("Changed."))
    async with serve(sqlite_settings, model=model) as server:
        front = await newcomer(server)
        (card,) = [each.item for each in await front.create(REPORT) if is_card(each)]
        where = {"thread_id": card.thread_id, "item_id": card.id}
        async with server.desk.database.writing() as connection:
            await connection.execute(update(incidents).values(status="in_progress"))
        refreshed = await front.ask(
            "threads.sync_custom_action", **where, action={"type": "record.refresh"}
        )
        events = await front.stream(
            "threads.custom_action",
            **where,
            action={"type": "record.correct", "payload": {"correction": "It is very deep."}},
        )
        empty = await front.post(
            "threads.custom_action", **where, action={"type": "record.correct", "payload": {}}
        )
        wrong = await front.post("threads.custom_action", **where, action={"type": "drop.tables"})
    assert refreshed["updated_item"]["id"] == card.id
    assert "In progress" in json.dumps(refreshed)
    assert text_of(events[0]) == f"A correction to {card.copy_text}: It is very deep."
    assert text_of(events[-1]) == "Changed."
    assert refusal(empty) == (422, "validation", "/params/action/payload/correction")
    assert refusal(wrong) == (422, "validation", "/params/action/type")


async def test_a_thread_of_500_items(settings: Settings) -> None:
    """Pages of at most 100 give every item once, in both directions, whatever limit is asked."""
    async with serve(settings, model=scripted(reply("Hello."))) as server:
        front = await newcomer(server)
        thread_id = await begun(front, "0")
        await add_turns(server, thread_id, 249)
        thread = await front.thread(thread_id)
        assert (len(thread.items.data), thread.items.has_more) == (20, True)
        sizes: dict[str, list[int]] = {}
        for order, limit in (("asc", 10**9), ("desc", 10**9), ("asc", 70)):
            seen: list[str] = []
            after: str | None = None
            while True:
                page = await front.items(thread_id, order=order, limit=limit, after=after)
                seen += [text_of(each) for each in page.data]
                sizes.setdefault(f"{order} {limit}", []).append(len(page.data))
                after = page.after
                if not page.has_more:
                    break
            expected = ["0", "Hello.", *(f"{n}" for n in range(1, 499))]
            assert seen == (expected if order == "asc" else expected[::-1])
    assert sizes == {
        "asc 1000000000": [100] * 5,
        "desc 1000000000": [100] * 5,
        "asc 70": [70] * 7 + [10],
    }


async def add_turns(server: Running, thread_id: str, count: int) -> None:
    """Insert turns into a session; messages and replies are numbered from 1."""
    now = datetime.now(UTC)
    async with server.desk.database.writing() as connection:
        key = await connection.scalar(
            select(sessions.c.id).where(sessions.c.session_id == thread_id)
        )
        rows: list[dict[str, Any]] = [
            {
                "id": f"turn_{n:032x}",
                "session_key": key,
                "seq": n + 1,
                "status": "completed",
                "message": str(2 * n - 1),
                "reply": str(2 * n),
                "metadata": {},
                "caller": "test",
                "attempt": 1,
                "created_at": now,
                "finished_at": now,
            }
            for n in range(1, count + 1)
        ]
        await connection.execute(insert(turns), rows)


@pytest.mark.parametrize("limit", [-1, 0, 1, 10**9])
async def test_limits(limit: int, shared: Running) -> None:
    """No limit is an error: none is ChatKit's 20, below 1 is 1, above 100 is 100."""
    front = await newcomer(shared)
    for _ in range(3):
        thread_id = await begun(front)
    expected = {-1: 1, 0: 3, 1: 1, 10**9: 3}[limit]
    assert len((await front.threads(limit=limit)).data) == expected
    assert len((await front.items(thread_id, limit=limit)).data) == min(expected, 2)


async def test_no_more_than_four_turns_at_once(sqlite_settings: Settings) -> None:
    """The message that finds three waiting is 409 before any byte, as in /chat."""
    think = asyncio.Event()
    model = scripted(*[reply(think.wait, "Yes.") for _ in range(4)])
    async with serve(sqlite_settings, model=model) as server:
        front = await newcomer(server)
        streams = [front.open_stream("threads.create", input=said("hi"))]
        created = await anext(streams[0])
        assert isinstance(created, ThreadCreatedEvent)
        thread_id = created.thread.id
        for _ in range(3):
            more = {"input": said("hi"), "thread_id": thread_id}
            streams.append(front.open_stream("threads.add_user_message", **more))
            await anext(streams[-1])
        refused = await front.post("threads.add_user_message", **more)
        think.set()
        for stream in streams:
            async for _ in stream:
                pass
    assert refusal(refused)[:2] == (409, "turn-in-progress")


async def test_the_same_request_twice_is_one_turn(shared: Running) -> None:
    """A front end that adds an Idempotency-Key may send its message again."""
    front = await newcomer(shared)
    front.headers["Idempotency-Key"] = "once"
    assert await begun(front, "one") == await begun(front, "one")
    assert len((await front.threads()).data) == 1
