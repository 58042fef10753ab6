"""What can be asked for a figure: the same for the tool and for GET /insights."""

from dataclasses import dataclass, replace
from typing import Literal

from townhall.db.tables import place_of
from townhall.errors import FieldError, ValidationFailed
from townhall.insights.periods import Period
from townhall.town import Town

Figure = Literal["count", "trend", "top_types", "top_places", "status", "sentiment"]
Kind = Literal["incident", "feedback"]

NAMES: dict[Kind, str] = {"incident": "incidents", "feedback": "feedback"}
PLACE_CHARACTERS = 200  # of a place asked for


@dataclass(frozen=True)
class Question:
    """What is to be counted, of which records, in which period."""

    figure: Figure
    period: Period
    kind: Kind | None = None
    incident_type: str | None = None
    topic: str | None = None
    place: str | None = None


def settle(question: Question, town: Town) -> Question:
    """Return the question with its kind settled.

    ValidationFailed, which names the parts, if the town does not know a code or the parts
    contradict each other.
    """
    errors = list(_mistakes(question, town))
    if errors:
        raise ValidationFailed("The figure cannot be counted like this.", errors=tuple(errors))
    return replace(question, kind=question.kind or _implied_kind(question))


def kinds_of(question: Question) -> list[Kind]:
    """Return the kinds of records that a settled question counts."""
    return [question.kind] if question.kind else ["incident", "feedback"]


def _mistakes(question: Question, town: Town) -> list[FieldError]:
    errors = []
    if question.incident_type is not None and town.incident_type(question.incident_type) is None:
        known = ", ".join(kind.code for kind in town.incident_types)
        errors.append(FieldError("/query/incident_type", f"must be one of: {known}"))
    if question.topic is not None and town.feedback_topic(question.topic) is None:
        known = ", ".join(topic.code for topic in town.feedback_topics)
        errors.append(FieldError("/query/topic", f"must be one of: {known}"))
    if question.place is not None and not _is_place(question.place):
        reason = f"must name a place in at most {PLACE_CHARACTERS} characters"
        errors.append(FieldError("/query/place", reason))
    if question.figure == "trend" and question.period == "all":
        errors.append(FieldError("/query/period", "must be a period that another one precedes"))
    kinds = {kind for kind, _ in _reasons(question)}
    if len(kinds) > 1:
        reasons = " and ".join(f"{part} is of {NAMES[kind]}" for kind, part in _reasons(question))
        errors.append(FieldError("/query/kind", f"must fit the rest: {reasons}"))
    return errors


def _is_place(text: str) -> bool:
    return len(text) <= PLACE_CHARACTERS and text.isprintable() and place_of(text) is not None


def _reasons(question: Question) -> list[tuple[Kind, str]]:
    """Return which parts of the question speak of which kind."""
    parts: list[tuple[Kind, str, bool]] = [
        ("incident", "kind", question.kind == "incident"),
        ("feedback", "kind", question.kind == "feedback"),
        ("incident", "incident_type", question.incident_type is not None),
        ("incident", "place", question.place is not None),
        ("incident", "top_places", question.figure == "top_places"),
        ("feedback", "topic", question.topic is not None),
        ("feedback", "sentiment", question.figure == "sentiment"),
    ]
    return [(kind, part) for kind, part, is_there in parts if is_there]


def _implied_kind(question: Question) -> Kind | None:
    for kind, _ in _reasons(question):
        return kind
    return "incident" if question.figure == "top_types" else None
