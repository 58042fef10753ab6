"""Putting what a message says where it belongs: into a new matter, or one that is open."""

import re

from townhall.clerk.groups import starts_anew
from townhall.clerk.incidents import CERTAIN, GRAVE
from townhall.clerk.matters import Matter
from townhall.clerk.people import name_from_answer
from townhall.clerk.persons import persons_in
from townhall.clerk.pieces import is_sighting
from townhall.clerk.places import NAMED, landmark_in, places_in, unique_place
from townhall.clerk.state import State
from townhall.clerk.text import fold, has_cjk, words
from townhall.clerk.understanding import Opinion, Reading, Report, best_place
from townhall.clerk.vocabulary import load_vocabulary

_VOCABULARY = load_vocabulary("talk")
_FILLER = _VOCABULARY.pattern("filler", re.IGNORECASE)
_DISTRICT = _VOCABULARY.pattern("district", re.IGNORECASE)
_IS_THING = _VOCABULARY.pattern("is_thing", re.IGNORECASE)
_REFERS_BACK = _VOCABULARY.pattern("refers_back", re.IGNORECASE)


def identify(state: State, reading: Reading, text: str) -> None:
    """Learn who writes: a name, or the wish to give none."""
    if "anonymous" in reading.acts:
        state.is_anonymous, state.reporter = True, None
        return
    name = reading.reporter
    if name is not None and state.pending == "where" and fold(text).strip(" .") == fold(name):
        name = None  # a bare name answers what was asked
    is_place = any(each.score >= 1.0 for each in reading.places)
    is_bare = state.pending in ("confirm", "detail", "when") and not reading.acts - {"correct"}
    is_bare = is_bare and reading.when.day is None
    if (
        name is None
        and is_bare
        and not is_place
        and not reading.reports
        and len(words(text.split(",")[0])) <= 4
    ):
        name = name_from_answer(text)
    if name is not None:
        state.reporter, state.is_anonymous = name, False


def take_in(state: State, reading: Reading, text: str) -> list[Matter]:
    """Put what was said where it belongs; return the matters that are new."""
    fresh: list[Matter] = []
    if _answers_where(state, reading, text):
        state.in_hand().place = bare_place(text)
        return fresh
    for report in reading.reports:
        _take_report(state, report, fresh)
    for opinion in reading.opinions:
        _take_opinion(state, opinion, fresh)
    if not (reading.reports or reading.opinions) and state.open():
        _fill(state, reading, text)
    _share(state, fresh, reading)
    return fresh


def _answers_where(state: State, reading: Reading, text: str) -> bool:
    """Whether a few words after "Where is it?" name a place, though they sound like a report."""
    if state.pending != "where" or not state.open() or not reading.reports:
        return False
    named = any(report.place is not None for report in reading.reports)
    longest = 12 if "where again" in state.in_hand().asked else 5
    is_short = len(words(text)) <= longest and not reading.acts and not starts_anew(text)
    is_short = is_short and not persons_in(text, state.reporter, "subjects")
    return is_short and not named and state.in_hand().place is None and not is_sighting(text)


def _take_report(state: State, report: Report, fresh: list[Matter]) -> None:
    matter = _known(state, report, fresh)
    if matter is None:
        matter = Matter("incident", [*state.vague, report.text], kind=report.kind)
        matter.is_grave = state.is_warned or report.weight >= GRAVE
        state.vague = []
        fresh.append(matter)
        state.matters.append(matter)
    else:
        matter.told.append(report.text)
        matter.kind = matter.kind or report.kind
    matter.place = matter.place or (report.place.text if report.place else None)
    matter.recurring = matter.recurring or report.when.recurring
    matter.day = matter.day or report.when.day
    matter.clock = matter.clock or report.when.clock


def _known(state: State, report: Report, fresh: list[Matter]) -> Matter | None:
    """Return the open matter that a report goes on with, if it does."""
    for matter in reversed(state.open()):
        if matter.form == "feedback" or matter in fresh or report.starts_anew:
            continue
        if report.weight < CERTAIN:
            return matter  # few words of a type: it goes on with what is open
        if report.place is not None and matter.place is not None and not _refers_back(report.text):
            continue
        same = matter.kind is None or matter.kind is report.kind or _refers_back(report.text)
        if same or report.weight < CERTAIN + 0.5 or state.pending in ("where", "when", "detail"):
            return matter
    return None


def _refers_back(text: str) -> bool:
    """Whether words speak of what was named before: "he", "it", "they are"."""
    return _REFERS_BACK.match(text) is not None


def _take_opinion(state: State, opinion: Opinion, fresh: list[Matter]) -> None:
    for matter in reversed([each for each in state.open() if each not in fresh]):
        is_aside = matter.form == "feedback" or opinion.topic is None or state.pending != ""
        if is_aside and not opinion.starts_anew:
            matter.told.append(opinion.text)
            if matter.form == "feedback":
                matter.topic = matter.topic or opinion.topic
            return
    told = [*state.vague, opinion.text]
    matter = Matter("feedback", told, opinion=opinion.kind, topic=opinion.topic)
    state.vague = []
    fresh.append(matter)
    state.matters.append(matter)


def _share(state: State, fresh: list[Matter], reading: Reading) -> None:
    """Give new matters the place and day that stand elsewhere in the message."""
    incidents = [matter for matter in fresh if matter.form == "incident"]
    known = [each.place for each in state.matters if each not in fresh and each.place]
    for index, matter in enumerate(incidents):
        if matter.place is None and reading.places:
            taken = {each.place for each in incidents}
            free = [p for p in reading.places if p.text not in taken and p.score >= NAMED]
            if best := best_place(free):
                matter.place = best.text
        elif len(incidents) == 1 and matter.place is not None:
            matter.place = _with_street(matter.place, reading)
        if matter.place is None and index:
            matter.place = incidents[index - 1].place
        if matter.place is None and known and starts_anew(matter.told[0]):
            matter.place = known[-1]
        told = " ".join(matter.told)
        matter.place = matter.place or unique_place(told) or unique_place(reading.text)
        if len(incidents) == 1 and not matter.recurring:
            matter.day = matter.day or reading.when.day
            matter.clock = matter.clock or reading.when.clock


def _with_street(place: str, reading: Reading) -> str:
    """Add the street that another sentence names to a place that has no name of its own."""
    longer = (each.text for each in reading.places if each.text.endswith(place))
    place = max(longer, key=len, default=place)
    if re.search(r"[A-Z0-9]", place[1:]) or has_cjk(place):
        return place
    named = [
        each
        for each in reading.places
        if (each.score >= 1.2 and re.search(r"[A-Z]", each.text[1:])) or _DISTRICT.match(each.text)
    ]
    return f"{place}, {named[0].text}" if named and named[0].text not in place else place


def _fill(state: State, reading: Reading, text: str) -> None:
    """Take the answer to what was asked, and whatever else was said, into an open matter."""
    matter = state.in_hand()
    is_placed = any(each.score >= NAMED for each in reading.places)
    if is_only_name(text, state.reporter) and not is_placed:
        return
    answered = _fill_place(state, matter, reading, text)
    if not matter.recurring:
        matter.day = matter.day or reading.when.day
        matter.clock = matter.clock or reading.when.clock
    asked = matter.question()
    if state.pending == "detail" and asked is not None and not reading.acts & {"skip", "close"}:
        matter.details[asked.code] = text.strip()[:500]
    elif reading.details and not (answered and len(words(text)) <= 8):
        matter.told.append(reading.details)


def _fill_place(state: State, matter: Matter, reading: Reading, text: str) -> bool:
    """Take a place from the message; True if the message answers "Where?"."""
    best = best_place(reading.places)
    if matter.form == "feedback":
        return False
    if matter.place is None and best is not None and best.score >= NAMED:
        is_answer = state.pending == "where"
        whole = bare_place(text) if is_answer and len(words(text)) <= 8 else None
        is_all = whole is not None and best.text in whole and reading.when.day is None
        matter.place = whole if is_all else best.text
        return is_answer
    if matter.place is None and state.pending == "where":
        if reading.acts & {"skip", "close"}:
            matter.place = _vague_place(matter, text)
        if reading.acts - {"correct"} or reading.questions or _IS_THING.match(text):
            return False
        if _refers_back(text) and not _FILLER.match(text):
            return False
        if persons_in(text, state.reporter, "subjects"):
            return False  # "my daughter Lia, 7, pink dress"
        matter.place = bare_place(text)
        return True
    if best is None or matter.place is None or len(words(text)) > 12:
        return False
    if fold(best.text) not in fold(matter.place):
        matter.place = f"{matter.place}, {best.text}"
    return False


def _vague_place(matter: Matter, text: str) -> str | None:
    """Return what there is of a place when `text` says that the resident knows no better."""
    # "On the second floor" is better than no report.
    told = " ".join(matter.told)
    vague = best_place(places_in(told))
    place = vague.text if vague else landmark_in(told)
    if place is None and "where again" in matter.asked:
        return text.strip()[:200]  # asked twice, and so is "I don't know"
    return place


def bare_place(text: str) -> str | None:
    """Return the answer to "Where is it?" without what is not the place."""
    first = re.split(r"[.!?\n。]\s*", text.strip())[0]
    place = _FILLER.sub("", first).strip(" ,.;")
    return place[:200] or None


def is_only_name(text: str, reporter: str | None) -> bool:
    """Whether a message says no more than the resident's name."""
    if reporter is None or fold(reporter) not in fold(text):
        return False
    rest = words(fold(text).replace(fold(reporter), " "))
    return len(rest) <= 6
