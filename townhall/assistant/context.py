"""All that a tool may touch: who asks, which turn, what the resident wrote, where to file."""

import asyncio
from collections import Counter
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, TypeVar

from townhall.events import TurnEvent
from townhall.records.filing import Filer, Filing
from townhall.town import Town

T = TypeVar("T")


@dataclass
class TurnContext:
    """The server's side of one run of a turn. Models never see it, tools get nothing else.

    `now` is in the town's zone; `history` is what the model sees of earlier turns, as items, and
    `resident_words` all that the resident wrote in it and in this turn, newest last.
    """

    filer: Filer
    session_id: str
    town: Town
    now: datetime
    message: str
    history: Sequence[dict[str, Any]]
    resident_words: str
    filing: Filing
    emit: Callable[[TurnEvent], None]
    _calls: Counter[str] = field(default_factory=Counter)
    _effects: set[asyncio.Task[Any]] = field(default_factory=set)

    def next_call(self, tool: str) -> int:
        """Return which call of `tool` in this run this is, from 1: its key in the journal."""
        self._calls[tool] += 1
        return self._calls[tool]

    def anew(self) -> "TurnContext":
        """Return the context of a second run in the same attempt: its calls count from 1 again."""
        return replace(self, _calls=Counter(), _effects=set())

    async def to_the_end(self, effect: Coroutine[Any, Any, T]) -> T:
        """Do `effect` and return its result; once begun it ends, also if the turn is cancelled."""
        task = asyncio.create_task(effect)
        self._effects.add(task)
        return await asyncio.shield(task)

    async def settle(self) -> None:
        """Return when every effect that was begun has ended."""
        # The shield, because whoever cancels a `gather` cancels what it gathers.
        await asyncio.shield(asyncio.gather(*self._effects, return_exceptions=True))
