"""What the OpenAI API says, byte for byte: the SSE frames and the bodies of one answer.

Shapes and order are those of the API reference; tests/test_fake_openai.py holds them against the
types of the `openai` library.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import orjson

from tests.fakes.answers import Call

Json = dict[str, object]

# Stands for the id of a response until it is sent: every id has this length.
PLACEHOLDER = "f" * 32
MODEL = "gpt-4.1"
_CREATED = 1760000000
_PROMPT_TOKENS = 120
# Chunks are padded against guessing text by its length; the padding is part of the load.
_PADDING = "x" * 10
_ARGUMENT_CHARS = 24


class Frame(NamedTuple):
    """One event of a stream; a delta is where a slow model pauses."""

    data: bytes
    is_delta: bool


def responses_frames(deltas: Sequence[str], calls: Sequence[Call]) -> list[Frame]:
    """Return the stream of a Responses API answer."""
    stream = _ResponsesStream()
    items = _items(deltas, calls)
    stream.say("response.created", response=_response("in_progress", []))
    stream.say("response.in_progress", response=_response("in_progress", []))
    for index, item in enumerate(items):
        if item["type"] == "message":
            stream.say_message(index, item, deltas)
        else:
            stream.say_call(index, item)
        stream.say("response.output_item.done", output_index=index, item=item)
    stream.say("response.completed", response=_response("completed", items, len(deltas)))
    return stream.frames


def responses_body(deltas: Sequence[str], calls: Sequence[Call]) -> bytes:
    """Return a Responses API answer that is not streamed."""
    return orjson.dumps(_response("completed", _items(deltas, calls), len(deltas)))


def chat_frames(deltas: Sequence[str], calls: Sequence[Call]) -> list[Frame]:
    """Return the stream of a Chat Completions answer, usage and end mark included."""
    first: Json = {"role": "assistant", "content": "" if deltas else None, "refusal": None}
    frames = [_chat_frame(first)]
    frames += [_chat_frame({"content": delta}, is_delta=True) for delta in deltas]
    for index, call in enumerate(calls):
        frames += [
            _chat_frame({"tool_calls": [{"index": index, **part}]}, is_delta="id" not in part)
            for part in _chat_call_parts(index, call)
        ]
    frames.append(_chat_frame({}, finish_reason="tool_calls" if calls else "stop"))
    usage = _chat_chunk([], usage=_chat_usage(len(deltas)))
    return [*frames, Frame(_sse(usage), is_delta=False), Frame(b"data: [DONE]\n\n", is_delta=False)]


def chat_body(deltas: Sequence[str], calls: Sequence[Call]) -> bytes:
    """Return a Chat Completions answer that is not streamed."""
    message: Json = {
        "role": "assistant",
        "content": "".join(deltas) or None,
        "refusal": None,
        "annotations": [],
    }
    if calls:
        message["tool_calls"] = [_chat_call(index, call) for index, call in enumerate(calls)]
    choice = {
        "index": 0,
        "message": message,
        "logprobs": None,
        "finish_reason": "tool_calls" if calls else "stop",
    }
    chunk = _chat_chunk([choice], usage=_chat_usage(len(deltas)))
    del chunk["obfuscation"]
    return orjson.dumps({**chunk, "object": "chat.completion"})


class _ResponsesStream:
    def __init__(self) -> None:
        self.frames: list[Frame] = []

    def say(self, event: str, **data: object) -> None:
        body = {"type": event, "sequence_number": len(self.frames), **data}
        data_line = b"event: %b\n%b" % (event.encode(), _sse(body))
        self.frames.append(Frame(data_line, is_delta=event.endswith(".delta")))

    def say_message(self, index: int, item: Json, deltas: Iterable[str]) -> None:
        part = _text_part("".join(deltas))
        where: Json = {"item_id": item["id"], "output_index": index, "content_index": 0}
        opened = {**item, "status": "in_progress", "content": []}
        self.say("response.output_item.added", output_index=index, item=opened)
        self.say("response.content_part.added", part=_text_part(""), **where)
        for delta in deltas:
            extra: Json = {"logprobs": [], "obfuscation": _PADDING}
            self.say("response.output_text.delta", delta=delta, **extra, **where)
        self.say("response.output_text.done", text=part["text"], logprobs=[], **where)
        self.say("response.content_part.done", part=part, **where)

    def say_call(self, index: int, item: Json) -> None:
        where: Json = {"item_id": item["id"], "output_index": index}
        arguments = str(item["arguments"])
        opened = {**item, "status": "in_progress", "arguments": ""}
        self.say("response.output_item.added", output_index=index, item=opened)
        event = "response.function_call_arguments"
        for piece in _pieces(arguments):
            self.say(f"{event}.delta", delta=piece, obfuscation=_PADDING, **where)
        self.say(f"{event}.done", arguments=arguments, name=item["name"], **where)


def _response(status: str, output: list[Json], tokens: int | None = None) -> Json:
    return {
        "id": f"resp_{PLACEHOLDER}",
        "object": "response",
        "created_at": _CREATED,
        "status": status,
        "background": False,
        "error": None,
        "incomplete_details": None,
        "instructions": None,
        "max_output_tokens": None,
        "max_tool_calls": None,
        "metadata": {},
        "model": MODEL,
        "output": output,
        "parallel_tool_calls": True,
        "previous_response_id": None,
        "prompt_cache_key": None,
        "reasoning": {"effort": None, "summary": None},
        "safety_identifier": None,
        "service_tier": "default",
        "store": True,
        "temperature": 1.0,
        "text": {"format": {"type": "text"}, "verbosity": "medium"},
        "tool_choice": "auto",
        "tools": [],
        "top_logprobs": 0,
        "top_p": 1.0,
        "truncation": "disabled",
        "usage": None if tokens is None else _responses_usage(tokens),
        "user": None,
    }


def _items(deltas: Sequence[str], calls: Sequence[Call]) -> list[Json]:
    message: Json = {
        "id": f"msg_{PLACEHOLDER}",
        "type": "message",
        "status": "completed",
        "role": "assistant",
        "content": [_text_part("".join(deltas))],
    }
    called: list[Json] = [
        {
            "id": f"fc_{PLACEHOLDER}{index}",
            "type": "function_call",
            "status": "completed",
            "name": call.name,
            "call_id": f"call_{PLACEHOLDER}{index}",
            "arguments": call.arguments_json(),
        }
        for index, call in enumerate(calls)
    ]
    return [message, *called] if deltas else called


def _text_part(text: str) -> Json:
    return {"type": "output_text", "annotations": [], "logprobs": [], "text": text}


def _responses_usage(tokens: int) -> Json:
    return {
        "input_tokens": _PROMPT_TOKENS,
        "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
        "output_tokens": tokens,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": _PROMPT_TOKENS + tokens,
    }


def _chat_frame(delta: Json, *, is_delta: bool = False, finish_reason: str | None = None) -> Frame:
    choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish_reason}
    return Frame(_sse(_chat_chunk([choice])), is_delta=is_delta)


def _chat_chunk(choices: list[Json], usage: Json | None = None) -> Json:
    return {
        "id": f"chatcmpl-{PLACEHOLDER}",
        "object": "chat.completion.chunk",
        "created": _CREATED,
        "model": MODEL,
        "service_tier": "default",
        "system_fingerprint": "fp_fake",
        "choices": choices,
        "usage": usage,
        "obfuscation": _PADDING,
    }


def _chat_call(index: int, call: Call) -> Json:
    return {
        "id": f"call_{PLACEHOLDER}{index}",
        "type": "function",
        "function": {"name": call.name, "arguments": call.arguments_json()},
    }


def _chat_call_parts(index: int, call: Call) -> list[Json]:
    opened = {**_chat_call(index, call), "function": {"name": call.name, "arguments": ""}}
    parts: list[Json] = [opened]
    parts += [{"function": {"arguments": piece}} for piece in _pieces(call.arguments_json())]
    return parts


def _chat_usage(tokens: int) -> Json:
    total = _PROMPT_TOKENS + tokens
    return {"prompt_tokens": _PROMPT_TOKENS, "completion_tokens": tokens, "total_tokens": total}


def _pieces(arguments: str) -> list[str]:
    starts = range(0, len(arguments), _ARGUMENT_CHARS)
    return [arguments[start : start + _ARGUMENT_CHARS] for start in starts]


def _sse(data: Json) -> bytes:
    return b"data: %b\n\n" % orjson.dumps(data)
