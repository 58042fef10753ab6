"""What labelled examples have taught: how far the words of a text speak for each kind of message.

`make learn` makes the weights from `training/examples.tsv`; nothing is learned while the desk runs.
"""

import gzip
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from itertools import pairwise
from math import sqrt

import orjson

from townhall.clerk.text import Word, fold, has_cjk, words

NOTHING = ("nothing", "question")  # labels of what is not to be filed
# Where a label scores as much as these it is the likelier: residents write to report.
_EVEN = 1.1
_ENOUGH = 5  # known words; fewer say little
# However surely the examples speak, the words that a town has chosen for its types still count.
_LEAST, _MOST = -1.6, 8.0


@dataclass(frozen=True)
class Lesson:
    """A linear classifier, one label against the rest, over the features of a text.

    A feature's weights are one byte per label, `zero` is none; `step` is what one unit counts.
    """

    examples: str  # the SHA-256 of what it was made from
    labels: list[str]
    intercepts: list[float]
    step: float
    zero: int
    numbers: dict[str, int]  # of the features
    rarities: list[float]  # how much each feature is of a text
    weights: bytes

    def scores(self, features: Iterable[str]) -> list[float]:
        """Return the score of each label: the higher, the likelier."""
        known = [self.numbers[each] for each in features if each in self.numbers]
        if not known:
            return self.intercepts
        size = len(self.labels)
        rows = (self.weights[at * size : (at + 1) * size] for at in known)
        scale = self.step / sqrt(sum(self.rarities[at] ** 2 for at in known))
        sums = map(sum, zip(*rows, strict=True))
        zero = self.zero * len(known)
        return [
            (said - zero) * scale + intercept
            for said, intercept in zip(sums, self.intercepts, strict=True)
        ]


def features_of(text: str) -> set[str]:
    """Return what is looked at in `text`: stems, pairs of them, and letters of Japanese."""
    said = [_feature_of(word) for word in words(text)]
    found = {*said, *(f"{one} {two}" for one, two in pairwise(("^", *said, "$")))}
    if has_cjk(text):
        letters = "".join(letter for letter in fold(text) if letter.isalnum())
        found.update(letters[at : at + size] for size in (1, 2, 3) for at in range(len(letters)))
    if text.rstrip().endswith(("?", "？")):
        found.add("?")
    return found


@lru_cache(maxsize=2048)
def leanings_of(text: str) -> dict[str, float]:
    """Return how much `text` sounds like each label rather than like nothing to be filed.

    Counted like the weights of the patterns, where one word of a type is 1; 0 says nothing either
    way.
    """
    lesson = shipped_lesson()
    scores = dict(zip(lesson.labels, lesson.scores(features_of(text)), strict=True))
    nothing = max(scores.pop(label) for label in NOTHING)
    sure = _sureness(text, lesson)
    return {
        label: sure * min(max(score - nothing + _EVEN, _LEAST), _MOST)
        for label, score in scores.items()
    }


def _sureness(text: str, lesson: Lesson) -> float:
    """Return how far the examples can speak of `text`, 0 to 1: they must know its words."""
    if has_cjk(text):
        return 1.0
    said = words(text)
    known = sum(_feature_of(word) in lesson.numbers for word in said)
    return min(1.0, known / _ENOUGH) * known / len(said) if said else 0.0


def _feature_of(word: Word) -> str:
    return "#" if word.plain[:1].isdigit() else word.stem


@lru_cache(maxsize=1)
def shipped_lesson() -> Lesson:
    """Return the weights that come with the clerk."""
    packed = files("townhall.clerk").joinpath("learned.gz").read_bytes()
    head, _, weights = gzip.decompress(packed).partition(b"\n")
    stored = orjson.loads(head)
    features = stored.pop("features")
    return Lesson(**stored, numbers={name: at for at, name in enumerate(features)}, weights=weights)
