"""How a tool says no: with a code and an instruction, never with an exception."""

import json
from typing import Any

from agents import ModelBehaviorError, RunContextWrapper
from agents.tool_context import ToolContext
from pydantic import ValidationError

from townhall.assistant.context import TurnContext

Context = RunContextWrapper[TurnContext]

SHOWN_MISTAKES = 5  # a model that made more mends them in the next call


def on_failure(ctx: RunContextWrapper[Any], error: Exception) -> str:
    """Return the refusal of arguments that do not fit the tool; any other error ends the turn.

    To say "an error occurred" would make a model file again what was perhaps filed already.
    """
    if isinstance(error, ModelBehaviorError) or not _is_readable(ctx):
        return refusal(
            "not_valid",
            "The arguments do not fit the tool. Check the name, the type and the allowed values "
            "of each, and call it again.",
        )
    raise error


def refusal(reason: str, instruction: str) -> str:
    """Return what the model reads."""
    return json.dumps({"status": "refused", "reason": reason, "instruction": instruction})


def mistakes(error: ValidationError) -> str:
    """Return what is wrong with arguments, without repeating them."""
    found = error.errors(include_url=False, include_input=False, include_context=False)
    told = [f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in found[:SHOWN_MISTAKES]]
    return f"Mend these arguments and call again: {'; '.join(told)}"


def _is_readable(ctx: RunContextWrapper[Any]) -> bool:
    # Too many digits or brackets are errors of the parser, not of JSON, and not the SDK's.
    if not isinstance(ctx, ToolContext):
        return True
    try:
        json.loads(ctx.tool_arguments)
    except (ValueError, RecursionError):
        return False
    return True
