"""From a model's arguments to a draft that may be filed, or to the refusal that says what to do."""

from collections.abc import Collection, Mapping

from pydantic import BaseModel, ConfigDict, ValidationError

from townhall.assistant.context import TurnContext
from townhall.assistant.grounding import ungrounded_field
from townhall.assistant.tools.refusals import mistakes
from townhall.records.rules import broken_rule
from townhall.records.schemas import DRAFTS, Draft, FilingOutcome, RecordKind, refused

GROUNDED = ("location", "person_involved", "reporter_name")
OPTIONAL = frozenset({*GROUNDED, "date_of_occurrence", "time_of_occurrence"})
# What small models write where they mean null.
NOTHING = frozenset(
    {"", "null", "none", "n/a", "unknown", "anonymous", "not provided", "not given"}
)


class GivenDetail(BaseModel):
    """The resident's answer to one of the questions of the type."""

    # Without the limits of a `Detail`: hosted models refuse tools that state them.
    model_config = ConfigDict(frozen=True, extra="forbid")

    code: str
    value: str


def checked_draft(
    context: TurnContext,
    kind: RecordKind,
    fields: Mapping[str, object],
    *,
    proposed: Collection[str] | None = None,
) -> Draft | FilingOutcome:
    """Return the draft with these fields, or a refusal.

    Only the `proposed` fields (all, if not given) are looked for in the resident's words.
    """
    try:
        draft = DRAFTS[kind].model_validate(
            {name: _plain(name, value) for name, value in fields.items()}
        )
    except ValidationError as error:
        return refused(kind, "not_valid", mistakes(error))
    broken = broken_rule(draft, context.town, context.now.date())
    return broken or _ungrounded(context, kind, draft, proposed) or draft


def _plain(name: str, value: object) -> object:
    if name == "details" and isinstance(value, list | tuple):
        return [dict(each) for each in value]
    is_nothing = isinstance(value, str) and value.strip().casefold() in NOTHING
    return None if name in OPTIONAL and is_nothing else value


def _ungrounded(
    context: TurnContext, kind: RecordKind, draft: Draft, proposed: Collection[str] | None
) -> FilingOutcome | None:
    fields = {
        name: getattr(draft, name)
        for name in GROUNDED
        if name in type(draft).model_fields and (proposed is None or name in proposed)
    }
    name = ungrounded_field(fields, context.resident_words)
    if name is None:
        return None
    return refused(
        kind,
        f"{name}_not_said",
        f"The resident never wrote that {name.replace('_', ' ')}. Use their own words, "
        "or ask them, or leave it out.",
    )
