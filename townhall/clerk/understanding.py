"""What one message of a resident says: reports, opinions, questions, and who, where and when.

A reading knows nothing of the conversation around it; `dialogue.py` puts it to use.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache

from townhall.clerk.cues import Cues, load_cues
from townhall.clerk.incidents import CERTAIN, Guess, IncidentWords, incident_words
from townhall.clerk.opinions import FeedbackKind, leaning_of, mood_of, topic_of
from townhall.clerk.people import reporter_in
from townhall.clerk.places import Place, places_in
from townhall.clerk.text import Span, clauses, fold, has_cjk, sentences, words
from townhall.clerk.when import When, when_in
from townhall.town import IncidentType, Town

_REFERENCE = re.compile(r"\b(?:INC|FBK)-?[A-Z0-9]{4}-?[A-Z0-9]{4}\b", re.IGNORECASE)
_ASKS = re.compile(
    r"^(?:(?:hi|hello|hey|and|also|ok|so|but|btw|by the way|please|before i go on|good \w+|question:?|quick question:?)[,.!:]?\s+)*"
    r"(?:what|when|where|who|which|how|is|are|do|does|did|can i|can we|could i|may i|will|would|am i|should i|"
    r"why|has|have|ano|saan|kailan|paano|magkano|sino|pwede|bakit|ilan|qué|cuándo|dónde|cómo|cuánto|quién|cuál|"
    r"puedo|hay que|se puede)\b",
    re.IGNORECASE,
)
_REQUEST = re.compile(
    r"\b(?:can|could|would|will|when will) (?:you|someone|somebody|anyone|they|the town|the city|we get someone)\b.{0,40}?"
    r"\b(?:fix|repair|send|come|clean|remove|check|do something|look|pick|collect|replace|help)\b|^(?:why|bakit|por qué)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Report:
    """One incident as the message tells it; `kind` is None if no type of the town fits."""

    kind: IncidentType | None
    weight: float
    text: str
    place: Place | None
    when: When


@dataclass(frozen=True)
class Opinion:
    """One suggestion, complaint or praise as the message tells it."""

    kind: FeedbackKind
    topic: str | None
    text: str


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
    mood: float


@dataclass
class _Piece:
    """A clause with what it was found to be."""

    span: Span
    kind: str
    guess: Guess | None = None
    opinion: FeedbackKind | None = None
    place: Place | None = None


@dataclass
class _Draft:
    kind: str
    pieces: list[_Piece] = field(default_factory=list)


class Reader:
    """Reads messages with the words of one town; the same message is read once."""

    def __init__(self, town: Town) -> None:
        self._town = town
        self._words: IncidentWords = incident_words(town)
        self._cues: Cues = load_cues()
        self.read = lru_cache(maxsize=256)(self._read)

    def _read(self, message: str, sent: datetime) -> Reading:
        text, injected = self._without_injection(message)
        acts = self._cues.acts_in(text)
        reporter = reporter_in(text)
        when = when_in(text, sent, prefer_last="correct" in acts)
        pieces = self._pieces(text, acts, reporter, when)
        drafts = _grouped(pieces)
        places = tuple(places_in(text, [*when.spans, *_span_of(reporter, text)]))
        return Reading(
            text=text,
            acts=acts,
            reports=tuple(
                self._report(text, draft, sent) for draft in drafts if draft.kind == "incident"
            ),
            opinions=tuple(self._opinion(draft) for draft in drafts if draft.kind == "opinion"),
            questions=tuple(piece.span.text for piece in pieces if piece.kind == "question"),
            details=" ".join(piece.span.text for piece in pieces if piece.kind == "detail"),
            places=places,
            when=when,
            reporter=reporter,
            references=tuple(dict.fromkeys(ref.upper() for ref in _REFERENCE.findall(text))),
            injected=injected,
            mood=mood_of(text),
        )

    def _without_injection(self, message: str) -> tuple[str, bool]:
        """Leave out sentences that speak to the machine and what follows from them."""
        kept: list[str] = []
        injected = False
        for sentence in sentences(message):
            found = "injection" in self._cues.acts.keys_in(sentence.text)
            follows = injected and re.match(
                r"(?:then|and|also|next|reply|print|show|set|mark)\b", fold(sentence.text)
            )
            if found or follows:
                injected = True
            else:
                kept.append(sentence.text)
        return (" ".join(kept), True) if injected else (message, False)

    def _pieces(
        self, text: str, acts: frozenset[str], reporter: str | None, when: When
    ) -> list[_Piece]:
        skip = [*when.spans, *_span_of(reporter, text)]
        pieces = []
        for sentence in sentences(text):
            parts = clauses(sentence)
            for part in parts:
                pieces.append(self._piece(part, skip))
        return pieces

    def _piece(self, span: Span, skip: Iterable[tuple[int, int]]) -> _Piece:
        inner = [
            (start - span.start, end - span.start)
            for start, end in skip
            if span.start <= start < span.end
        ]
        places = places_in(span.text, inner)
        place = max(places, key=lambda each: each.score) if places else None
        guesses = self._words.guesses(span.text, [(each.start, each.end) for each in places])
        guess = guesses[0] if guesses else None
        weight = guess.weight if guess else 0.0
        if self._is_question(span.text, weight, place):
            return _Piece(span, "question")
        if self._is_act(span.text, weight, place):
            return _Piece(span, "detail", place=place)
        topic = topic_of(self._town, span.text)
        leaning = leaning_of(span.text, topic is not None)
        if leaning is not None and topic is None and leaning.weight < CERTAIN:
            leaning = None
        if leaning is not None and _is_opinion(leaning.kind, leaning.weight, weight, span.text):
            return _Piece(span, "opinion", opinion=leaning.kind, place=place)
        if guess is not None and weight >= 0.9:
            return _Piece(span, "incident", guess=guess, place=place)
        return _Piece(span, "detail", guess=guess, place=place)

    def _is_act(self, text: str, weight: float, place: Place | None) -> bool:
        """Whether a clause only steers the conversation: "that's all, thanks"."""
        acts = self._cues.acts_in(text) & {
            "close",
            "withdraw",
            "confirm",
            "deny",
            "greet",
            "thanks",
        }
        return bool(acts) and place is None and weight < CERTAIN and len(words(text)) <= 9

    def _is_question(self, text: str, weight: float, place: Place | None) -> bool:
        if "close" in self._cues.acts_in(text):
            return False
        early = 25 if not has_cjk(text) else len(text)
        asks = _ASKS.match(text) is not None or any(
            found.key == "question" and found.start < early for found in self._cues.acts.find(text)
        )
        if not asks and not text.rstrip().endswith(("?", "？")):
            return False
        if _REQUEST.search(text) and weight >= 0.9:
            return False
        if (
            weight >= CERTAIN
            and place is not None
            and not re.match(r"(?i)(?:what|when|where|who|which|how|do i|can i)\b", text)
        ):
            return False
        return asks or weight < CERTAIN

    def _report(self, text: str, draft: _Draft, sent: datetime) -> Report:
        own = " ".join(piece.span.text for piece in draft.pieces)
        weights: dict[str, float] = {}
        kinds: dict[str, IncidentType] = {}
        for piece in draft.pieces:
            if piece.guess is not None:
                code = piece.guess.kind.code
                weights[code] = weights.get(code, 0.0) + piece.guess.weight
                kinds[code] = piece.guess.kind
        best = max(weights, key=lambda code: weights[code])
        places = [piece.place for piece in draft.pieces if piece.place is not None]
        place = max(places, key=lambda each: each.score) if places else None
        when = when_in(own, sent)
        return Report(kinds[best], weights[best], own, place, when)

    def _opinion(self, draft: _Draft) -> Opinion:
        own = " ".join(piece.span.text for piece in draft.pieces)
        kinds = [piece.opinion for piece in draft.pieces if piece.opinion is not None]
        kind = "suggestion" if "suggestion" in kinds else max(kinds, key=kinds.count)
        return Opinion(kind, topic_of(self._town, own), own)


def _is_opinion(kind: FeedbackKind, weight: float, incident: float, text: str) -> bool:
    """Whether an opinion outweighs the incident that the same clause may tell."""
    if kind == "praise":
        return incident < CERTAIN or mood_of(text) > 0.4
    if kind == "suggestion":
        return weight >= incident * 0.6
    return incident < 1.0 or weight > incident


def _grouped(pieces: list[_Piece]) -> list[_Draft]:
    """Put clauses together that tell the same thing; a detail belongs to what was told before."""
    drafts: list[_Draft] = []
    waiting: list[_Piece] = []
    for piece in pieces:
        if piece.kind == "question":
            continue
        last = drafts[-1] if drafts else None
        if piece.kind == "detail":
            (last.pieces if last else waiting).append(piece)
        elif last is not None and _belongs(last, piece):
            last.pieces.append(piece)
        else:
            drafts.append(_Draft(piece.kind, [*waiting, piece]))
            waiting = []
    return drafts


def _belongs(draft: _Draft, piece: _Piece) -> bool:
    """Whether `piece` goes on with `draft` rather than beginning something of its own."""
    if piece.kind != draft.kind:
        return False
    if piece.kind == "opinion":
        kinds = {each.opinion for each in draft.pieces if each.opinion}
        return "praise" not in kinds or piece.opinion == "praise"
    assert piece.guess is not None
    codes = {each.guess.kind.code for each in draft.pieces if each.guess}
    if piece.guess.kind.code in codes:
        return piece.place is None or not starts_anew(piece.span.text)
    separate = piece.guess.weight >= CERTAIN and starts_anew(piece.span.text)
    own_place = (
        piece.guess.weight >= CERTAIN
        and piece.place is not None
        and any(each.place is not None for each in draft.pieces)
    )
    return not (separate or own_place)


def starts_anew(text: str) -> bool:
    """Whether a clause begins another matter: "and there's", "also", "second"."""
    return (
        re.match(
            r"(?i)[,\s]*(?:and |plus |but )?(?:also\b|another\b|there(?:'s|’s| is| are)\b|second(?:ly)?\b|third\b|"
            r"the other\b|plus\b|btw\b|by the way\b|one more\b|as well\b|besides\b|pati\b|saka\b|meron pa\b|"
            r"también\b|además\b|あと|それから|また|then\b|and the\b|and a\b|and an\b)",
            text,
        )
        is not None
    )


def _span_of(name: str | None, text: str) -> list[tuple[int, int]]:
    if name is None:
        return []
    at = fold(text).find(fold(name))
    return [(at, at + len(name))] if at >= 0 and len(fold(text)) == len(text) else []


@lru_cache(maxsize=8)
def reader_of(town: Town) -> Reader:
    """Return the reader of a town, made once."""
    return Reader(town)
