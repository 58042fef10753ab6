"""A matter: one report or opinion while it is talked about, and the arguments to file it."""

import re
from dataclasses import dataclass, field
from datetime import date, time
from typing import Any, Literal

from townhall.clerk.cues import load_cues
from townhall.clerk.incidents import IncidentWords
from townhall.clerk.opinions import FeedbackKind, sentiment_of
from townhall.clerk.persons import Interest, persons_in
from townhall.clerk.privacy import without_private
from townhall.clerk.text import fold, sentences, words
from townhall.clerk.vocabulary import load_vocabulary
from townhall.town import Attribute, IncidentType

Need = Literal["what", "where", "when", "detail"]
_ASKED_FOR_A_DAY = ("occurred", "last_seen")
# Types that ask this can be going on while they are reported.
_ABOUT_NOW = frozenset({"happening_now", "immediate_danger"})
_ABOUT_DOERS = frozenset({"suspect", "seen_dumping", "happening_now", "obstructs"})
# The severity, at most, of what may be an emergency or not.
_UNSURE = 4
_EMPTY_ACTS = frozenset(
    {"greet", "thanks", "close", "confirm", "deny", "anonymous", "smalltalk", "report_intent",
     "feedback_intent", "help", "three", "skip"}
)  # fmt: skip
_VOCABULARY = load_vocabulary("talk")
_SELF_BEFORE = _VOCABULARY.pattern("self_before").pattern
_SELF_AFTER = _VOCABULARY.pattern("self_after").pattern


@dataclass
class Matter:
    """What is known of one report (`form` incident) or opinion (`form` feedback)."""

    form: Literal["incident", "feedback"]
    told: list[str]
    kind: IncidentType | None = None
    opinion: FeedbackKind = "suggestion"
    topic: str | None = None
    place: str | None = None
    day: date | None = None
    clock: time | None = None
    recurring: bool = False
    details: dict[str, str] = field(default_factory=dict)
    asked: set[str] = field(default_factory=set)
    state: Literal["open", "filed", "dropped"] = "open"
    reference: str | None = None
    person: str | None = None
    is_grave: bool = False  # it is certain to be an emergency, if its type is one

    def text(self, reporter: str | None) -> str:
        """Return the resident's words that matter: no greeting, no name, no numbers of theirs."""
        kept = [
            cleaned
            for told in self.told
            for sentence in sentences(without_private(told))
            if (cleaned := _without_name(sentence.text, reporter)) and not _is_empty(cleaned)
        ]
        return " ".join(dict.fromkeys(kept)) or " ".join(self.told)

    def people(self, reporter: str | None) -> str | None:
        """Return the persons involved, as described, where they matter for this type."""
        if self.person is not None:
            return self.person
        told = without_private(". ".join(piece.rstrip(" .") for piece in self.told))
        return persons_in(told, reporter, _interest(self.kind), self.place)

    def needs(self) -> list[Need]:
        """Return what is still to be asked, most needed first; nothing is asked twice."""
        if self.form == "feedback":
            return []
        missing: list[Need] = []
        if self.kind is None:
            return ["what"] if "what" not in self.asked else []
        if self.place is None and self.kind.location != "none" and not self.is_placeless():
            missing.append("where")
        if self.kind.emergency == "always":
            return missing
        wants_day = self.kind.when in _ASKED_FOR_A_DAY and not self.recurring
        if wants_day and self.day is None and "when" not in self.asked:
            missing.append("when")
        if not missing and self.question() is not None and "detail" not in self.asked:
            missing.append("detail")
        return missing

    def is_placeless(self) -> bool:
        """Whether the type can do without a place and the resident was asked for it."""
        return self.kind is not None and self.kind.location == "area" and "where" in self.asked

    def is_complete(self) -> bool:
        """Whether it may be filed: what and where are known; the rest is only wished for."""
        return not {"what", "where"} & set(self.needs())

    def question(self) -> Attribute | None:
        """Return the one detail worth asking for, if the taxonomy marks one and it is unknown."""
        attributes = self.kind.attributes if self.kind is not None else ()
        wanted = [each for each in attributes if each.ask and each.code not in self.details]
        return wanted[0] if wanted else None

    def is_urgent(self) -> bool:
        """Whether it is an emergency that goes on now, so that filing must not wait."""
        if self.form != "incident" or self.kind is None or self.kind.emergency == "no":
            return False
        if self.kind.emergency == "always":
            return self.is_grave
        acts = load_cues().acts.keys_in(" ".join(self.told))
        asks_now = any(each.code in _ABOUT_NOW for each in self.kind.attributes)
        return "happening_now" in acts and (asks_now or self.kind.default_severity >= 4)

    def filing(self, reporter: str | None, types: IncidentWords, today: date) -> dict[str, Any]:
        """Return the arguments of the filing tool."""
        if self.form == "feedback" or self.kind is None:
            text = self.text(reporter)
            return {
                "feedback_kind": self.opinion,
                "topic": self.topic or "other",
                "summary": text,
                "sentiment": sentiment_of(self.opinion, text),
                "reporter_name": reporter,
            }
        happens_now = self.kind.when == "now" or self.is_urgent()
        day = self.day or (today if happens_now and not self.recurring else None)
        told = " ".join(self.told)
        severity = types.severity(self.kind, told)
        if self.kind.emergency == "always" and not self.is_grave:
            severity = min(severity, _UNSURE)
        return {
            "incident_type": self.kind.code,
            "description": self.text(reporter),
            "location": self.place,
            "date_of_occurrence": day.isoformat() if day else None,
            "time_of_occurrence": f"{self.clock:%H:%M}" if self.clock else None,
            "person_involved": self.people(reporter),
            "reporter_name": reporter,
            "severity_level": 5 if self.is_urgent() else severity,
            "details": [{"code": code, "value": said} for code, said in self.details.items()],
        }


def _interest(kind: IncidentType | None) -> Interest:
    """Return whom a report of that type is about."""
    asked = {each.code for each in kind.attributes} if kind is not None else set()
    if kind is None or kind.emergency == "always" or "immediate_danger" in asked:
        return "subjects"
    does = kind.private or kind.when == "recurring" or not asked.isdisjoint(_ABOUT_DOERS)
    return "doers" if does else "things"


def _is_empty(text: str) -> bool:
    """Whether a sentence only steers the conversation."""
    acts = load_cues().acts_in(text)
    return bool(acts) and acts <= _EMPTY_ACTS and len(words(text)) <= 10


def _without_name(text: str, reporter: str | None) -> str:
    if reporter is None or fold(reporter) not in fold(text):
        return text
    pattern = rf"(?:{_SELF_BEFORE}\s*)?{re.escape(reporter)}{_SELF_AFTER}"
    return re.sub(pattern, "", text, flags=re.IGNORECASE).strip(" ,.—–-。")
