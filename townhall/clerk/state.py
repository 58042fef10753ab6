"""What a conversation has come to: matters, names, the open question; and what is decided next."""

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

from townhall.clerk.conversation import ToolCall
from townhall.clerk.matters import Matter
from townhall.town import Town


@dataclass(frozen=True)
class Say:
    """A sentence of the wording, by key, with what fills it in; `matters` are to be read back."""

    key: str
    values: dict[str, object] = field(default_factory=dict)
    matters: tuple[Matter, ...] = ()


@dataclass
class Decision:
    """What to do about a message: sentences, tools to call, and a question at the end."""

    says: list[Say] = field(default_factory=list)
    calls: list[ToolCall] = field(default_factory=list)
    asks: list[Say] = field(default_factory=list)


@dataclass
class State:
    """What is known after some messages; derived anew from them each time, never stored."""

    town: Town
    tools: Collection[str]
    language: str
    matters: list[Matter] = field(default_factory=list)
    reporter: str | None = None
    is_anonymous: bool = False
    # What was asked last: "", what, where, when, detail, confirm, change or reference.
    pending: str = ""
    focus: Matter | None = None
    previous: str = ""
    vague: list[str] = field(default_factory=list)
    figures: dict[str, Any] | None = None
    heard: int = 0
    is_warned: bool = False  # the emergency number was told

    def open(self) -> list[Matter]:
        """Return the matters that are talked about and not yet filed."""
        return [matter for matter in self.matters if matter.state == "open"]

    def in_hand(self) -> Matter:
        """Return the open matter that was asked about, or else the first; there must be one."""
        matters = self.open()
        return next((each for each in matters if each is self.focus), matters[0])

    def filed(self) -> list[Matter]:
        """Return the matters that are on file."""
        return [matter for matter in self.matters if matter.state == "filed"]

    def offers(self, tool: str) -> bool:
        """Whether the assistant has that tool in this run."""
        return tool in self.tools
