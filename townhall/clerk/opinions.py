"""Whether a text is a suggestion, a complaint or praise, what about, and in what mood."""

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Literal

from townhall.clerk.cues import load_cues
from townhall.clerk.learned import leanings_of
from townhall.clerk.lexicon import Lexicon
from townhall.clerk.places import places_in
from townhall.clerk.text import has_cjk
from townhall.town import Town

if TYPE_CHECKING:
    from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

FeedbackKind = Literal["suggestion", "complaint", "praise"]
Sentiment = Literal["positive", "neutral", "negative"]
# VADER's compound score runs from -1 to 1; its authors draw the lines at 0.05.
_CLEAR = 0.3
_IN_PLACE = 0.4
_KINDS: tuple[FeedbackKind, ...] = ("suggestion", "complaint", "praise")


@dataclass(frozen=True)
class Leaning:
    """The kind of opinion a text leans to, and how much its words weigh."""

    kind: FeedbackKind
    weight: float


def leaning_of(text: str) -> Leaning | None:
    """Return the opinion that `text` expresses; None if it only states something."""
    weights = dict.fromkeys(_KINDS, 0.0)
    for found in load_cues().feedback.find(text):
        for kind in _KINDS:
            if found.key == kind:
                weights[kind] = max(weights[kind], found.weight) + 0.2
    learned = leanings_of(text)
    for kind in _KINDS:
        if weights[kind]:
            weights[kind] = max(0.0, weights[kind] + learned[kind])
    mood = mood_of(text)
    if weights["praise"] and (mood < 0 or weights["complaint"] > weights["praise"]):
        weights["praise"] *= 0.5
    if weights["complaint"] and mood > _CLEAR:
        weights["complaint"] *= 0.6
    kind = max(_KINDS, key=lambda each: weights[each])
    return Leaning(kind, weights[kind]) if weights[kind] > 0 else None


def likeliest_opinion(text: str) -> Leaning:
    """Return the opinion that `text` sounds most like, though none of its words say so."""
    learned = leanings_of(text)
    kind = max(_KINDS, key=lambda each: learned[each])
    return Leaning(kind, learned[kind])


def sentiment_of(kind: FeedbackKind, text: str) -> Sentiment:
    """Return the mood of an opinion; its kind decides where the words do not say."""
    if kind == "praise":
        return "positive"
    if kind == "complaint":
        return "negative"
    return "negative" if mood_of(text) < -0.6 else "neutral"


@lru_cache(maxsize=512)
def mood_of(text: str) -> float:
    """Return VADER's compound score of `text`: below 0 is bad; it knows English only."""
    return float(_analyser().polarity_scores(text)["compound"])


@lru_cache(maxsize=1024)
def topic_of(town: Town, text: str) -> str | None:
    """Return the code of the topic that `text` speaks of most; None if of none."""
    # In Japanese the place is often the subject itself.
    places = [] if has_cjk(text) else [each.span for each in places_in(text)]
    weights: dict[str, float] = {}
    for found in _topic_words(town).find(text):
        # The thing named first is usually what the opinion is about, a place seldom is.
        early = 0.3 if found.start < 60 else 0.0
        is_place = any(begin <= found.start < end for begin, end in places)
        weight = (found.weight + early) * (_IN_PLACE if is_place else 1.0)
        weights[found.key] = weights.get(found.key, 0.0) + weight
    return max(weights, key=lambda code: weights[code]) if weights else None


@lru_cache(maxsize=8)
def _topic_words(town: Town) -> Lexicon:
    return Lexicon({topic.code: topic.keywords for topic in town.feedback_topics})


@lru_cache(maxsize=1)
def _analyser() -> "SentimentIntensityAnalyzer":
    # Imported at the first opinion: the lexicon takes 20 ms to read.
    from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

    return SentimentIntensityAnalyzer()
