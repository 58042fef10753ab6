"""Which passages answer a question, best first, and whether any does.

The formula is BM25's with weighted fields (Robertson and Zaragoza, "The Probabilistic Relevance
Framework", 2009): a rare term counts more than a common one, a title more than a text, and the
second occurrence less than the first. Beside it stands the floor: a passage counts only when it
holds enough of what the question is about, so that the desk can say that it does not know.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from townhall.knowledge import spelling, words
from townhall.knowledge.index import StoredPassage, Vocabulary

FIELD_WEIGHTS = (4.0, 3.0, 1.0)  # title, heading, text
SATURATION = 1.5  # BM25's k1
USUAL_LENGTH_TERMS = 25  # of a passage's text; longer ones match by chance more easily
LENGTH_EFFECT = 0.3  # BM25's b
ASPECT_SHARE = 0.3  # of a word like "fee" beside one like "library"
UNKNOWN_COUNT = 2  # an unknown word weighs as one that stands in this many passages
TYPO_SHARE = 0.8  # of a word that had to be guessed
TEXT_EVIDENCE = 0.6  # of a term that stands in the text alone, title and heading being 1
PAGE_EVIDENCE = 0.4  # of a term that stands elsewhere on the page
FLOOR = 0.5  # of the question's weight that a passage must hold
FLOOR_OF_TWO = 0.35  # when title and heading hold two subjects of it: that is seldom chance
NEAR_BEST = 0.4  # of the best score; what is below only distracts


@dataclass(frozen=True)
class Question:
    """What a question asks for: the weight of each known term, and of what nobody knows."""

    weights: dict[str, float]
    unknown: float

    @property
    def topics(self) -> tuple[str, ...]:
        """The terms to look for: those of the subject, or all, where there is no subject."""
        topics = tuple(term for term in self.weights if not words.is_aspect(term))
        return topics or tuple(self.weights)


def understand(query: str, vocabulary: Vocabulary) -> Question:
    """Return what is asked, in the vocabulary's terms; typos are mended where they can be."""
    mended, repairs = spelling.mend(query, vocabulary.spellings)
    asked = tuple(dict.fromkeys(words.terms(mended)))
    guessed = frozenset(words.terms(" ".join(repairs)))
    if not any(map(str.isalpha, asked)):
        return Question({}, 0.0)
    has_subject = not all(map(words.is_aspect, asked))
    weights: dict[str, float] = {}
    unknown = 0.0
    for term in asked:
        if term in vocabulary.counts:
            weights[term] = _rarity(vocabulary.counts[term], vocabulary.passages)
            weights[term] *= TYPO_SHARE if term in guessed else 1.0
            weights[term] *= ASPECT_SHARE if has_subject and words.is_aspect(term) else 1.0
        elif term.isalpha() and not words.is_unspaced(term):
            unknown += _rarity(UNKNOWN_COUNT, vocabulary.passages)
    return Question(weights, unknown)


def rank(
    question: Question, passages: Sequence[StoredPassage], limit: int
) -> list[tuple[StoredPassage, float]]:
    """Return at most `limit` passages above the floor with their scores, best first."""
    on_page: dict[str, set[str]] = {}
    for passage in passages:
        on_page.setdefault(passage.path, set()).update(*passage.terms)
    scored = [
        (passage, _score(question, passage))
        for passage in passages
        if _is_relevant(question, passage, on_page[passage.path])
    ]
    scored.sort(key=lambda item: (-round(item[1], 6), item[0].path, item[0].position))
    return [item for item in scored[:limit] if item[1] >= NEAR_BEST * scored[0][1]]


def _rarity(count: int, passages: int) -> float:
    return math.log(1 + (passages - count + 0.5) / (count + 0.5))


def _is_relevant(question: Question, passage: StoredPassage, on_page: set[str]) -> bool:
    """Say whether the passage, with its page, holds enough of what the question is about."""
    prominent = {*passage.terms[0], *passage.terms[1]}
    subjects = len(prominent.intersection(question.topics))
    shares = [(prominent, 1.0), ({*passage.terms[2]}, TEXT_EVIDENCE)]
    if subjects:
        shares.append((on_page, PAGE_EVIDENCE))
    held = sum(
        weight * next((share for terms, share in shares if term in terms), 0.0)
        for term, weight in question.weights.items()
    )
    asked = sum(question.weights.values()) + question.unknown
    return held >= asked * (FLOOR_OF_TWO if subjects > 1 else FLOOR)


def _score(question: Question, passage: StoredPassage) -> float:
    length = 1 - LENGTH_EFFECT + LENGTH_EFFECT * len(passage.terms[2]) / USUAL_LENGTH_TERMS
    score = matched = 0.0
    for term, weight in question.weights.items():
        title, heading, text = (field.count(term) for field in passage.terms)
        frequency = (
            FIELD_WEIGHTS[0] * min(title, 1)
            + FIELD_WEIGHTS[1] * min(heading, 1)
            + FIELD_WEIGHTS[2] * text / length
        )
        score += weight * frequency / (frequency + SATURATION)
        matched += weight if frequency else 0.0
    return score * matched / sum(question.weights.values())
