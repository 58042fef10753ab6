"""What the assistant can do. Owner, session, turn and time come from the context, not the model.

A tool never raises for what a model got wrong: it answers with a refusal that says what to ask.
"""

import json
from collections.abc import Mapping
from typing import Any, Literal

from agents import ModelBehaviorError, RunContextWrapper, Tool, function_tool
from pydantic import ValidationError

from townhall.assistant.context import TurnContext
from townhall.assistant.grounding import ungrounded_field
from townhall.events import RecordFiled
from townhall.records.schemas import (
    Detail,
    FeedbackDraft,
    FilingOutcome,
    IncidentDraft,
    RecordKind,
    refused,
)

Context = RunContextWrapper[TurnContext]


def _on_failure(_ctx: RunContextWrapper[Any], error: Exception) -> str:
    # Arguments of the wrong shape go back to the model. Anything else ends the turn: to say "an
    # error occurred" would make a model file again what was perhaps filed already.
    if not isinstance(error, ModelBehaviorError):
        raise error
    return json.dumps(
        {
            "status": "refused",
            "reason": "not_valid",
            "instruction": "The arguments do not fit the tool. Mend them and call it again.",
        }
    )


@function_tool(failure_error_function=_on_failure)
async def file_incident(
    ctx: Context,
    incident_type: str,
    description: str,
    location: str | None,
    date_of_occurrence: str | None,
    time_of_occurrence: str | None,
    person_involved: str | None,
    reporter_name: str | None,
    severity_level: int,
    details: list[Detail],
) -> str:
    """File an incident once the resident has confirmed it or said that they are done.

    Args:
        ctx: The turn.
        incident_type: A code of the taxonomy.
        description: What happened, in the resident's own words, without their name or contact.
        location: Where, in the resident's own words; null only if the type needs no place.
        date_of_occurrence: YYYY-MM-DD; null if the resident did not say.
        time_of_occurrence: HH:MM, 24 hours; null if the resident did not say.
        person_involved: Who else was there, as described by the resident; never the reporter.
        reporter_name: The resident's name as they gave it; null if they did not, or wish none.
        severity_level: 1 minor, 2 low, 3 moderate, 4 serious, 5 danger to life.
        details: Answers to the questions of the type: code and value.
    """
    fields = {
        "incident_type": incident_type,
        "description": description,
        "location": location,
        "date_of_occurrence": date_of_occurrence,
        "time_of_occurrence": time_of_occurrence,
        "person_involved": person_involved,
        "reporter_name": reporter_name,
        "severity_level": severity_level,
        "details": details,
    }
    return await _file(ctx.context, "incident", fields)


@function_tool(failure_error_function=_on_failure)
async def file_feedback(
    ctx: Context,
    feedback_kind: Literal["suggestion", "complaint", "praise"],
    topic: str,
    summary: str,
    sentiment: Literal["positive", "neutral", "negative"],
    reporter_name: str | None,
) -> str:
    """File a suggestion, complaint or praise once the resident has confirmed it or is done.

    Args:
        ctx: The turn.
        feedback_kind: What it is.
        topic: A code of the feedback topics.
        summary: What the resident wants the town to know, in their own words.
        sentiment: How they feel about it.
        reporter_name: The resident's name as they gave it; null if they did not, or wish none.
    """
    fields = {
        "feedback_kind": feedback_kind,
        "topic": topic,
        "summary": summary,
        "sentiment": sentiment,
        "reporter_name": reporter_name,
    }
    return await _file(ctx.context, "feedback", fields)


TOOLS: list[Tool] = [file_incident, file_feedback]
# What a person reads while the tool works.
LABELS = {
    "file_incident": "Filing your report",
    "file_feedback": "Filing your feedback",
}


async def _file(context: TurnContext, kind: RecordKind, fields: Mapping[str, object]) -> str:
    n = context.next_call(f"file_{kind}")
    draft = _draft(context, kind, fields)
    if isinstance(draft, FilingOutcome):
        return draft.as_json()
    outcome = await context.filing.file(context.filer, n, draft)
    if outcome.status == "filed" and outcome.reference and outcome.record is not None:
        context.emit(RecordFiled(kind=kind, reference=outcome.reference, record=outcome.record))
    return outcome.as_json()


def _draft(
    context: TurnContext, kind: RecordKind, fields: Mapping[str, object]
) -> IncidentDraft | FeedbackDraft | FilingOutcome:
    try:
        draft = (IncidentDraft if kind == "incident" else FeedbackDraft).model_validate(
            {key: None if value == "" else value for key, value in fields.items()}
        )
    except ValidationError as error:
        wrong = [".".join(str(part) for part in e["loc"]) + ": " + e["msg"] for e in error.errors()]
        return refused(
            kind, "not_valid", f"Mend these arguments and call again: {'; '.join(wrong)}"
        )
    return _refusal(context, draft) or draft


def _refusal(context: TurnContext, draft: IncidentDraft | FeedbackDraft) -> FilingOutcome | None:
    if isinstance(draft, FeedbackDraft):
        known = [topic.code for topic in context.town.feedback_topics]
        if draft.topic not in known:
            return refused("feedback", "unknown_topic", f"Use one of: {json.dumps(known)}")
        return _ungrounded(context, "feedback", reporter_name=draft.reporter_name)
    incident_type = context.town.incident_type(draft.incident_type)
    if incident_type is None:
        known = [kind.code for kind in context.town.incident_types]
        return refused("incident", "unknown_type", f"Use one of: {json.dumps(known)}")
    if draft.location is None and incident_type.location in ("point", "street"):
        return refused("incident", "location_missing", "Ask the resident where it is.")
    if draft.date_of_occurrence is not None and draft.date_of_occurrence > context.now.date():
        return refused("incident", "date_in_future", "Ask the resident when it happened.")
    return _ungrounded(
        context,
        "incident",
        location=draft.location,
        person_involved=draft.person_involved,
        reporter_name=draft.reporter_name,
    )


def _ungrounded(
    context: TurnContext, kind: RecordKind, **fields: str | None
) -> FilingOutcome | None:
    name = ungrounded_field(fields, context.resident_words)
    if name is None:
        return None
    return refused(
        kind,
        f"{name}_not_said",
        f"The resident never wrote that {name.replace('_', ' ')}. Use their own words, "
        "or ask them, or leave it out.",
    )
