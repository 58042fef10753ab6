"""A resident at the desk of a model that calls exactly the tools that the test says."""

import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from agents.testing import ScriptedModel, assistant_message, function_call

from tests.server import Running, serve
from townhall.assistant.models import ModelChoice
from townhall.settings import Settings

Call = tuple[str, dict[str, Any] | str]  # a tool and its arguments


@dataclass
class Visit:
    """One session. `records` and `sources` are what the last turn showed of them."""

    server: Running
    session_id: str
    _model: ScriptedModel
    records: list[dict[str, Any]] = field(default_factory=list)
    sources: list[dict[str, Any]] = field(default_factory=list)

    async def say(self, message: str, *calls: Call, reply: str = "Done.") -> list[dict[str, Any]]:
        """Write a message; return the results of the calls that the model makes upon it."""
        made = [
            # In ASCII, as an API sends what UTF-8 cannot carry.
            function_call(name, _json(arguments), call_id=f"call_{number}")
            for number, (name, arguments) in enumerate(calls)
        ]
        said = [assistant_message(reply)]
        self._model.extend([made, said] if made else [said])
        answer = (await self.server.say(message, self.session_id)).json()
        assert answer["status"] == "completed", answer
        self.records, self.sources = answer["records"], answer["sources"]
        last = self._model.last_call
        assert last is not None
        outputs = [item for item in last.input if item.get("type") == "function_call_output"]
        return [json.loads(item["output"]) for item in outputs[len(outputs) - len(calls) :]]

    async def call(self, message: str, tool: str, **arguments: Any) -> dict[str, Any]:
        """Write a message, upon which the model makes one call; return its result."""
        (result,) = await self.say(message, (tool, arguments))
        return result

    def other_session(self, session_id: str) -> "Visit":
        """Return the visit of somebody else at the same desk."""
        return Visit(self.server, session_id, self._model)


def _json(arguments: dict[str, Any] | str) -> str:
    return arguments if isinstance(arguments, str) else json.dumps(arguments)


@asynccontextmanager
async def visit(
    settings: Settings, *, clock: Callable[[], datetime] | None = None
) -> AsyncIterator[Visit]:
    """Open the desk behind a real server, with a session `s1`."""
    model = ScriptedModel()
    choice = ModelChoice("scripted", lambda _: model)
    async with serve(settings, model=choice, clock=clock) as server:
        yield Visit(server, "s1", model)


def incident(**changes: Any) -> dict[str, Any]:
    """Return the arguments of `file_incident` for a pothole on Mabini Street, with changes."""
    return {
        "incident_type": "pothole",
        "description": "There is a deep pothole",
        "location": "Mabini Street",
        "date_of_occurrence": None,
        "time_of_occurrence": None,
        "person_involved": None,
        "reporter_name": None,
        "severity_level": 3,
        "details": [],
        **changes,
    }


def feedback(**changes: Any) -> dict[str, Any]:
    """Return the arguments of `file_feedback` for a suggestion about lockers, with changes."""
    return {
        "feedback_kind": "suggestion",
        "topic": "shopping_amenities",
        "summary": "Lockers at the market",
        "sentiment": "neutral",
        "reporter_name": None,
        **changes,
    }
