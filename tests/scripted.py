"""Models that say exactly this, at the pace of the test, and the drafts that they file."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

from agents.items import TResponseOutputItem, TResponseStreamEvent
from agents.testing import ModelCall, ModelStep, ScriptedModel, assistant_message, function_call
from openai.types.responses import (
    Response,
    ResponseCompletedEvent,
    ResponseOutputItemAddedEvent,
    ResponseTextDeltaEvent,
    ResponseUsage,
)
from openai.types.responses.response_usage import InputTokensDetails, OutputTokensDetails

from townhall.assistant.models import ModelChoice

# A text to say, an error to raise, or something to wait for.
Part = str | Exception | Callable[[], Awaitable[object]]

POTHOLE: dict[str, Any] = {
    "incident_type": "pothole",
    "description": "There is a pothole on Mabini Street.",
    "location": "Mabini Street",
    "date_of_occurrence": None,
    "time_of_occurrence": None,
    "person_involved": None,
    "reporter_name": None,
    "severity_level": 3,
    "details": [],
}
BENCHES: dict[str, Any] = {
    "feedback_kind": "suggestion",
    "topic": "parks_recreation",
    "summary": "More benches by the river, please.",
    "sentiment": "neutral",
    "reporter_name": None,
}


def scripted(*steps: Any) -> ModelChoice:
    """Return the choice of a model whose calls go as `steps` say, one after another."""
    return choose(ScriptedModel(steps))


def choose(model: ScriptedModel) -> ModelChoice:
    """Return the choice of `model`, for a test that looks at what it was asked."""
    return ModelChoice("scripted", lambda _: model)


def reply(*parts: Part) -> ModelStep:
    """Return a model call that says, raises or awaits `parts` one after another."""

    async def stream(_: ModelCall) -> AsyncIterator[TResponseStreamEvent]:
        said = ""
        yield _begun()
        for part in parts:
            match part:
                case str():
                    said += part
                    yield _delta(part)
                case Exception():
                    raise part
                case _:
                    await part()
        yield _completed(assistant_message(said))

    return ModelStep.stream(stream)


def call(
    tool: str, arguments: dict[str, Any], call_id: str = "call_1"
) -> list[TResponseOutputItem]:
    """Return a model call that calls one tool and says nothing."""
    return [function_call(tool, arguments, call_id=call_id)]


def _begun() -> TResponseStreamEvent:
    return ResponseOutputItemAddedEvent(
        type="response.output_item.added",
        item=assistant_message(""),
        output_index=0,
        sequence_number=0,
    )


def _delta(text: str) -> TResponseStreamEvent:
    return ResponseTextDeltaEvent.model_construct(
        type="response.output_text.delta",
        delta=text,
        item_id="scripted-message",
        output_index=0,
        content_index=0,
        logprobs=[],
        sequence_number=1,
    )


def _completed(item: TResponseOutputItem) -> TResponseStreamEvent:
    response = Response(
        id="scripted-response",
        created_at=0,
        model="scripted",
        object="response",
        output=[item],
        parallel_tool_calls=False,
        status="completed",
        tool_choice="auto",
        tools=[],
        usage=ResponseUsage(
            input_tokens=12,
            input_tokens_details=InputTokensDetails(cache_write_tokens=0, cached_tokens=0),
            output_tokens=3,
            output_tokens_details=OutputTokensDetails(reasoning_tokens=0),
            total_tokens=15,
        ),
    )
    return ResponseCompletedEvent(type="response.completed", response=response, sequence_number=2)
