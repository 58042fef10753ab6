"""How a built-in model speaks: its decision as the stream of a Responses API answer.

A subclass of `BuiltInModel` only decides; streaming, ids and usage are done here. Of the events of
such a stream there are those that somebody looks at: each costs as much as a tenth of the model.
"""

import json
import time
import uuid
from abc import abstractmethod
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar, cast

from agents import Model, ModelResponse, Tool, TResponseInputItem, Usage
from agents.items import TResponseOutputItem, TResponseStreamEvent
from openai import BaseModel
from openai.types.responses import (
    Response,
    ResponseCompletedEvent,
    ResponseFunctionToolCall,
    ResponseOutputItemAddedEvent,
    ResponseOutputMessage,
    ResponseOutputText,
    ResponseTextDeltaEvent,
)

Item = dict[str, Any]  # an input item of the SDK
M = TypeVar("M", bound=BaseModel)


@dataclass(frozen=True)
class Call:
    """A tool to be called with JSON arguments."""

    name: str
    arguments: dict[str, object]


@dataclass(frozen=True)
class Answer:
    """What a built-in model decided: to say something, to call tools, or both in this order."""

    text: str = ""
    calls: tuple[Call, ...] = field(default=())


class BuiltInModel(Model):
    """A model without a server. Subclasses decide by a pure function of what they are given."""

    name: str

    @abstractmethod
    def answer(self, items: Sequence[Item], tools: Sequence[str]) -> Answer:
        """Return the answer to `items` (oldest first), calling only tools named in `tools`."""

    async def get_response(
        self,
        system_instructions: str | None,
        input: str | list[TResponseInputItem],  # noqa: A002  # the SDK's name
        model_settings: Any,
        tools: list[Tool],
        *_: Any,
        **__: Any,
    ) -> ModelResponse:
        """Return the whole answer at once."""
        output = self._output(input, tools)
        return ModelResponse(output=output, usage=Usage(requests=1), response_id=None)

    async def stream_response(
        self,
        system_instructions: str | None,
        input: str | list[TResponseInputItem],  # noqa: A002  # the SDK's name
        model_settings: Any,
        tools: list[Tool],
        *_: Any,
        **__: Any,
    ) -> AsyncIterator[TResponseStreamEvent]:
        """Give the answer line by line: it is all there at once."""
        for event in self._events(self._output(input, tools)):
            yield event

    def _output(
        self, given: str | list[TResponseInputItem], tools: list[Tool]
    ) -> list[TResponseOutputItem]:
        items = [{"role": "user", "content": given}] if isinstance(given, str) else given
        answer = self.answer(cast(list[Item], items), [tool.name for tool in tools])
        output: list[TResponseOutputItem] = []
        if answer.text:
            output.append(_message(answer.text, "completed"))
        output.extend(
            ResponseFunctionToolCall(
                type="function_call",
                id=f"fc_{uuid.uuid4().hex}",
                call_id=f"call_{uuid.uuid4().hex}",
                name=call.name,
                arguments=json.dumps(call.arguments, ensure_ascii=False),
                status="completed",
            )
            for call in answer.calls
        )
        return output

    def _events(self, output: list[TResponseOutputItem]) -> Iterator[TResponseStreamEvent]:
        for index, item in enumerate(output):
            if isinstance(item, ResponseOutputMessage):
                yield from _message_events(item, index)
        response = unchecked(
            Response,
            id=f"resp_{uuid.uuid4().hex}",
            created_at=time.time(),
            model=self.name,
            object="response",
            output=output,
            status="completed",
            parallel_tool_calls=True,
            tool_choice="auto",
            tools=[],
            usage=None,
        )
        yield unchecked(
            ResponseCompletedEvent, type="response.completed", response=response, sequence_number=0
        )


def unchecked(kind: type[M], /, **values: Any) -> M:
    """Return an object of the openai client's kind with these values as they are.

    The client's own `construct` looks each value's type up, and takes a tenth of a second when it
    first sees a kind.
    """
    return super(BaseModel, kind).model_construct(**values)


def _message_events(item: ResponseOutputMessage, index: int) -> Iterator[TResponseStreamEvent]:
    yield unchecked(
        ResponseOutputItemAddedEvent,
        type="response.output_item.added",
        item=_message("", "in_progress", item.id),
        output_index=index,
        sequence_number=0,
    )
    text = "".join(part.text for part in item.content if isinstance(part, ResponseOutputText))
    for line in text.splitlines(keepends=True):
        yield unchecked(
            ResponseTextDeltaEvent,
            type="response.output_text.delta",
            delta=line,
            item_id=item.id,
            output_index=index,
            content_index=0,
            logprobs=[],
            sequence_number=0,
        )


def _message(text: str, status: Any, item_id: str | None = None) -> ResponseOutputMessage:
    part = unchecked(ResponseOutputText, type="output_text", text=text, annotations=[], logprobs=[])
    return unchecked(
        ResponseOutputMessage,
        id=item_id or f"msg_{uuid.uuid4().hex}",
        type="message",
        role="assistant",
        status=status,
        content=[part] if text else [],
    )
