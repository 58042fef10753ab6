"""The script of the fake model server: which request gets which answer.

A script is Python in tests and JSON for benchmarks, with the same names: plain dataclasses that
pydantic can read.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from pathlib import Path

import orjson
from pydantic import ConfigDict, TypeAdapter

_STRICT = ConfigDict(extra="forbid")


class Api(StrEnum):
    """The two APIs of the OpenAI server that can answer a turn."""

    RESPONSES = "responses"
    CHAT = "chat"


@dataclass(frozen=True)
class Call:
    """A tool call; `arguments` may be a string that is not JSON, as a poor model would send."""

    __pydantic_config__ = _STRICT

    name: str
    arguments: dict[str, object] | str = field(default_factory=dict)

    def arguments_json(self) -> str:
        """Return the arguments as they go over the wire."""
        if isinstance(self.arguments, str):
            return self.arguments
        return orjson.dumps(self.arguments).decode()


@dataclass(frozen=True)
class Answer:
    """What the model says, how slowly, and what goes wrong on the way; delays in seconds.

    It says `deltas`, else the words of `text`, else only its `calls`, else `tokens` words of
    filler. A fault that counts frames leaves the first so many whole; an answer that is not
    streamed counts as two frames, its halves.
    """

    __pydantic_config__ = _STRICT

    text: str | None = None
    deltas: tuple[str, ...] | None = None
    calls: tuple[Call, ...] = ()
    tokens: int = 60

    first_delay: float = 0.0
    delay: float = 0.0

    status: int | None = None
    retry_after: int | None = None
    refused: bool = False
    cut_after: int | None = None
    reset: bool = False
    stall_after: int | None = None
    malformed_at: int | None = None
    garbage: bool = False


@dataclass(frozen=True)
class Request:
    """A request as it came over the wire."""

    api: Api
    head: bytes
    raw: bytes

    @cached_property
    def body(self) -> dict[str, object]:
        """The body, parsed; orjson's JSONDecodeError if it is not JSON."""
        body = orjson.loads(self.raw)
        return body if isinstance(body, dict) else {}

    @cached_property
    def headers(self) -> dict[str, str]:
        """The headers, names in lower case."""
        lines = self.head.decode("latin-1").split("\r\n")[1:]
        pairs = (line.partition(":") for line in lines)
        return {name.lower(): value.strip() for name, _, value in pairs}

    @cached_property
    def last(self) -> str:
        """Every string in the last input item or message, one a line."""
        items = self.body.get("input") or self.body.get("messages")
        return "\n".join(_strings(items[-1:] if isinstance(items, list) else items))

    @cached_property
    def instructions(self) -> str:
        """The instructions, or the system messages."""
        messages = self.body.get("messages")
        system = [
            message.get("content")
            for message in (messages if isinstance(messages, list) else [])
            if message.get("role") in ("system", "developer")
        ]
        return "\n".join(_strings([self.body.get("instructions"), system]))

    @cached_property
    def tools(self) -> frozenset[str]:
        """The names of the tools and hand-offs on offer."""
        tools = self.body.get("tools")
        offered = [
            tool.get("function", tool) for tool in (tools if isinstance(tools, list) else [])
        ]
        return frozenset(str(tool.get("name")) for tool in offered)


@dataclass(frozen=True)
class Condition:
    """What a request must hold; what is left out does not matter.

    `last`: text in the last input item. `instructions`: text in the instructions. `tool`: the name
    of a tool on offer. `body`: text in the raw body.
    """

    __pydantic_config__ = _STRICT

    last: str | None = None
    instructions: str | None = None
    tool: str | None = None
    body: str | None = None

    def parts_held(self, request: Request) -> Iterator[bool]:
        """Yield, for each part that is set, whether `request` holds it."""
        if self.last is not None:
            yield self.last in request.last
        if self.instructions is not None:
            yield self.instructions in request.instructions
        if self.tool is not None:
            yield self.tool in request.tools
        if self.body is not None:
            yield self.body.encode() in request.raw


@dataclass(frozen=True)
class Rule:
    """Gives `reply` where all of `when` and none of `unless` holds, at most `times`."""

    __pydantic_config__ = _STRICT

    reply: Answer
    when: Condition = Condition()
    unless: Condition = Condition()
    times: int | None = None

    def fits(self, request: Request) -> bool:
        """Whether the rule may answer `request`."""
        return all(self.when.parts_held(request)) and not any(self.unless.parts_held(request))


def read_rules(path: Path) -> tuple[Rule, ...]:
    """Return the rules of a JSON file; pydantic's ValidationError says what is wrong in it."""
    return TypeAdapter(tuple[Rule, ...]).validate_json(path.read_bytes())


def _strings(value: object) -> Iterator[str]:
    match value:
        case str():
            yield value
        case list():
            for item in value:
                yield from _strings(item)
        case dict():
            yield from _strings(list(value.values()))
