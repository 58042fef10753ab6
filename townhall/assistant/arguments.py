"""Tool calls that cannot be read reach the tool as empty ones, and the tool refuses those.

The SDK parses the arguments of a call before the tool sees them: half a surrogate pair or a
thousand brackets would end the turn there, and the model could not mend them.
"""

from collections.abc import AsyncIterator, Iterable
from typing import Any

import orjson
from agents import Model, ModelResponse
from agents.items import TResponseStreamEvent
from agents.retry import ModelRetryAdvice, ModelRetryAdviceRequest
from openai.types.responses import (
    ResponseCompletedEvent,
    ResponseFunctionToolCall,
    ResponseOutputItemDoneEvent,
)

EMPTY = "{}"
DEEPEST = 32  # levels; the tools need three, the SDK breaks at some hundreds


class ReadableModel(Model):
    """Another model whose every tool call can be read."""

    def __init__(self, model: Model) -> None:
        self.model = model

    async def get_response(self, *args: Any, **kwargs: Any) -> ModelResponse:
        """Return the whole answer of the model."""
        response = await self.model.get_response(*args, **kwargs)
        _mend(response.output)
        return response

    async def stream_response(
        self, *args: Any, **kwargs: Any
    ) -> AsyncIterator[TResponseStreamEvent]:
        """Yield the answer of the model as it comes."""
        async for event in self.model.stream_response(*args, **kwargs):
            match event:
                case ResponseOutputItemDoneEvent():
                    _mend([event.item])
                case ResponseCompletedEvent():
                    _mend(event.response.output)
                case _:
                    pass
            yield event

    def get_retry_advice(self, request: ModelRetryAdviceRequest) -> ModelRetryAdvice | None:
        """Return what the model knows about trying again."""
        return self.model.get_retry_advice(request)

    async def close(self) -> None:
        """Close the model."""
        await self.model.close()

    async def _cleanup_on_run_end(self, owner: object) -> None:
        await self.model._cleanup_on_run_end(owner)  # noqa: SLF001 - a hook of the SDK for models


def _mend(items: Iterable[object]) -> None:
    for item in items:
        if isinstance(item, ResponseFunctionToolCall) and not is_readable(item.arguments):
            item.arguments = EMPTY


def is_readable(arguments: str) -> bool:
    """Whether `arguments` are JSON that every parser takes."""
    try:
        level = [orjson.loads(arguments)]
    except orjson.JSONDecodeError:
        return False
    for _ in range(DEEPEST):
        level = [inner for each in level for inner in _inner(each)]
    return not level


def _inner(value: object) -> Iterable[object]:
    match value:
        case dict():
            return value.values()
        case list():
            return value
    return ()
