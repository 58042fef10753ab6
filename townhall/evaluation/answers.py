"""What the resident says when the desk asks on after their last labelled turn.

They know what `expect` knows, nothing else, and they speak the language of the case.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from townhall.evaluation.cases import Case, ExpectedIncident, ExpectedRecord
from townhall.evaluation.comparison import contains_any
from townhall.evaluation.questions import Topic, asked


@dataclass(frozen=True)
class Phrases:
    """The stock sentences of one language; `name` has a {name} to fill in."""

    yes: str
    no: str
    unknown: str
    closing: str
    name: str


ENGLISH = Phrases("Yes.", "No.", "I don't know.", "That's all.", "My name is {name}.")
PHRASES: Mapping[str, Phrases] = {
    "en": ENGLISH,
    "tl": Phrases("Oo.", "Hindi.", "Hindi ko po alam.", "Iyon lang po.", "Ako si {name}."),
    "ja": Phrases("はい。", "いいえ。", "わかりません。", "以上です。", "{name}と申します。"),
    "es": Phrases("Sí.", "No.", "No lo sé.", "Eso es todo.", "Me llamo {name}."),
}


def closing(case: Case) -> str:
    """Return what the resident says when nothing is asked: that they are done."""
    return PHRASES.get(case.lang, ENGLISH).closing


def answer(reply: str, case: Case, missing: Sequence[ExpectedRecord]) -> str:
    """Return what the resident says to `reply` while the records `missing` are not filed.

    Parts of a question that `expect` knows are answered; "no" or "I don't know" if it knows none.
    """
    phrases = PHRASES.get(case.lang, ENGLISH)
    topics = asked(reply)
    if not topics:
        return closing(case)
    record = _record_asked_about(reply, missing)
    parts = [phrases.yes] if "is_right" in topics else []
    parts += filter(None, (_known(topic, record, phrases) for topic in topics))
    if parts:
        return " ".join(parts)
    if "more" in topics:
        return f"{phrases.no} {phrases.closing}"
    # "Is anyone hurt?": a resident who reports a fire would not simply deny it.
    denies = not case.expect.emergency and {"whether", "name"} & set(topics)
    return phrases.no if denies else phrases.unknown


def _record_asked_about(reply: str, missing: Sequence[ExpectedRecord]) -> ExpectedRecord:
    about = (record for record in missing if contains_any(reply, _words(record)))
    return next(about, missing[0])


def _words(record: ExpectedRecord) -> tuple[str, ...]:
    if isinstance(record, ExpectedIncident):
        return (record.incident_type.replace("_", " "), *record.description_any)
    return record.summary_any


def _known(topic: Topic, record: ExpectedRecord, phrases: Phrases) -> str | None:
    """Return the resident's answer to one topic; None if `expect` does not know it."""
    if topic == "name" and record.reporters:
        return phrases.name.format(name=record.reporters[0])
    if topic == "what":
        return ", ".join(dict.fromkeys(_gist(record)))
    if isinstance(record, ExpectedIncident):
        match topic:
            case "location":
                return record.location
            case "date" if record.date_of_occurrence is not None:
                # The ISO form reads the same in every language.
                return f"{record.date_of_occurrence} {record.time or ''}".strip()
            case "person":
                return record.person_involved
    elif topic == "feedback_kind":
        return record.feedback_kind
    return None


def _gist(record: ExpectedRecord) -> tuple[str, ...]:
    if isinstance(record, ExpectedIncident):
        return (record.incident_type.replace("_", " "), *record.description_any[:1])
    return (record.feedback_kind, record.topic.replace("_", " "), *record.summary_any)
