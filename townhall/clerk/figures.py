"""What a question about figures asks for, as the arguments of `town_figures`."""

import re
from typing import Any

from townhall.clerk.incidents import incident_words
from townhall.clerk.opinions import topic_of
from townhall.clerk.places import places_in
from townhall.clerk.text import fold
from townhall.town import Town

# The first that fits decides; "previous" is the time before that of the last question.
_PERIODS = (
    ("last_month", r"last month|past month|previous month|nakaraang buwan|noong isang buwan|mes pasado|先月"),
    ("last_week", r"last week|past week|previous week|nakaraang linggo|semana pasada|先週"),
    ("last_year", r"last year|previous year|nakaraang taon|ano pasado|去年|昨年"),
    ("this_month", r"this month|ngayong buwan|este mes|今月"),
    ("this_week", r"this week|ngayong linggo|esta semana|今週"),
    ("this_year", r"this year|so far this year|ngayong taon|este ano|今年"),
    ("yesterday", r"yesterday|kahapon|ayer|昨日"),
    ("today", r"today|ngayon|ngayong araw|hoy|今日"),
)  # fmt: skip
_COMPARISON = re.compile(
    r"compared (?:to|with)|versus|\bvs\b|than (?:last|the)|before that|kumpara|comparado|比べ"
)
_FIGURES = (
    ("sentiment", r"happ(?:y|ier)|sentiment|satisf|mood|how do people feel|unhappy|opinion"),
    ("top_places", r"which (?:street|road|area|barangay|place|neighbou?rhood|part)|where (?:are|do|is|were) .*most|saan pinakama|qué calle|どこ.*多"),
    ("top_types", r"most common|most reported|most frequent|top (?:\d+ )?(?:problem|issue|complaint|report|type)|what (?:are people|do people|kind)|which (?:problem|issue|type|kind)"),
    ("trend", r"trend|going up|going down|increas|decreas|rising|falling|over time|per month|each month"),
    ("status", r"\b(?:resolved|open|pending|closed|solved|still waiting|in progress)\b"),
)  # fmt: skip
_FEEDBACK = re.compile(
    r"complaint|suggestion|praise|feedback|opinion|happ|reklamo|mungkahi|queja|sugerencia|苦情|提案|意見"
)


def figures_asked(town: Town, text: str, earlier: dict[str, Any] | None) -> dict[str, Any]:
    """Return the arguments of `town_figures` for `text`; `earlier`: those of the question before."""
    folded = fold(text)
    period = _period(folded)
    if earlier is not None and _is_follow_up(folded):
        before = {"last_month": "last_month", "this_month": "last_month", "this_year": "last_year"}
        return {**earlier, "period": period or before.get(earlier["period"], "all")}
    places = [place for place in places_in(text) if place.score >= 1.0]
    guesses = incident_words(town).guesses(text, [each.span for each in places])
    kind = guesses[0].kind.code if guesses and guesses[0].weight >= 0.9 else None
    is_feedback = _FEEDBACK.search(folded) is not None and kind is None
    figure = next((name for name, words in _FIGURES if re.search(words, folded)), "count")
    return {
        "figure": figure,
        "kind": "feedback" if is_feedback else "incident" if kind or "incident" in folded else None,
        "incident_type": kind,
        "topic": topic_of(town, text) if is_feedback else None,
        "place": max(places, key=lambda each: each.score).text if places else None,
        "period": period or "all",
    }


def _period(folded: str) -> str | None:
    # "this month compared to last month" asks for this month; the tool adds the one before.
    main = _COMPARISON.split(folded)[0]
    for text in (main, folded):
        for name, words in _PERIODS:
            if re.search(words, text):
                return name
    return None


def _is_follow_up(folded: str) -> bool:
    return re.match(r"(?:and|what about|how about|at|y|では|それでは)\b", folded) is not None and (
        len(folded.split()) <= 8
    )
