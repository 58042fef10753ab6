"""Which passages answer a question, best first, and whether any does.

The formula is BM25's with weighted fields (Robertson and Zaragoza, "The Probabilistic Relevance
Framework", 2009): a rare term counts more than a common one, a title more than a text, and the
second occurrence less than the first. Beside it stands the floor: a passage counts only when it
holds enough of what the question is about, so that the desk can say that it does not know.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from townhall.knowledge import spelling, words
from townhall.knowledge.index import StoredPassage, Vocabulary

FIELD_WEIGHTS = (4.0, 3.0, 1.0)  # title, heading, text
SATURATION = 1.5  # BM25's k1
USUAL_LENGTH_TERMS = 25  # of a passage's text; longer ones match by chance more easily
LENGTH_EFFECT = 0.3  # BM25's b
ASPECT_SHARE = 0.3  # of a word like "fee" beside one like "library"
UNKNOWN_COUNT = 1  # an unknown word weighs as one that stands in this many passages
FOREIGN_SHARE = 0.3  # of an unknown word in a question that is not in the pages' language
TYPO_SHARE = 0.8  # of a word that had to be guessed
TEXT_EVIDENCE = 0.6  # of a term that stands in the text alone, title and heading being 1
PAIR_EVIDENCE = 0.85  # of two that stand side by side in the text, as in the question
PAGE_EVIDENCE = 0.4  # of a term that stands elsewhere on the page
FLOOR = 0.5  # of the question's weight that a passage must hold
FLOOR_OF_TWO = 0.35  # when title and heading hold two subjects of it: that is seldom chance
PAIR_SHARES = (0.6, 0.6, 0.3)  # of a pair's lesser weight, where it stands side by side here, too
NEAR_BEST = 0.4  # of the best score; what is below only distracts


@dataclass(frozen=True)
class Question:
    """What is asked: the weight of each known term, of them the subjects, and of all unknown."""

    weights: dict[str, float]
    subjects: frozenset[str]
    unknown: float
    pairs: frozenset[tuple[str, str]] = frozenset()  # known terms that stand side by side


def understand(query: str, vocabulary: Vocabulary, town_name: str = "") -> Question:
    """Return what is asked, in the vocabulary's terms; typos are mended where they can be."""
    mended, repairs = spelling.mend(query, vocabulary.spellings)
    guessed = frozenset(words.terms(" ".join(repairs)))
    named = frozenset(words.terms(town_name))
    asked = words.terms(mended)
    subjects = frozenset(t for t in asked if not words.is_aspect(t) and t not in named)
    weights: dict[str, float] = {}
    unknown = 0.0
    for term in dict.fromkeys(asked):
        if term in vocabulary.counts:
            weights[term] = _rarity(vocabulary.counts[term], vocabulary.passages)
            weights[term] *= TYPO_SHARE if term in guessed else 1.0
            weights[term] *= ASPECT_SHARE if subjects and term not in subjects else 1.0
        elif term.isalpha() and not words.is_unspaced(term):
            unknown += _rarity(UNKNOWN_COUNT, vocabulary.passages)
    if words.is_foreign(query):
        unknown *= FOREIGN_SHARE
    if not any(map(str.isalpha, weights)):
        return Question({}, frozenset(), unknown)
    return Question(
        weights=weights,
        subjects=subjects.intersection(weights) or frozenset(weights),
        unknown=unknown,
        pairs=frozenset(pair for pair in pairwise(asked) if weights.keys() >= {*pair}),
    )


def rank(
    question: Question, passages: Sequence[StoredPassage], limit: int
) -> list[tuple[StoredPassage, float]]:
    """Return at most `limit` passages with their scores, best first; none if none is relevant.

    A passage that is not relevant by itself still counts if it scores above all that are.
    """
    on_page: dict[str, set[str]] = {}
    for passage in passages:
        on_page.setdefault(passage.path, set()).update(*passage.terms)
    scores = [(passage, round(_score(question, passage), 6)) for passage in passages]
    scores.sort(key=lambda item: (-item[1], item[0].path, item[0].position))
    relevant = [
        (passage, score)
        for passage, score in scores
        if _is_relevant(question, passage, on_page[passage.path])
    ]
    if not relevant:
        return []
    above = [item for item in scores if item[1] > relevant[0][1]]
    found = [*above, *relevant][:limit]
    return [item for item in found if item[1] >= NEAR_BEST * found[0][1]]


def _rarity(count: int, passages: int) -> float:
    return math.log(1 + (passages - count + 0.5) / (count + 0.5))


def _is_relevant(question: Question, passage: StoredPassage, on_page: set[str]) -> bool:
    """Say whether the passage, with its page, holds enough of what the question is about."""
    title, heading, body = passage.terms
    prominent = {*title, *heading}
    subjects = len(prominent & question.subjects)
    paired = {term for pair in question.pairs.intersection(pairwise(body)) for term in pair}
    shares = [(prominent, 1.0), (paired, PAIR_EVIDENCE), ({*body}, TEXT_EVIDENCE)]
    if subjects:
        shares.append((on_page, PAGE_EVIDENCE))
    held = sum(
        weight * next((share for terms, share in shares if term in terms), 0.0)
        for term, weight in question.weights.items()
    )
    asked = sum(question.weights.values()) + question.unknown
    return held > asked * (FLOOR_OF_TWO if subjects > 1 else FLOOR)


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
    for field, share in zip(passage.terms, PAIR_SHARES, strict=True):
        for pair in question.pairs.intersection(pairwise(field)):
            score += share * min(question.weights[term] for term in pair)
    return score * matched / sum(question.weights.values())
