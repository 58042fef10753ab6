"""Which pieces of a message tell the same matter, and which begin one of their own."""

import re
from dataclasses import dataclass, field
from typing import Literal

from townhall.clerk.incidents import CERTAIN, LIKELY, Guess
from townhall.clerk.opinions import FeedbackKind
from townhall.clerk.places import NAMED, Place
from townhall.clerk.text import Span
from townhall.clerk.vocabulary import load_vocabulary

_VOCABULARY = load_vocabulary("pieces")
# From this weight on words and examples agree that it is an incident.
_SURE = 4.5
_GOES_FURTHER = _VOCABULARY.pattern("goes_further", re.IGNORECASE)
_ANEW = _VOCABULARY.pattern("anew", re.IGNORECASE)
# "They walked off when a light came on" goes on with what they did.
_GOES_ON = _VOCABULARY.pattern("goes_on", re.IGNORECASE)
_ALSO = re.compile(r"(?i)(?:\w+ ){0,2}also\b")


@dataclass(frozen=True)
class Piece:
    """A clause with what it was found to be."""

    span: Span
    kind: Literal["question", "opinion", "incident", "detail"]
    guess: Guess | None = None
    opinion: FeedbackKind | None = None
    topic: str | None = None
    place: Place | None = None


@dataclass
class Group:
    """Pieces that tell the same incident or opinion."""

    kind: Literal["opinion", "incident"]
    pieces: list[Piece] = field(default_factory=list)

    @property
    def text(self) -> str:
        """The pieces' words, in order."""
        return " ".join(piece.span.text for piece in self.pieces)


def is_named(piece: Piece) -> bool:
    """Whether a piece names its place."""
    return piece.place is not None and piece.place.score >= NAMED


def starts_anew(text: str) -> bool:
    """Whether a clause begins another matter: "and there's", "also", "second"."""
    return _ANEW.match(text) is not None


def belongs(group: Group, piece: Piece, is_list: bool) -> bool:
    """Whether `piece` goes on with `group` rather than beginning something of its own."""
    if piece.kind != group.kind:
        anew = starts_anew(piece.span.text) or _ALSO.match(piece.span.text) is not None
        return not anew and _is_aside(group, piece)
    if piece.guess is None:
        kinds = {each.opinion for each in group.pieces if each.opinion}
        topics = {each.topic for each in group.pieces}
        if _GOES_FURTHER.match(piece.span.text) and piece.topic not in topics:
            return False
        return "praise" not in kinds or piece.opinion == "praise"
    codes = {each.guess.kind.code for each in group.pieces if each.guess}
    if _GOES_ON.match(piece.span.text) and not is_list:
        return True
    anew = is_list or starts_anew(piece.span.text)
    if piece.guess.kind.code in codes:
        return piece.place is None or not anew
    has_place = any(is_named(each) for each in group.pieces)
    certain = piece.guess.said >= CERTAIN
    anew = anew or re.search(r"\b(?:too|as well|din|rin|también)\W*$", piece.span.text) is not None
    return not (certain and (anew or (is_named(piece) and has_place)))


def without_headings(groups: list[Group]) -> list[Group]:
    """Leave out incidents of which no more than a weak word is said: "we have two problems"."""
    return [
        each
        for each in groups
        if each.kind == "opinion"
        or max((piece.guess.said for piece in each.pieces if piece.guess), default=0.0) >= LIKELY
    ] or groups


def is_background(group: Group) -> bool:
    """Whether a few words about an incident, without place, only lead to a question."""
    weight = sum(each.guess.said for each in group.pieces if each.guess)
    return (
        group.kind == "incident"
        and weight < CERTAIN + 0.6
        and not any(each.place for each in group.pieces)
    )


def _is_aside(group: Group, piece: Piece) -> bool:
    """Whether an opinion only comments on the incident, or a few words only colour the opinion."""
    if group.kind == "incident":
        return piece.opinion == "complaint" or (
            piece.opinion == "suggestion" and piece.place is None
        )
    weight = piece.guess.said if piece.guess else 0.0
    is_small = piece.place is None or weight < CERTAIN + 0.6
    is_small = is_small and (piece.guess is None or piece.guess.weight < _SURE)
    if any(each.opinion == "suggestion" for each in group.pieces):
        return is_small
    is_complaint = all(each.opinion != "praise" for each in group.pieces)
    return is_complaint and piece.place is None and weight < CERTAIN + 0.6
