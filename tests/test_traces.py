"""Traces: what is exported to whom, what is kept with the turn, and that texts stay at home."""

import gzip
import re
from typing import Any

import orjson
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from pydantic import SecretStr
from sqlalchemy import select

from tests.fakes.answers import Answer, Call, Condition, Rule
from tests.fakes.fake_openai import FakeOpenAI
from tests.fakes.receiver import Receiver
from tests.scripted import POTHOLE
from tests.server import serve
from townhall.db.tables import turns
from townhall.settings import Settings
from townhall.telemetry.traces import configure_traces

MESSAGE = f"Secret words. {POTHOLE['description']}"
KEY = SecretStr("sk-test")


async def run_a_turn(settings: Settings) -> dict[str, Any]:
    """Let a resident file a pothole; return the trace that is kept, when the desk is closed."""
    filing = Rule(Answer(calls=(Call("file_incident", POTHOLE),)), when=Condition(last=MESSAGE))
    async with FakeOpenAI([filing], default=Answer(text="Secret reply.")) as fake:
        host = {"model": "m", "openai_base_url": fake.base_url, "model_api": "chat"}
        async with serve(settings.model_copy(update=host)) as server:
            await server.say("hi", "s", user_id="ana")
            await server.say(MESSAGE, "s", user_id="ana")
            async with server.desk.database.reading() as connection:
                last = select(turns.c.trace).order_by(turns.c.seq.desc()).limit(1)
                trace: dict[str, Any] = (await connection.scalars(last)).one()
    return trace


def metadata(message_count: str) -> dict[str, str]:
    """Return what every trace says of its turn: strings only, as the dashboard wants them."""
    return {
        "session_id": "s",
        "user_id": "ana",
        "group_id": "user-group-ana",
        "message_count": message_count,
    }


async def test_traces_for_openai(sqlite_settings: Settings) -> None:
    """The dashboard gets workflow, group and metadata of each turn and its spans, no text."""
    async with Receiver() as receiver:
        to_openai = {"traces": "openai", "traces_endpoint": receiver.url, "openai_api_key": KEY}
        await run_a_turn(sqlite_settings.model_copy(update=to_openai))
    items = [item for post in receiver.posted for item in orjson.loads(post.body)["data"]]
    traces = [item for item in items if item["object"] == "trace"]
    spans = [item for item in items if item["object"] == "trace.span"]
    assert [trace | {"id": None} for trace in traces] == [
        {
            "object": "trace",
            "id": None,
            "workflow_name": "Town Hall Conversation",
            "group_id": "user-group-ana",
            "metadata": metadata(count),
        }
        for count in ("1", "3")
    ]
    assert all(re.fullmatch("trace_[0-9a-f]{32}", trace["id"]) for trace in traces)
    assert {span["trace_id"] for span in spans} == {trace["id"] for trace in traces}
    assert {"agent", "function", "generation"} <= {span["span_data"]["type"] for span in spans}
    for post in receiver.posted:
        assert post.head.startswith("post / http/1.1")
        assert "\r\nauthorization: bearer sk-test\r\n" in post.head
        assert not re.search(rb"Secret|Mabini|sk-test", post.body)


async def test_texts_are_exported_when_asked_for(sqlite_settings: Settings) -> None:
    """With `TOWNHALL_TRACES_INCLUDE_TEXT` the spans say what was said."""
    async with Receiver() as receiver:
        to_openai = {"traces": "openai", "traces_endpoint": receiver.url, "openai_api_key": KEY}
        asked_for = to_openai | {"traces_include_text": True}
        await run_a_turn(sqlite_settings.model_copy(update=asked_for))
    exported = b"".join(post.body for post in receiver.posted)
    assert b"Secret words." in exported
    assert b"Secret reply." in exported
    assert b"sk-test" not in exported


async def test_a_trace_is_kept_with_its_turn(settings: Settings) -> None:
    """Without an export the trace is in the database all the same, spans included, no text."""
    trace = await run_a_turn(settings)
    spans = trace.pop("spans")
    assert trace == {
        "object": "trace",
        "id": trace["id"],
        "workflow_name": "Town Hall Conversation",
        "group_id": "user-group-ana",
        "metadata": metadata("3"),
    }
    assert {"agent", "function", "generation"} <= {span["span_data"]["type"] for span in spans}
    assert {span["trace_id"] for span in spans} == {trace["id"]}
    assert not re.search(rb"Secret|Mabini", orjson.dumps(spans))


async def test_traces_by_opentelemetry(sqlite_settings: Settings) -> None:
    """An OTLP receiver gets the turn as a root span with its spans below, no text."""
    async with Receiver() as receiver:
        to_otlp = {"traces": "otlp", "traces_endpoint": f"{receiver.url}/v1/traces"}
        await run_a_turn(sqlite_settings.model_copy(update=to_otlp))
    spans = []
    for post in receiver.posted:
        assert post.head.startswith("post /v1/traces http/1.1")
        body = gzip.decompress(post.body) if "content-encoding: gzip" in post.head else post.body
        assert not re.search(rb"Secret|Mabini", body)
        request = ExportTraceServiceRequest.FromString(body)
        for resource in request.resource_spans:
            spans += [span for scope in resource.scope_spans for span in scope.spans]
    roots = [span for span in spans if not span.parent_span_id]
    ids = {span.span_id for span in spans}
    names = {span.name for span in spans}
    assert {root.name for root in roots} == {"Town Hall Conversation"}
    assert {"agent", "function", "generation"} <= names
    assert all(span.parent_span_id in ids for span in spans if span.parent_span_id)
    assert len({span.trace_id for span in spans}) == len(roots) == 2
    found = [{a.key: a.value.string_value for a in root.attributes} for root in roots]
    for attributes, count in zip(found, ("1", "3"), strict=True):
        assert (
            metadata(count).items()
            <= {key.removeprefix("townhall."): value for key, value in attributes.items()}.items()
        )


@pytest.mark.parametrize(
    ("changes", "destination"),
    [
        ({}, "local"),
        ({"openai_api_key": KEY}, "openai"),
        ({"openai_api_key": KEY, "openai_base_url": "https://api.openai.com/v1"}, "openai"),
        ({"openai_api_key": KEY, "openai_base_url": "http://localhost:11434/v1"}, "local"),
        ({"openai_base_url": "http://localhost:11434/v1"}, "local"),
        ({"openai_api_key": KEY, "traces": "off"}, "local"),
        ({"openai_api_key": KEY, "traces": "otlp"}, "otlp"),
        ({"traces": "openai", "openai_api_key": KEY}, "openai"),
    ],
    ids=str,
)
def test_where_traces_go(
    changes: dict[str, Any], destination: str, sqlite_settings: Settings
) -> None:
    """They leave the machine for OpenAI only with its key, elsewhere only when asked to."""
    assert sqlite_settings.model_copy(update=changes).trace_destination == destination


def test_openai_without_a_key_stops_the_start(sqlite_settings: Settings) -> None:
    """To ask for an export that cannot work is a mistake, said at once."""
    settings = sqlite_settings.model_copy(update={"traces": "openai"})
    with pytest.raises(ValueError, match="needs OPENAI_API_KEY"):
        configure_traces(settings)
