"""The agent at the desk: its instructions, its tools, its model. One run answers one message."""

import asyncio
from collections.abc import Sequence
from copy import copy
from functools import lru_cache
from pathlib import Path
from string import Template
from typing import Any, cast

from agents import (
    Agent,
    ModelSettings,
    RunConfig,
    RunContextWrapper,
    Runner,
    RunResultStreaming,
    Tool,
    TResponseInputItem,
)
from agents.run_config import CallModelData, ModelInputData, ToolExecutionConfig

from townhall.assistant.breaker import Breaker
from townhall.assistant.context import TurnContext
from townhall.assistant.gate import check_emergency
from townhall.assistant.models import CLERK, HOSTED_SETTINGS, ModelChoice, warm_up_clerk
from townhall.assistant.tools import TOOLS
from townhall.town import IncidentType, Town

WORKFLOW = "Town Hall Conversation"
BUILT_IN_SETTINGS = ModelSettings()
MAX_MODEL_CALLS = 6  # of one message; a filing takes one or two
PROMPT = Path(__file__).parent / "prompts" / "desk.md"


@lru_cache(maxsize=8)
def instructions(town: Town, now: str) -> str:
    """Return what the model is told; all that changes from turn to turn stands at the end.

    `now` is the town's time as a person would say it, with weekday and date.
    """
    return _template(town).safe_substitute(now=now)


class Desk:
    """Runs the agent with the chosen model."""

    def __init__(self, choice: ModelChoice, *, trace_texts: bool) -> None:
        self.model_name = choice.name
        self.has_fallback = choice.is_hosted
        self.is_assistant = choice.is_assistant
        self.breaker = Breaker()
        self._choice = choice
        self._warming: asyncio.Future[None] | None = None
        self._agent = _agent(choice)
        self._fallback = _agent(CLERK)
        self._config = RunConfig(
            workflow_name=WORKFLOW,
            trace_include_sensitive_data=trace_texts,
            # A run is one task and a turn one model call: their spans would say nothing more.
            tracing={"include_task_and_turn_spans": False},
            # One tool after another: the journal counts the calls of a tool in their order.
            tool_execution=ToolExecutionConfig(max_function_tool_concurrency=1),
            # As a run's own input the SDK would copy earlier turns five times, item by item.
            call_model_input_filter=_with_history,
        )

    def run(
        self,
        context: TurnContext,
        items: list[dict[str, Any]],
        *,
        trace_id: str,
        group_id: str,
        metadata: dict[str, str],
        fallback: bool = False,
    ) -> RunResultStreaming:
        """Start the run that answers the last of `items`; the caller reads its events.

        The model sees the context's history before them.
        With `fallback` the built-in clerk answers in the place of the chosen model.
        """
        choice = CLERK if fallback else self._choice
        # A copy, because the SDK takes a millisecond to check a new one.
        config = copy(self._config)
        config.model = choice.make(context)
        config.trace_id = trace_id
        config.group_id = group_id
        config.trace_metadata = metadata
        return Runner.run_streamed(
            self._fallback if fallback else self._agent,
            cast(list[TResponseInputItem], items),
            context=context,
            max_turns=MAX_MODEL_CALLS,
            run_config=config,
        )

    def warm_up(self, town: Town) -> "asyncio.Future[None]":
        """Begin to load what turns need, in a thread beside everything else; return its end."""
        self._warming = asyncio.get_running_loop().create_future()
        if self._choice is CLERK or self.has_fallback:
            self._warming = asyncio.create_task(asyncio.to_thread(_warm_up, town))
        else:
            self._warming.set_result(None)
        return self._warming

    async def ready(self, *, fallback: bool = False) -> None:
        """Return when the model that will answer is loaded; it must not be used before."""
        if self._warming is not None and (fallback or self._choice is CLERK):
            await asyncio.shield(self._warming)

    async def close(self) -> None:
        """Close what the model holds open."""
        if self._warming is not None:
            await self._warming
        if self._choice.close is not None:
            await self._choice.close()


class _Parrot(Agent[TurnContext]):
    """An agent that is told nothing and can do nothing: what the SDK need not check in each run."""

    async def get_system_prompt(self, run_context: RunContextWrapper[TurnContext]) -> str | None:
        """Return the instructions."""
        return None

    async def get_all_tools(self, run_context: RunContextWrapper[TurnContext]) -> list[Tool]:
        """Return the tools, the same for everybody."""
        return []


class _Clerk(_Parrot):
    """An agent that knows the town and has all the tools."""

    async def get_system_prompt(self, run_context: RunContextWrapper[TurnContext]) -> str:
        """Return the instructions."""
        context = run_context.context
        return instructions(context.town, f"{context.now:%A %Y-%m-%d, %H:%M}")

    async def get_all_tools(self, run_context: RunContextWrapper[TurnContext]) -> list[Tool]:
        """Return the tools."""
        return list(TOOLS)


def _agent(choice: ModelChoice) -> Agent[TurnContext]:
    kind = _Clerk if choice.is_assistant else _Parrot
    return kind(
        name="Town clerk",
        # Each run has its model. Without a name here the SDK copies its default model's settings.
        model=choice.name,
        model_settings=HOSTED_SETTINGS if choice.is_hosted else BUILT_IN_SETTINGS,
    )


def _with_history(call: CallModelData[TurnContext]) -> ModelInputData:
    history = cast(TurnContext, call.context).history
    items = [*cast(Sequence[TResponseInputItem], history), *call.model_data.input]
    return ModelInputData(items, call.model_data.instructions)


def _warm_up(town: Town) -> None:
    check_emergency("fire", town.languages)
    warm_up_clerk(town)


@lru_cache(maxsize=8)
def _template(town: Town) -> Template:
    filled = Template(PROMPT.read_text(encoding="utf-8")).safe_substitute(
        town=town.name,
        tone=town.tone,
        zone=town.timezone,
        email=town.contact.email,
        contact=f"{town.contact.phone}, {town.contact.email} ({town.contact.hours})",
        incident_types="\n".join(_line(kind) for kind in town.incident_types),
        feedback_topics="\n".join(f"- {t.code}: {t.name}" for t in town.feedback_topics),
    )
    return Template(filled)


def _line(kind: IncidentType) -> str:
    asked = [f"{a.code}: {a.question}" for a in kind.attributes if a.required]
    place = "place needed" if kind.location in ("point", "street") else "place optional"
    return f"- {kind.code}: {kind.name}; {place}; {kind.default_severity}; {' / '.join(asked)}"
