"""Changes of mind: a correction of what is open or filed, and a withdrawal of it."""

import re
from typing import Any

from townhall.clerk.conversation import ToolCall
from townhall.clerk.intake import is_only_name
from townhall.clerk.matters import Matter
from townhall.clerk.places import Place
from townhall.clerk.state import Decision, Say, State
from townhall.clerk.text import fold, words
from townhall.clerk.understanding import Reading, Report, best_place
from townhall.clerk.vocabulary import load_vocabulary

_VOCABULARY = load_vocabulary("talk")
_NOT_BUT = _VOCABULARY.pattern("not_but")
_OLD_NEW = _VOCABULARY.pattern("old_new", re.IGNORECASE)
_STATED = _VOCABULARY.pattern("stated", re.IGNORECASE)
_NEGATED_PLACE = _VOCABULARY.pattern("negated_place", re.IGNORECASE)
_STREET_AFTER = _VOCABULARY.pattern("street_after").pattern
_ORDINALS = _VOCABULARY.tables("ordinals")
_ALL = _VOCABULARY.pattern("all_of_them")
_POSITIONS = {"first": 0, "second": 1, "third": 2, "last": -1}


def retract(state: State, reading: Reading, text: str, decision: Decision) -> bool:
    """Drop or withdraw what the resident takes back; True if the message did that."""
    if "drop" in reading.acts and len(state.open()) > 1 and (one := _ordinal(text, state.open())):
        one.state = "dropped"
        decision.says.append(Say("dropped_one"))
        return True
    if "withdraw" not in reading.acts or reading.reports:
        return False
    if state.open() or state.vague:
        for matter in state.open():
            matter.state = "dropped"
        state.vague = []
        decision.says.append(Say("dropped"))
        return True
    if state.filed() or reading.references:
        _withdraw_filed(state, reading, text, decision)
        return True
    return False


def amend(state: State, reading: Reading, text: str, decision: Decision) -> bool:
    """Correct an open matter, or change a filed one; True if the message did that."""
    if not state.matters or (reading.opinions and "correct" not in reading.acts):
        return False
    corrects = bool(reading.acts & {"correct", "deny"}) or state.pending == "change"
    if state.open():
        matter = state.focus if state.focus in state.open() else state.open()[-1]
        return corrects and matter is not None and bool(_apply(matter, reading, text))
    if not state.filed() or not (corrects or reading.reporter):
        return False
    named = [each for each in state.filed() if each.reference in reading.references]
    matter = (named or state.filed())[-1]
    changes = _apply(matter, reading, text)
    if reading.reporter is not None:
        changes["reporter_name"] = reading.reporter
    if changes:
        _change_filed(state, matter, changes, decision)
    return bool(changes)


def add_to_emergency(state: State, reading: Reading, text: str, decision: Decision) -> bool:
    """Add what follows a filed emergency to it: nobody in danger begins a second report."""
    filed = state.filed()
    if not filed or state.open() or not filed[-1].is_urgent() or len(words(text)) < 3:
        return False
    matter = filed[-1]
    if reading.opinions or reading.questions or any(_is_other(matter, r) for r in reading.reports):
        return False
    if reading.acts & {"close", "thanks", "withdraw", "correct"}:
        return False
    told = [*(report.text for report in reading.reports), reading.details]
    matter.told += [each for each in told if each and not is_only_name(each, state.reporter)]
    reporter = None if state.is_anonymous else state.reporter
    changes: dict[str, Any] = {"description": matter.text(reporter)}
    place = best_place(reading.places)
    if matter.place is None and place is not None:
        matter.place = changes["location"] = place.text
    if people := matter.people(reporter):
        changes["person_involved"] = people
    if reading.reporter:
        changes["reporter_name"] = reading.reporter
    _change_filed(state, matter, changes, decision)
    return True


def _withdraw_filed(state: State, reading: Reading, text: str, decision: Decision) -> None:
    filed = [str(matter.reference) for matter in state.filed()]
    wanted = filed if _ALL.search(fold(text)) else filed[-1:]
    for reference in reading.references or wanted:
        if state.offers("withdraw_report"):
            arguments = {"reference": reference, "reason": text[:300]}
            decision.calls.append(ToolCall("withdraw_report", arguments))
        else:
            decision.says.append(Say("cannot_withdraw", {"reference": reference}))


def _change_filed(
    state: State, matter: Matter, changes: dict[str, Any], decision: Decision
) -> None:
    reference = str(matter.reference)
    if state.offers("amend_report"):
        listed = [{"field": name, "value": value} for name, value in changes.items()]
        arguments = {"reference": reference, "changes": listed}
        decision.calls.append(ToolCall("amend_report", arguments))
    else:
        decision.says.append(Say("cannot_amend", {"reference": reference}))


def _is_other(matter: Matter, report: Report) -> bool:
    """Whether a report is of something else than the emergency: another thing, elsewhere."""
    elsewhere = report.place is not None and fold(report.place.text) not in fold(matter.place or "")
    is_of_other_kind = matter.kind is not None and report.kind.code != matter.kind.code
    return report.starts_anew or (elsewhere and is_of_other_kind)


def _ordinal(text: str, matters: list[Matter]) -> Matter | None:
    """Return the matter that "the second one" or a word of it means."""
    folded = fold(text)
    for kind, pattern in _ORDINALS:
        if pattern.search(folded) and _POSITIONS[kind] < len(matters):
            return matters[_POSITIONS[kind]]
    said = {word.stem for word in words(text)}
    for matter in matters:
        named = {word.stem for word in words(matter.told[0])}
        if len(said & named) >= 2:
            return matter
    return None


def _apply(matter: Matter, reading: Reading, text: str) -> dict[str, Any]:
    """Change `matter` by the message and return the changed fields, by their names on file."""
    changes: dict[str, Any] = {}
    if matter.form == "feedback":
        return changes
    place = _corrected_place(matter, reading, text)
    if place is not None and place != matter.place:
        if matter.place:
            matter.told = [told.replace(matter.place, place) for told in matter.told]
        matter.place = changes["location"] = place
    if reading.when.day is not None and not reading.when.recurring:
        matter.day = reading.when.day
        changes["date_of_occurrence"] = matter.day.isoformat()
    if reading.when.clock is not None:
        matter.clock = reading.when.clock
        changes["time_of_occurrence"] = f"{matter.clock:%H:%M}"
    if reading.reports and reading.reports[0].kind is not matter.kind and not changes:
        matter.kind = reading.reports[0].kind
        changes["incident_type"] = matter.kind.code
    return changes


def _corrected_place(matter: Matter, reading: Reading, text: str) -> str | None:
    """Return the place as corrected: "Elm Street, not Oak", "it's 27 not 72", "I meant Luna"."""
    limit = len(text)
    match = _OLD_NEW.search(text) or _NOT_BUT.search(text)
    if match is not None and matter.place is not None:
        exchanged = _exchanged(matter.place, match.group("old"), match.group("new"))
        if exchanged is not None:
            return exchanged
        limit = match.start("old")
    fitting = [place for place in reading.places if _is_meant(place, reading.text, limit)]
    if not fitting or is_only_name(text, reading.reporter):
        return None
    best = max(fitting, key=lambda each: each.score)
    # In a long message a place may belong to something else that is told.
    return best.text if best.score >= (0.5 if len(words(text)) <= 8 else 0.9) else None


def _exchanged(place: str, old: str, new: str) -> str | None:
    """Return `place` with `new` where `old` stands in it; None if it does not."""
    said = _STATED.sub("", new.split(" on ")[-1].split(" at ")[-1].strip())
    street = _STREET_AFTER if " " in said else ""
    pattern = re.compile(rf"\b{re.escape(old)}\b{street}", re.IGNORECASE)
    return pattern.sub(said, place) if pattern.search(place) else None


def _is_meant(place: Place, text: str, limit: int) -> bool:
    negated = _NEGATED_PLACE.search(text[: place.start]) is not None
    refused = text[place.end :].startswith(("ではなく", "じゃなく"))
    return place.start < limit and not negated and not refused
