"""All that a tool may touch: who asks, which turn, what the resident wrote, where to file."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from townhall.events import TurnEvent
from townhall.records.filing import Filer, Filing
from townhall.town import Town


@dataclass
class TurnContext:
    """The server's side of one run of a turn. Models never see it, tools get nothing else.

    `now` is in the town's zone; `resident_words` is all that the resident wrote in this session
    as far as the model sees it, newest last.
    """

    filer: Filer
    session_id: str
    town: Town
    now: datetime
    message: str
    resident_words: str
    filing: Filing
    emit: Callable[[TurnEvent], None]
    _calls: Counter[str] = field(default_factory=Counter)

    def next_call(self, tool: str) -> int:
        """Return which call of `tool` in this run this is, from 1: its key in the journal."""
        self._calls[tool] += 1
        return self._calls[tool]
