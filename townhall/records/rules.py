"""What the town asks of a record beyond its shape: known codes, a place, a likely day."""

import json
from collections.abc import Iterable
from datetime import date

from townhall.records.schemas import Draft, FeedbackDraft, FilingOutcome, IncidentDraft, refused
from townhall.town import FeedbackTopic, IncidentType, Town

YEARS_BACK = 10  # older days are misread years; what is that old is told in the description


def broken_rule(draft: Draft, town: Town, today: date) -> FilingOutcome | None:
    """Return the refusal of a draft that the town cannot take as it is; None if it can."""
    if isinstance(draft, FeedbackDraft):
        if town.feedback_topic(draft.topic) is None:
            return refused("feedback", "unknown_topic", _codes(town.feedback_topics))
        return None
    kind = town.incident_type(draft.incident_type)
    if kind is None:
        return refused("incident", "unknown_type", _codes(town.incident_types))
    if draft.location is None and kind.location in ("point", "street"):
        return refused("incident", "location_missing", "Ask the resident where it is.")
    return _odd_day(draft, today) or _unknown_detail(draft, kind)


def _odd_day(draft: IncidentDraft, today: date) -> FilingOutcome | None:
    day = draft.date_of_occurrence
    if day is None:
        return None
    if day > today:
        return refused("incident", "date_in_future", "Ask the resident when it happened.")
    if day.year < today.year - YEARS_BACK:
        return refused(
            "incident",
            "date_too_old",
            f"That is more than {YEARS_BACK} years ago. Ask the resident when it happened, or "
            "leave the date out and keep it in the description.",
        )
    return None


def _unknown_detail(draft: IncidentDraft, kind: IncidentType) -> FilingOutcome | None:
    known = [attribute.code for attribute in kind.attributes]
    if all(detail.code in known for detail in draft.details):
        return None
    return refused(
        "incident",
        "unknown_detail",
        f"The details of this type are {json.dumps(known)}. Put the rest into the description.",
    )


def _codes(known: Iterable[IncidentType | FeedbackTopic]) -> str:
    return f"Use one of: {json.dumps([each.code for each in known])}"
