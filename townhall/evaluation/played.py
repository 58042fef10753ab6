"""A conversation as it went: what was said, what the desk answered and did, what is stored."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from townhall.evaluation.cases import Case
from townhall.events import Activity, Notice, TurnCompleted, TurnEvent, TurnFailed


@dataclass(frozen=True)
class StoredRecord:
    """A record as the database has it; `fields` are ready for JSON."""

    kind: str
    fields: Mapping[str, object]

    def text(self, name: str) -> str:
        """Return a field as text; empty if it is null or not a field of this kind."""
        value = self.fields.get(name)
        return "" if value is None else str(value)


@dataclass(frozen=True)
class Exchange:
    """What the resident said and what the desk answered."""

    said: str
    reply: str
    events: tuple[TurnEvent, ...]

    @property
    def problem(self) -> str | None:
        """The code of what went wrong, if the turn failed."""
        failed = (event for event in self.events if isinstance(event, TurnFailed))
        return next((str(event.problem["code"]) for event in failed), None)

    @property
    def seconds(self) -> float | None:
        """How long the answer took, if it was given."""
        ends = (event for event in self.events if isinstance(event, TurnCompleted))
        return next((event.seconds for event in ends), None)

    def used(self, tool: str) -> bool:
        """Whether the assistant used `tool` and it did not refuse."""
        return any(
            isinstance(event, Activity)
            and event.name == tool
            and event.state == "finished"
            and event.ok
            for event in self.events
        )

    def begins_with_number(self, number: str) -> bool:
        """Whether `number` stands in the first line of the reply."""
        lines = self.reply.strip().splitlines() or [""]
        return find_number(lines[0], number) >= 0

    def is_alarm(self, number: str) -> bool:
        """Whether the desk treated the message as an emergency, with `number` to be called."""
        told = any(
            isinstance(event, Notice) and event.level == "emergency" for event in self.events
        )
        return told or self.begins_with_number(number)


@dataclass(frozen=True)
class PlayedCase:
    """A case after its conversation; `tool_outputs` is what tools told the model, as JSON."""

    case: Case
    exchanges: tuple[Exchange, ...]
    records: tuple[StoredRecord, ...]
    tool_outputs: tuple[str, ...]
    seconds: float

    @property
    def said(self) -> str:
        """All that the resident wrote."""
        return "\n".join(exchange.said for exchange in self.exchanges)

    @property
    def replies(self) -> str:
        """All that the desk answered."""
        return "\n".join(exchange.reply for exchange in self.exchanges)

    def used(self, tool: str) -> bool:
        """Whether the assistant used `tool` at some point and it did not refuse."""
        return any(exchange.used(tool) for exchange in self.exchanges)

    def is_alarm(self, number: str) -> bool:
        """Whether the desk saw an emergency at some point."""
        return any(exchange.is_alarm(number) for exchange in self.exchanges)


def find_number(text: str, number: str) -> int:
    """Return where the telephone `number` stands in `text`, not inside a longer one; -1 if not."""
    found = re.search(rf"(?<!\d){re.escape(number)}(?!\d)", text)
    return found.start() if found else -1
