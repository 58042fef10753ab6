"""What one message of a resident says: reports, opinions, questions, and who, where and when.

A reading knows nothing of the conversation around it; `dialogue.py` puts it to use.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from townhall.clerk.cues import load_cues
from townhall.clerk.groups import Group, starts_anew
from townhall.clerk.opinions import FeedbackKind, topic_of
from townhall.clerk.people import reporter_in
from townhall.clerk.pieces import Sorter
from townhall.clerk.places import NAMED, Place, places_in
from townhall.clerk.text import fold, sentences, words
from townhall.clerk.when import When, when_in
from townhall.town import IncidentType, Town

# With its hyphens in any case; without them only as it is printed.
_REFERENCE = re.compile(
    r"\b(?i:(?:INC|FBK)[- ][A-Z0-9]{4}[- ]?[A-Z0-9]{4})\b"
    r"|\b(?:INC|FBK)(?=[A-Z]*\d)[A-Z0-9]{8}\b"
)
_FOLLOWS_INJECTION = re.compile(r"(?:then|and|also|next|reply|print|show|set|mark|after that)\b")
# Words that an opinion without a topic has at most, if it is no matter of its own.
_EXCLAMATION = 5
# A later place must be this much surer than the first to be taken instead.
_LATER = 1.5


@dataclass(frozen=True)
class Report:
    """One incident as the message tells it."""

    kind: IncidentType
    weight: float
    text: str
    place: Place | None
    when: When

    @property
    def starts_anew(self) -> bool:
        """Whether its words begin another matter."""
        return starts_anew(self.text)


@dataclass(frozen=True)
class Opinion:
    """One suggestion, complaint or praise as the message tells it."""

    kind: FeedbackKind
    topic: str | None
    text: str

    @property
    def starts_anew(self) -> bool:
        """Whether its words begin another matter."""
        return starts_anew(self.text)


@dataclass(frozen=True)
class Reading:
    """Everything that a message says; `text` is without what tries to steer the machine."""

    text: str
    acts: frozenset[str]
    reports: tuple[Report, ...]
    opinions: tuple[Opinion, ...]
    questions: tuple[str, ...]
    details: str
    places: tuple[Place, ...]
    when: When
    reporter: str | None
    references: tuple[str, ...]
    injected: bool


class Reader:
    """Reads messages with the words of one town; the same message is read once."""

    def __init__(self, town: Town) -> None:
        self._town = town
        self._sorter = Sorter(town)
        self._acts = load_cues()
        self.read = lru_cache(maxsize=256)(self._read)

    def _read(self, message: str, sent: datetime) -> Reading:
        text, injected = self._without_injection(message)
        acts = self._acts.acts_in(text)
        reporter = reporter_in(text)
        when = when_in(text, sent, prefer_last="correct" in acts)
        skip = (*when.spans, *_span_of(reporter, text))
        pieces = self._sorter.pieces(text, skip, is_list="three" in acts)
        groups = self._sorter.groups(pieces, is_list="three" in acts)
        return Reading(
            text=text,
            acts=acts,
            reports=tuple(_report(each, sent) for each in groups if each.kind == "incident"),
            opinions=tuple(
                self._opinion(each, reporter, text)
                for each in groups
                if each.kind == "opinion" and not (len(groups) > 1 and _is_exclamation(each))
            ),
            questions=tuple(piece.span.text for piece in pieces if piece.kind == "question"),
            details=" ".join(piece.span.text for piece in pieces if piece.kind == "detail"),
            places=places_in(text, skip),
            when=when,
            reporter=reporter,
            references=tuple(dict.fromkeys(ref.upper() for ref in _REFERENCE.findall(text))),
            injected=injected,
        )

    def _without_injection(self, message: str) -> tuple[str, bool]:
        """Leave out sentences that speak to the machine and what follows from them."""
        kept: list[str] = []
        injected = False
        for sentence in sentences(message):
            found = "injection" in self._acts.acts.keys_in(sentence.text)
            if found or (injected and _FOLLOWS_INJECTION.match(fold(sentence.text))):
                injected = True
            else:
                kept.append(sentence.text)
        return (" ".join(kept), True) if injected else (message, False)

    def _opinion(self, group: Group, reporter: str | None, text: str) -> Opinion:
        kinds = [piece.opinion for piece in group.pieces if piece.opinion is not None]
        kind = "suggestion" if "suggestion" in kinds else max(kinds, key=kinds.count)
        about = group.text.replace(reporter, " ") if reporter else group.text
        # "Could you add a fountain?" is about what the rest of the message is about.
        return Opinion(kind, topic_of(self._town, about) or topic_of(self._town, text), group.text)


def _is_exclamation(group: Group) -> bool:
    """Whether an opinion is no more than "Lovely." beside something else that is told."""
    has_topic = any(piece.topic for piece in group.pieces)
    return not has_topic and len(words(group.text)) <= _EXCLAMATION


def _report(group: Group, sent: datetime) -> Report:
    weights: dict[str, float] = {}
    said: dict[str, float] = {}
    kinds: dict[str, IncidentType] = {}
    for piece in group.pieces:
        if piece.guess is not None:
            code = piece.guess.kind.code
            # What is told first is what it is about; the rest says how it came or what it did.
            first = 0.8 if not weights else 0.0
            weights[code] = weights.get(code, 0.0) + piece.guess.weight + first
            said[code] = said.get(code, 0.0) + piece.guess.said + first
            kinds[code] = piece.guess.kind
    best = max(weights, key=lambda code: weights[code])
    places = [piece.place for piece in group.pieces if piece.place and piece.place.score >= NAMED]
    return Report(
        kinds[best], said[best], group.text, best_place(places), when_in(group.text, sent)
    )


def best_place(places: Sequence[Place]) -> Place | None:
    """Return the first place, unless it says little or a later one is much surer."""
    best: Place | None = None
    for place in places:
        if best is None or place.score >= best.score + (_LATER if best.score >= 0.6 else 0.01):
            best = place
    return best


def _span_of(name: str | None, text: str) -> list[tuple[int, int]]:
    if name is None:
        return []
    at = fold(text).find(fold(name))
    return [(at, at + len(name))] if at >= 0 and len(fold(text)) == len(text) else []


@lru_cache(maxsize=8)
def reader_of(town: Town) -> Reader:
    """Return the reader of a town, made once."""
    return Reader(town)
