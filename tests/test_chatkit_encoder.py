"""What a ChatKit stream says when a turn starts again, changes a record or falls silent."""

from dataclasses import replace
from datetime import UTC, datetime

from chatkit.types import ErrorEvent, ProgressUpdateEvent, ThreadItemReplacedEvent, WidgetItem

from tests.front_end import Event, dumped, kinds, read_frame, text_of
from townhall.events import (
    Activity,
    RecordFiled,
    RecordUpdated,
    TextDelta,
    TurnCancelled,
    TurnCompleted,
    TurnEvent,
    TurnFailed,
    TurnInterrupted,
    TurnRestarted,
)
from townhall.town import load_town
from townhall.turns.sessions import Session
from townhall.turns.transcripts import StoredTurn
from townhall.wire.chatkit import ChatKitEncoder

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
FILED = RecordFiled(kind="incident", reference="INC-7KQ4-M2XD", record={"status": "open"})
WITHDRAWN = RecordUpdated(
    kind="incident", reference="INC-7KQ4-M2XD", record={"status": "withdrawn"}
)


def encoder() -> ChatKitEncoder:
    """Return the encoder of a turn in a thread that exists."""
    session = Session(1, "s", "ana", "hi", NOW, NOW, 1)
    turn = StoredTurn(f"turn_{0:032x}", 1, "queued", "hi", None, (), None, None, NOW, None)
    return ChatKitEncoder(session, turn, load_town(None), is_new=False)


def told(stream: ChatKitEncoder, *events: TurnEvent) -> list[Event]:
    """Return the frames that tell `events`."""
    text = b"".join(stream.encode(((1, n), event)) for n, event in enumerate(events)).decode()
    return [read_frame(frame) for frame in text.split("\n\n")[:-1]]


def test_a_turn_that_starts_again() -> None:
    """What the first run showed is removed; the second is told from its beginning."""
    stream = encoder()
    first = told(stream, TextDelta(text="One"), FILED)
    again = told(stream, TurnRestarted(attempt=2), TextDelta(text="Two"))
    end = told(stream, TurnCompleted(text="Two", usage={}, seconds=1))
    shown = {each.item.id for each in first if hasattr(each, "item")}
    assert {each.item_id for each in again[:2]} == shown
    assert kinds(again[:3]) == [
        *["thread.item.removed"] * 2,
        "thread.item.added assistant_message",
    ]
    assert text_of(end[-1]) == "Two"


def test_a_record_that_is_changed_in_its_turn() -> None:
    """It keeps its one card, which is replaced."""
    cards = [each for each in told(encoder(), FILED, WITHDRAWN) if "widget" in kinds([each])[0]]
    assert isinstance(cards[1], ThreadItemReplacedEvent)
    assert isinstance(cards[1].item, WidgetItem)
    assert cards[0].item.id == cards[1].item.id
    assert "Withdrawn" in str(dumped(cards[1]))


def test_a_turn_that_is_stopped_before_it_speaks() -> None:
    """A record stays, and no empty reply stays with it."""
    frames = told(encoder(), FILED, TurnCancelled(text=""))
    assert kinds(frames)[-2:] == ["thread.item.done widget", "thread.item.removed"]


def test_a_server_that_ends() -> None:
    """What was said stays, and the resident reads where the rest will be."""
    frames = told(encoder(), TextDelta(text="One"), TurnInterrupted(text="One"))
    assert text_of(frames[-2]) == "One"
    assert isinstance(frames[-1], ErrorEvent)
    assert frames[-1].message == (
        "The desk is being restarted. Your answer will be in this conversation in a minute."
    )


def test_a_failure_in_mid_reply() -> None:
    """What was said stays; the error says what happened, and whether to say it again."""
    problem = {"detail": "The assistant took too long.", "retryable": True}
    frames = told(encoder(), TextDelta(text="Let me"), TurnFailed(problem=problem))
    assert text_of(frames[-2]) == "Let me"
    assert frames[-1] == ErrorEvent(message="The assistant took too long.", allow_retry=True)


def test_silence() -> None:
    """The protocol has no comments: the last progress is said again."""
    stream = encoder()
    working = Activity(id="a", name="n", label="Filing your report", state="started")
    said = [read_frame(stream.silence().decode().strip())]
    told(stream, working, replace(working, state="finished"))
    said.append(read_frame(stream.silence().decode().strip()))
    assert said == [
        ProgressUpdateEvent(text="Looking at your message"),
        ProgressUpdateEvent(text="Filing your report"),
    ]
