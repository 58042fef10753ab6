"""What a question about figures asks for, as the arguments of `town_figures`."""

import re
from typing import Any

from townhall.clerk.incidents import LIKELY, incident_words
from townhall.clerk.opinions import topic_of
from townhall.clerk.places import places_in
from townhall.clerk.text import fold
from townhall.clerk.vocabulary import load_vocabulary
from townhall.town import Town

_VOCABULARY = load_vocabulary("figures")
_PERIODS = _VOCABULARY.tables("periods")
_FIGURES = _VOCABULARY.tables("figures")
_COMPARISON = _VOCABULARY.pattern("comparison")
_FEEDBACK = _VOCABULARY.pattern("feedback")


def figures_asked(town: Town, text: str, earlier: dict[str, Any] | None) -> dict[str, Any]:
    """Return the arguments of `town_figures` for `text`; `earlier`: those of the last question."""
    folded = fold(text)
    period = _period(folded)
    if earlier is not None and _is_follow_up(folded):
        before = {"last_month": "last_month", "this_month": "last_month", "this_year": "last_year"}
        return {**earlier, "period": period or before.get(earlier["period"], "all")}
    places = [place for place in places_in(text) if place.score >= 1.0]
    guesses = incident_words(town).guesses(text, [each.span for each in places])
    best = max(guesses, key=lambda guess: guess.said, default=None)
    kind = best.kind.code if best and best.said >= LIKELY else None
    is_feedback = _FEEDBACK.search(folded) is not None and kind is None
    figure = next((name for name, words in _FIGURES if words.search(folded)), "count")
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
            if words.search(text):
                return name
    return None


def _is_follow_up(folded: str) -> bool:
    return re.match(r"(?:and|what about|how about|at|y|では|それでは)\b", folded) is not None and (
        len(folded.split()) <= 8
    )
