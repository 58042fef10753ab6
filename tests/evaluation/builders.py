"""Small labelled cases and conversations as they went, each changed where a test needs it."""

from typing import Any

from townhall.evaluation.cases import Case
from townhall.evaluation.played import Exchange, PlayedCase, StoredRecord
from townhall.events import Activity, Notice, TurnCompleted, TurnEvent

NOW = "2026-03-10T10:00:00+08:00"
POTHOLE: dict[str, Any] = {
    "kind": "incident",
    "incident_type": "pothole",
    "incident_type_any": ["pothole", "road_hazard"],
    "location": "Mabini Street, by the school",
    "location_any": ["Mabini"],
    "severity_level": [2, 4],
}
BENCHES: dict[str, Any] = {
    "kind": "feedback",
    "feedback_kind": "suggestion",
    "topic": "parks_recreation",
    "sentiment": "neutral",
    "summary_any": ["bench"],
}


def label(**changes: Any) -> dict[str, Any]:
    """Return a line of a labelled file, as data; keys of `expect` go there."""
    of_case = {"id", "now", "lang", "tags", "turns"}
    expect = {key: value for key, value in changes.items() if key not in of_case}
    whole = {"id": "case-1", "now": NOW, "turns": ["There is a hole."]}
    whole |= {key: value for key, value in changes.items() if key in of_case}
    return {**whole, "expect": {"emergency": False, "records": [], **expect}}


def case(**changes: Any) -> Case:
    """Return a case that expects nothing but `changes`."""
    return Case.model_validate(label(**changes))


def incident(**changes: Any) -> StoredRecord:
    """Return a filed pothole on Mabini Street."""
    fields: dict[str, Any] = {
        "reference": "INC-7KQ4-M2XD",
        "incident_type": "pothole",
        "description": "A deep hole.",
        "location": "Mabini Street",
        "date_of_occurrence": None,
        "time_of_occurrence": None,
        "person_involved": None,
        "reporter_name": None,
        "severity_level": 3,
        "details": [],
        "status": "open",
    }
    return StoredRecord("incident", fields | changes)


def feedback(**changes: Any) -> StoredRecord:
    """Return a filed suggestion about benches."""
    fields: dict[str, Any] = {
        "reference": "FBK-7KQ4-M2XD",
        "feedback_kind": "suggestion",
        "topic": "parks_recreation",
        "summary": "More benches by the river.",
        "sentiment": "neutral",
        "reporter_name": None,
        "status": "open",
    }
    return StoredRecord("feedback", fields | changes)


def exchange(reply: str, *events: TurnEvent, said: str = "Hello") -> Exchange:
    """Return one exchange that was answered in half a second."""
    return Exchange(said, reply, (*events, TurnCompleted(text=reply, usage={}, seconds=0.5)))


def tool(name: str, *, ok: bool = True) -> Activity:
    """Return the event of a tool that has finished."""
    return Activity(id="activity_1", name=name, label=name, state="finished", ok=ok)


def alarm(number: str = "911") -> Notice:
    """Return the notice of an emergency."""
    return Notice(level="emergency", code="fire", text=f"Call {number} now.")


def played(
    of: Case, *exchanges: Exchange, records: tuple[StoredRecord, ...] = (), tools: str = ""
) -> PlayedCase:
    """Return the case as it went; `tools` is what tools told the model."""
    return PlayedCase(of, exchanges, records, (tools,) if tools else (), seconds=1.0)
