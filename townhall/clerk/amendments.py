"""Changes of mind: a correction of what is open or filed, and a withdrawal of it."""

import re
from typing import Any

from townhall.clerk.conversation import ToolCall
from townhall.clerk.intake import is_only_name
from townhall.clerk.matters import Matter
from townhall.clerk.state import Decision, Say, State
from townhall.clerk.text import fold, words
from townhall.clerk.understanding import Reading

_NOT = re.compile(
    r"(?P<new>[\w'’ -]+?),?\s+(?:and |but )?(?:not|instead of|rather than|hindi|no)\s+(?:on |at |in |the |sa |en )?(?P<old>[\w'’-]+)"
)
_ORDINALS = (
    (r"\bfirst\b|\buna\b|\b1st\b|primer|一つ目|最初", 0),
    (r"\bsecond\b|\bpangalawa\b|\b2nd\b|segund|二つ目", 1),
    (r"\bthird\b|\bpangatlo\b|\b3rd\b|tercer|三つ目", 2),
    (r"\blast\b|\bhuli\b|últim|最後", -1),
)
_STREET = (
    r"(?:\s+(?:street|st|road|rd|avenue|ave|lane|drive|boulevard|highway|way|close|court)\b\.?)?"
)


def retract(state: State, reading: Reading, text: str, decision: Decision) -> bool:
    """Drop or withdraw what the resident takes back; True if the message did that."""
    if "drop" in reading.acts and len(state.open()) > 1 and (one := _ordinal(text, state.open())):
        one.state = "dropped"
        decision.says.append(Say("dropped_one"))
        return True
    if "withdraw" not in reading.acts or reading.reports:
        return False
    if state.open():
        for matter in state.open():
            matter.state = "dropped"
        decision.says.append(Say("dropped"))
        return True
    if state.filed() or reading.references:
        _withdraw_filed(state, reading, text, decision)
        return True
    if state.vague:
        state.vague = []
        decision.says.append(Say("dropped"))
        return True
    return False


def _withdraw_filed(state: State, reading: Reading, text: str, decision: Decision) -> None:
    filed = [str(matter.reference) for matter in state.filed()]
    wants_all = re.search(r"\b(?:all|both|everything|lahat|todos|todo)\b", fold(text)) is not None
    references = list(reading.references) or (filed if wants_all else filed[-1:])
    if state.offers("withdraw_report"):
        decision.calls += [
            ToolCall("withdraw_report", {"reference": each, "reason": text[:300]})
            for each in references
        ]
    else:
        decision.says.append(Say("cannot_withdraw", {"reference": references[-1]}))


def _ordinal(text: str, matters: list[Matter]) -> Matter | None:
    folded = fold(text)
    for pattern, index in _ORDINALS:
        if re.search(pattern, folded) and (index < len(matters)):
            return matters[index]
    said = {word.stem for word in words(text)}
    for matter in matters:
        named = {word.stem for word in words(matter.told[0])} if matter.told else set()
        if len(said & named) >= 2:
            return matter
    return None


def amend(state: State, reading: Reading, text: str, decision: Decision) -> bool:
    """Correct an open matter, or change a filed one; True if the message did that."""
    if not state.matters or reading.opinions:
        return False
    corrects = bool(reading.acts & {"correct", "deny"}) or state.pending == "change"
    if state.open():
        matter = state.focus if state.focus in state.open() else state.open()[-1]
        return corrects and matter is not None and bool(_apply(matter, reading, text))
    if not state.filed() or not (corrects or _adds_name(state, reading)):
        return False
    return _amend_filed(state, reading, text, decision)


def _adds_name(state: State, reading: Reading) -> bool:
    return reading.reporter is not None


def _amend_filed(state: State, reading: Reading, text: str, decision: Decision) -> bool:
    matter = state.filed()[-1]
    changes = _apply(matter, reading, text)
    if reading.reporter is not None:
        changes["reporter_name"] = reading.reporter
    if not changes:
        return False
    reference = str(matter.reference)
    if state.offers("amend_report"):
        listed = [{"field": name, "value": value} for name, value in changes.items()]
        decision.calls.append(ToolCall("amend_report", {"reference": reference, "changes": listed}))
    else:
        decision.says.append(Say("cannot_amend", {"reference": reference}))
    return True


def _apply(matter: Matter, reading: Reading, text: str) -> dict[str, Any]:
    """Change `matter` by the message and return the changed fields, by their names on file."""
    changes: dict[str, Any] = {}
    if matter.form == "incident":
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
        if reading.reports and reading.reports[0].kind not in (None, matter.kind) and not changes:
            matter.kind = reading.reports[0].kind
            assert matter.kind is not None
            changes["incident_type"] = matter.kind.code
    return changes


def _corrected_place(matter: Matter, reading: Reading, text: str) -> str | None:
    """Return the place as corrected: "Elm Street, not Oak", "it's 27 not 72", "I meant Luna Street"."""
    rest = text
    match = _NOT.search(text)
    if match is not None and matter.place is not None:
        old, new = match.group("old"), match.group("new").split(" on ")[-1].split(" at ")[-1]
        new = re.sub(
            r"^.*\b(?:it'?s|it is|was|meant|number|is|es|era en|sa)\s+",
            "",
            new.strip(),
            flags=re.IGNORECASE,
        )
        old_span = re.compile(
            rf"\b{re.escape(old)}\b{_STREET if ' ' in new else ''}", re.IGNORECASE
        )
        if old_span.search(matter.place):
            return old_span.sub(new, matter.place)
        rest = text[: match.start("old")]
    negated = re.compile(
        r"(?:not|hindi|instead of|wrong)\s+(?:on |at |in |the |sa )?$", re.IGNORECASE
    )
    fitting = [
        place for place in reading.places
        if not negated.search(reading.text[: place.start]) and place.start < max(len(rest), 1)
        and not reading.text[place.end :].startswith(("ではなく", "じゃなく"))
    ]  # fmt: skip
    if not fitting or is_only_name(text, reading.reporter):
        return None
    best = max(fitting, key=lambda each: each.score)
    return best.text if best.score >= (0.5 if len(words(text)) <= 8 else 0.9) else None


def add_to_emergency(state: State, reading: Reading, text: str, decision: Decision) -> bool:
    """Add what follows a filed emergency to it: nobody in danger begins a second report."""
    filed = state.filed()
    if not filed or state.open() or not filed[-1].is_urgent():
        return False
    matter = filed[-1]
    if reading.acts & {"close", "thanks", "withdraw", "correct"} or len(words(text)) < 3:
        return False
    if (
        any(report.starts_anew for report in reading.reports)
        or reading.opinions
        or reading.questions
    ):
        return False
    told = [*(report.text for report in reading.reports), reading.details]
    matter.told += [each for each in told if each and not is_only_name(each, state.reporter)]
    reporter = None if state.is_anonymous else state.reporter
    changes: dict[str, Any] = {"description": matter.text(reporter)}
    if people := matter.people(reporter):
        changes["person_involved"] = people
    if reading.reporter:
        changes["reporter_name"] = reading.reporter
    if state.offers("amend_report"):
        listed = [{"field": name, "value": value} for name, value in changes.items()]
        call = ToolCall("amend_report", {"reference": str(matter.reference), "changes": listed})
        decision.calls.append(call)
    else:
        decision.says.append(Say("cannot_amend", {"reference": str(matter.reference)}))
    return True
