"""Filing what residents report: incidents and feedback."""

from collections.abc import Mapping
from typing import Literal

from agents import function_tool

from townhall.assistant.context import TurnContext
from townhall.assistant.tools.drafts import GivenDetail, checked_draft
from townhall.assistant.tools.refusals import Context, on_failure
from townhall.events import RecordFiled, RecordUpdated
from townhall.records.journal import Call
from townhall.records.schemas import Draft, FilingOutcome, RecordKind


@function_tool(failure_error_function=on_failure)
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
    details: list[GivenDetail],
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


@function_tool(failure_error_function=on_failure)
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


async def _file(context: TurnContext, kind: RecordKind, fields: Mapping[str, object]) -> str:
    draft = checked_draft(context, kind, fields)
    if isinstance(draft, FilingOutcome):
        return draft.as_json()
    return (await context.to_the_end(_file_and_tell(context, kind, draft))).as_json()


async def _file_and_tell(context: TurnContext, kind: RecordKind, draft: Draft) -> FilingOutcome:
    tool = f"file_{kind}"
    call = Call(tool, context.next_call(tool), context.now)
    outcome = await context.filing.file(context.filer, call, draft)
    if outcome.is_news and outcome.reference and outcome.record is not None:
        told = RecordFiled if outcome.status == "filed" else RecordUpdated
        context.emit(told(kind=kind, reference=outcome.reference, record=outcome.record))
    return outcome
