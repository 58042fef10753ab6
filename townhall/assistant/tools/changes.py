"""Changing what was filed in this conversation: corrections, additions, withdrawals."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Literal

from agents import function_tool
from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from townhall.assistant.context import TurnContext
from townhall.assistant.tools.drafts import GivenDetail, checked_draft
from townhall.assistant.tools.refusals import Context, mistakes, on_failure, refusal
from townhall.events import RecordUpdated
from townhall.records.filing import Change
from townhall.records.journal import Call
from townhall.records.schemas import (
    Draft,
    FilingOutcome,
    IncidentDraft,
    Line,
    RecordKind,
    refused,
)
from townhall.town import Town

Field = Literal[
    "incident_type",
    "description",
    "location",
    "date_of_occurrence",
    "time_of_occurrence",
    "person_involved",
    "reporter_name",
    "severity_level",
    "details",
    "feedback_kind",
    "topic",
    "summary",
    "sentiment",
]


class FieldChange(BaseModel):
    """One field of the record and what it is to be; null takes out what is optional."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    field: Field
    value: str | int | list[GivenDetail] | None


@function_tool(failure_error_function=on_failure)
async def amend_report(ctx: Context, reference: str, changes: list[FieldChange]) -> str:
    """Correct or complete a report that was filed in this conversation.

    Args:
        ctx: The turn.
        reference: The reference number of the report.
        changes: The fields to change, named and written as in the filing tools. `details` adds
            answers and replaces those of the same code; all other fields are replaced.
    """
    if not changes:
        return refusal("nothing_to_change", "Name at least one field and its new value.")
    context = ctx.context
    call = Call("amend_report", context.next_call("amend_report"), context.now)
    change = _change(context, changes)
    return await _do(context, lambda: context.filing.amend(context.filer, call, reference, change))


@function_tool(failure_error_function=on_failure)
async def withdraw_report(ctx: Context, reference: str, reason: str | None) -> str:
    """Withdraw a report that was filed in this conversation, when the resident takes it back.

    Args:
        ctx: The turn.
        reference: The reference number of the report.
        reason: Why, in the resident's own words; null if they did not say.
    """
    try:
        why = _REASON.validate_python(reason or None)
    except ValidationError as error:
        return refusal("not_valid", mistakes(error))
    context = ctx.context
    call = Call("withdraw_report", context.next_call("withdraw_report"), context.now)
    return await _do(context, lambda: context.filing.withdraw(context.filer, call, reference, why))


_REASON: TypeAdapter[str | None] = TypeAdapter(Line | None)


async def _do(context: TurnContext, effect: Callable[[], Awaitable[FilingOutcome]]) -> str:
    async def do_and_tell() -> FilingOutcome:
        outcome = await effect()
        if outcome.is_news and outcome.kind and outcome.reference and outcome.record is not None:
            context.emit(
                RecordUpdated(kind=outcome.kind, reference=outcome.reference, record=outcome.record)
            )
        return outcome

    return (await context.to_the_end(do_and_tell())).as_json()


def _change(context: TurnContext, changes: Sequence[FieldChange]) -> Change:
    wanted: dict[str, object] = {change.field: change.value for change in changes}

    def change(draft: Draft) -> Draft | FilingOutcome:
        kind: RecordKind = "incident" if isinstance(draft, IncidentDraft) else "feedback"
        known = type(draft).model_fields
        if not wanted.keys() <= known.keys():
            return refused(kind, "unknown_field", f"Fields of this report: {', '.join(known)}")
        fields = {**draft.model_dump(), **wanted}
        if isinstance(draft, IncidentDraft):
            fields["details"] = _details(context.town, draft, wanted)
        return checked_draft(context, kind, fields, proposed=wanted.keys())

    return change


def _details(town: Town, draft: IncidentDraft, wanted: Mapping[str, object]) -> object:
    """Return the details after the change: those of another type go with it."""
    given = wanted.get("details", [])
    if given is not None and not isinstance(given, list):
        return given
    answered = {detail.code for detail in given or ()}
    kind = town.incident_type(str(wanted.get("incident_type", draft.incident_type)))
    codes = {attribute.code for attribute in kind.attributes} if kind else set()
    kept = draft.details if given is not None else ()
    return [
        *(detail for detail in kept if detail.code in codes and detail.code not in answered),
        *(given or ()),
    ]
