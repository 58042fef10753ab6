"""What fits no pattern: whether it tells of a matter at all, and what it sounds like."""

from collections.abc import Sequence

from townhall.clerk.incidents import incident_words
from townhall.clerk.learned import leanings_of
from townhall.clerk.matters import Matter
from townhall.clerk.opinions import FeedbackKind, likeliest_opinion, mood_of, topic_of
from townhall.clerk.pieces import is_sighting
from townhall.clerk.state import State
from townhall.clerk.text import words
from townhall.clerk.understanding import Reading, best_place
from townhall.clerk.wording import spoken_languages

_FEWEST = 6  # words; fewer tell nothing
# From this leaning on the examples decide, below its opposite they deny.
_SURE = 1.0
# VADER's score from which on a mood is good; pleas and reproaches use kind words too.
_GLAD = 0.5
# A place with a street and a name: what is told of it happened there.
_EXACT = 1.5


def is_told(state: State, reading: Reading, told: str) -> bool:
    """Whether enough was said to make a record of it, though it fits no type."""
    if len(words(told)) < _FEWEST:
        return False
    leaning = max(leanings_of(told).values())
    if leaning > _SURE or state.pending == "what":
        return True
    if leaning < -_SURE:
        return False
    has_topic = topic_of(state.town, told) is not None
    return bool(reading.places) or (has_topic and "report_intent" not in reading.acts)


def take_as_likeliest(state: State, reading: Reading, told: str) -> Matter:
    """Make a matter of what fits no pattern: an opinion, or an incident of the likeliest type."""
    topic = topic_of(state.town, told)
    opinion = _opinion(state, reading, told, topic)
    if opinion is not None:
        matter = Matter("feedback", [told], opinion=opinion, topic=topic)
    else:
        types = incident_words(state.town)
        kind = types.nearest(_without(told, [place.text for place in reading.places]))
        kind = kind or state.town.incident_type("other")
        matter = Matter("incident", [told], kind=kind)
    best = best_place(reading.places)
    matter.place = best.text if best else None
    matter.day, matter.clock = reading.when.day, reading.when.clock
    return matter


def _opinion(state: State, reading: Reading, told: str, topic: str | None) -> FeedbackKind | None:
    """Return the kind of opinion that is told; None if it is something that happened."""
    learned = likeliest_opinion(told)
    lead = learned.weight - incident_words(state.town).leaning(told)
    if abs(lead) > _SURE:
        return learned.kind if lead > 0 else None
    if topic is None or not _may_be_opinion(state, reading, told, topic):
        return None
    if learned.weight > 0:
        return learned.kind
    return "praise" if mood_of(told) > _GLAD else "complaint"


def _may_be_opinion(state: State, reading: Reading, told: str, topic: str) -> bool:
    found = state.town.feedback_topic(topic)
    is_service = found is not None and found.service
    has_time = reading.when.day is not None or reading.when.clock is not None
    is_exact = any(each.score >= _EXACT for each in reading.places)
    is_event = is_exact or (bool(reading.places) and has_time)
    is_elsewhere = not reading.places and reading.when.day is None
    return (
        state.language in spoken_languages()
        and not is_event
        and not is_sighting(told)
        and (is_service or is_elsewhere)
    )


def _without(text: str, pieces: Sequence[str]) -> str:
    for piece in pieces:
        text = text.replace(piece, " ")
    return text
