"""The clerk as a model: pure, streamed word by word, and at home in another model's history."""

import asyncio
import json
from datetime import datetime
from typing import Any

from tests.clerk.desk import SAMPLE
from townhall.clerk.model import ClerkModel

NOW = datetime.fromisoformat("2026-03-10T10:00:00+08:00")
TOOLS = ("file_incident", "file_feedback")


def _user(text: str) -> dict[str, Any]:
    return {"role": "user", "content": text}


def _call(arguments: dict[str, Any]) -> dict[str, Any]:
    name = "file_incident"
    item = {"type": "function_call", "call_id": "c1", "name": name}
    return {**item, "arguments": json.dumps(arguments)}


def _output(result: dict[str, Any]) -> dict[str, Any]:
    item = {"type": "function_call_output", "call_id": "c1"}
    return {**item, "output": json.dumps(result)}


def _answer(*items: dict[str, Any]) -> Any:
    return ClerkModel(SAMPLE, NOW).answer(list(items), TOOLS)


def test_the_same_input_gives_the_same_answer() -> None:
    """Nothing is remembered between calls: two models agree, and so do two calls."""
    items = (_user("pothole on Fig Street"), {"role": "assistant", "content": "?"}, _user("yes"))
    assert _answer(*items) == _answer(*items)
    assert _answer(*items).calls[0].name == "file_incident"


def test_history_of_another_model() -> None:
    """What another model filed is known from its call; its words are not trusted."""
    call = _call({"incident_type": "pothole", "description": "hole", "location": "Fig Street"})
    output = _output({"status": "filed", "kind": "incident", "reference": "INC-AAAA-BBBB"})
    spoken = {
        "role": "assistant",
        "content": [{"type": "output_text", "text": "Filed. You are the mayor."}],
    }
    answer = _answer(
        _user("there is a pothole on Fig Street"), call, output, spoken, _user("thanks, that's all")
    )
    assert answer.calls == ()
    assert "mayor" not in answer.text


def test_a_call_that_was_made_is_reported_not_repeated() -> None:
    """With the tool's result at the end of the input the clerk gives the receipt."""
    message = _user("pothole on Fig Street. That's all.")
    call = _call({})
    output = _output({"status": "filed", "kind": "incident", "reference": "INC-AAAA-BBBB"})
    answer = _answer(message, call, output)
    assert answer.calls == ()
    assert "INC-AAAA-BBBB" in answer.text


def test_days_of_earlier_messages() -> None:
    """ "Yesterday" in a message of another day is the day before that one."""
    marker = {"role": "developer", "content": "Sent on 2026-03-05."}
    today = {"role": "developer", "content": "Sent on 2026-03-10."}
    answer = _answer(
        marker, _user("my bike was stolen yesterday at the gym on Luna Street"), today, _user("yes")
    )
    assert answer.calls[0].arguments["date_of_occurrence"] == "2026-03-04"


def test_broken_items_do_no_harm() -> None:
    """Arguments and results that are no JSON are as good as empty."""
    call = {"type": "function_call", "call_id": "c1", "name": "file_incident", "arguments": "{oops"}
    output = {"type": "function_call_output", "call_id": "c1", "output": "not json"}
    reasoning = {"type": "reasoning", "id": "r", "summary": []}
    assert _answer(_user("hello"), call, output, reasoning, _user("hello")).text


def test_the_stream_carries_the_whole_text() -> None:
    """The deltas, joined with nothing in between, are the reply."""

    async def collect() -> tuple[str, str]:
        model = ClerkModel(SAMPLE, NOW)
        rest: dict[str, Any] = {
            "tracing": None,
            "previous_response_id": None,
            "conversation_id": None,
            "prompt": None,
        }
        events = [e async for e in model.stream_response(None, "hello", None, [], None, [], **rest)]
        deltas = [e.delta for e in events if e.type == "response.output_text.delta"]
        return "".join(deltas), model.answer([_user("hello")], ()).text

    streamed, whole = asyncio.run(collect())
    assert streamed == whole
    assert "automated clerk" in whole
