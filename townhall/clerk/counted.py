"""The town's figures in the words of one language: number, period and filter.

`town_figures` tells its period and filter in English; other languages say them anew, from the
dates of the answer and from what was asked.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any

from townhall.clerk.wording import Wording
from townhall.town import Town

_ROWS = {
    "incidents": "incident",
    "feedback": "feedback",
    "open": "state_open",
    "in progress": "state_in_progress",
    "resolved": "state_resolved",
    "positive": "mood_positive",
    "neutral": "mood_neutral",
    "negative": "mood_negative",
}
_SHOWN_ROWS = 5


def say_figures(
    wording: Wording, town: Town, asked: Mapping[str, Any], result: Mapping[str, Any]
) -> str:
    """Return the answer `result` of `town_figures` to what was `asked` of it."""
    label = str(result["period"].get("label"))
    text = wording.say(
        "figures_total",
        total=result.get("total"),
        period=wording.say(
            "figures_period" if result["period"].get("from") else "figures_until",
            label=label[:1].upper() + label[1:],
            first=_day(wording, result["period"].get("from")),
            last=_day(wording, result["period"].get("to")),
        ),
        filter=wording.say(
            "figures_filter", filter=result.get("filter"), asked=_asked(wording, town, asked)
        ),
    )
    if previous := result.get("previous"):
        text += " " + wording.say(
            "figures_previous", period=previous["label"], total=previous["total"]
        )
    if rows := result.get("rows"):
        told = (f"{_row(wording, row['label'])}: {row['count']}" for row in rows[:_SHOWN_ROWS])
        text += " " + wording.say("figures_rows", rows=", ".join(told))
    return text


def _day(wording: Wording, said: object) -> str:
    return wording.day(date.fromisoformat(str(said))) if said else ""


def _asked(wording: Wording, town: Town, asked: Mapping[str, Any]) -> str:
    """Return what was counted: kind, type, topic and place, as far as they were asked for."""
    kind = asked.get("kind")
    parts = [wording.say(str(kind)) if kind else wording.say("incident_and_feedback")]
    if found := town.incident_type(str(asked.get("incident_type"))):
        parts.append(f'"{found.name}"')
    if topic := town.feedback_topic(str(asked.get("topic"))):
        parts.append(f'"{topic.name}"')
    if place := asked.get("place"):
        parts.append(f'"{place}"')
    return ", ".join(parts)


def _row(wording: Wording, label: str) -> str:
    return wording.say(_ROWS[label]) if label in _ROWS else label
