"""A message in pieces: each clause is a question, an opinion, an incident or a detail of one."""

import re
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Literal

from townhall.clerk.cues import Cues, load_cues
from townhall.clerk.groups import (
    Group,
    Piece,
    belongs,
    is_background,
    is_named,
    starts_anew,
    without_headings,
)
from townhall.clerk.incidents import CERTAIN, LIKELY, Guess, IncidentWords, incident_words
from townhall.clerk.opinions import (
    Leaning,
    leaning_of,
    likeliest_opinion,
    mood_of,
    topic_of,
)
from townhall.clerk.places import NAMED, Place, Spans, places_in
from townhall.clerk.text import Span, clauses, has_cjk, sentences, spelled_out, words
from townhall.clerk.vocabulary import load_vocabulary
from townhall.town import Town

# From this leaning on what stands beside a question is an opinion.
_SOUNDS = 2.5
_STEERING = frozenset({"close", "withdraw", "confirm", "deny", "greet", "thanks"})
_VOCABULARY = load_vocabulary("pieces")
_WH = _VOCABULARY.pattern("wh", re.IGNORECASE)
_ASKS = _VOCABULARY.pattern("asks", re.IGNORECASE)
_PROTEST = _VOCABULARY.pattern("protest", re.IGNORECASE)
_REQUEST = _VOCABULARY.pattern("request", re.IGNORECASE)
_WISH = _VOCABULARY.pattern("wish", re.IGNORECASE)
_PROBLEM = _VOCABULARY.pattern("problem", re.IGNORECASE)
# What one has seen is told like this; an opinion is not.
_SIGHTING = _VOCABULARY.pattern("sighting", re.IGNORECASE)
_SUBORDINATE = _VOCABULARY.pattern("subordinate", re.IGNORECASE)
_TELLING = _VOCABULARY.pattern("telling", re.IGNORECASE)
_COMPLIMENTARY_CLOSE = re.compile(
    r"(?i)(?:yours )?(?:sincerely|regards|best regards|respectfully|truly|faithfully)\b\W*$"
    r"|(?:les?|la) saluda\b|(?:un )?saludos?\b|mit freundlichen"
)
_UNREAL = _VOCABULARY.pattern("unreal", re.IGNORECASE)
_ONLY_ASKS = _VOCABULARY.pattern("only_asks", re.IGNORECASE)


class Sorter:
    """Sorts the clauses of a message by the words of one town."""

    def __init__(self, town: Town) -> None:
        self._town = town
        self._words: IncidentWords = incident_words(town)
        self._cues: Cues = load_cues()
        # A conversation is read anew for every answer, its clauses are not.
        self._piece = lru_cache(maxsize=1024)(self._understood)

    def pieces(self, text: str, skip: Spans, is_list: bool) -> list[Piece]:
        """Return the pieces of `text`; `skip`: days and names; `is_list`: commas part matters."""
        found: list[Piece] = []
        if _ONLY_ASKS.search(text):
            return [Piece(sentence, "question") for sentence in sentences(text)]
        for sentence in sentences(text):
            parts = [self._piece(part, _in(part, skip)) for part in clauses(sentence, is_list)]
            matters = {(each.kind, each.opinion, each.guess and each.guess.kind.code)
                       for each in parts if each.kind != "detail"}  # fmt: skip
            # One matter is better understood from its whole sentence.
            found += parts if len(matters) > 1 else [self._piece(sentence, _in(sentence, skip))]
        return found

    def groups(self, pieces: Sequence[Piece], is_list: bool = False) -> list[Group]:
        """Put pieces together that tell the same; a detail belongs to what was told before."""
        groups: list[Group] = []
        waiting: list[Piece] = []
        for piece in pieces:
            last = groups[-1] if groups else None
            if piece.kind == "question":
                continue
            if last is None and piece.kind == "detail":
                waiting.append(piece)
            elif last is not None and (turned := self._problem_after_praise(last, piece)):
                groups.append(Group("incident", [turned]))
            elif last is not None and (piece.kind == "detail" or belongs(last, piece, is_list)):
                last.pieces.append(piece)
            else:
                is_opinion = piece.kind == "opinion"
                told = [*waiting, piece]
                if starts_anew(piece.span.text) and (first := self._sighting(waiting)):
                    groups.append(first)
                    told = [piece]
                groups.append(Group("opinion" if is_opinion else "incident", told))
                waiting = []
        if len(groups) > 1:
            groups = without_headings(groups)
        if any(each.kind == "question" for each in pieces):
            groups = [each for each in groups if not is_background(each)]
        if not groups and len(waiting) < len(pieces):
            # What was seen or wished is told even where the rest is a question.
            told_beside = self._sighting(waiting) or self._sounding(waiting)
            groups += [told_beside] if told_beside else []
        return groups

    def _sighting(self, waiting: Sequence[Piece]) -> Group | None:
        """Return what was seen as an incident of its own, though no pattern knows it."""
        seen = [each for each in waiting if _SIGHTING.match(each.span.text) and is_named(each)]
        text = " ".join(each.span.text for each in seen)
        kind = self._words.nearest(text) or self._town.incident_type("other")
        if not seen or kind is None:
            return None
        first = replace(seen[0], guess=Guess(kind, LIKELY, LIKELY, 0))
        return Group("incident", [first if each is seen[0] else each for each in waiting])

    def _sounding(self, waiting: Sequence[Piece]) -> Group | None:
        """Return what sounds like an opinion to who knows the examples."""
        text = " ".join(each.span.text for each in waiting)
        opinion = likeliest_opinion(text)
        if opinion.weight < max(_SOUNDS, self._words.leaning(text)):
            return None
        topic = topic_of(self._town, text)
        first = replace(waiting[0], kind="opinion", opinion=opinion.kind, topic=topic)
        return Group("opinion", [first, *waiting[1:]])

    def _problem_after_praise(self, group: Group, piece: Piece) -> Piece | None:
        """Take "only one is broken already" after praise of the benches for an incident."""
        is_praise = group.kind == "opinion" and any(p.opinion == "praise" for p in group.pieces)
        if not is_praise or piece.kind == "incident" or not _PROBLEM.search(piece.span.text):
            return None
        guesses = self._words.guesses(f"{group.text} {piece.span.text}")
        if not guesses:
            return None
        place = piece.place or next((p.place for p in group.pieces if p.place), None)
        return Piece(piece.span, "incident", guess=guesses[0], place=place)

    def _understood(self, span: Span, skip: Spans) -> Piece:
        places = places_in(span.text, skip)
        place = max(places, key=lambda each: each.score) if places else None
        guesses = self._words.guesses(
            span.text, [each.span for each in places if each.score >= NAMED]
        )
        guess = guesses[0] if guesses else None
        weight = guess.weight if guess else 0.0
        text = spelled_out(span.text)
        if _UNREAL.search(text) and not self._is_wish(text):
            if text.rstrip().endswith(("?", "？")):
                return Piece(span, "question")
            leaning = self._leaning(text, 0.0, grave=False)
            return self._opinion(span, leaning, place) if leaning else Piece(span, "detail")
        if self._is_act(text, weight, place):
            return Piece(span, "detail", place=place)
        grave = guess is not None and guess.kind.emergency == "always"
        leaning = self._leaning(text, weight, grave)
        if leaning is not None and (leaning.kind == "suggestion" or _PROTEST.match(text)):
            return self._opinion(span, leaning, place)
        if not (grave and weight >= CERTAIN) and self._is_question(text, weight, place):
            return Piece(span, "question")
        if leaning is not None:
            return self._opinion(span, leaning, place)
        kind: Literal["incident", "detail"] = "incident" if weight >= LIKELY else "detail"
        return Piece(span, kind, guess=guess, place=place)

    def _is_wish(self, text: str) -> bool:
        """Whether what is imagined is proposed: "what if there were a bench"."""
        return any(found.key == "suggestion" for found in self._cues.feedback.find(text))

    def _opinion(self, span: Span, leaning: Leaning, place: Place | None) -> Piece:
        topic = topic_of(self._town, span.text)
        return Piece(span, "opinion", opinion=leaning.kind, topic=topic, place=place)

    def _is_act(self, text: str, weight: float, place: Place | None) -> bool:
        """Whether a clause only steers the conversation: "that's all, thanks"."""
        acts = self._cues.acts_in(text)
        if _COMPLIMENTARY_CLOSE.match(text):
            return True
        if "report_intent" in acts and weight < LIKELY:
            return True
        if "thanks" in acts and topic_of(self._town, text) is not None:
            return False
        steers = bool(acts & _STEERING) and place is None and weight < CERTAIN
        return steers and len(words(text)) <= 9

    def _leaning(self, text: str, weight: float, grave: bool) -> Leaning | None:
        """Return the opinion of a clause, if it outweighs the incident it may tell."""
        topic = topic_of(self._town, text)
        leaning = leaning_of(text)
        asks_what = _WH.match(text) is not None
        if _REQUEST.search(text) and weight >= LIKELY:
            return None
        if leaning is None or leaning.kind != "suggestion":
            if _WISH.search(text) and not asks_what and weight < CERTAIN + 1:
                return Leaning("suggestion", CERTAIN)
            if _PROTEST.match(text) and topic is not None and weight < CERTAIN:
                return Leaning("complaint", CERTAIN)
        if leaning is None or (topic is None and leaning.weight < CERTAIN):
            return None
        if leaning.kind == "suggestion":
            return leaning if leaning.weight >= weight * 0.6 and not asks_what else None
        if leaning.kind == "praise":
            is_glad = mood_of(text) > 0.4 or leaning.weight > weight
            return leaning if weight < CERTAIN or (not grave and is_glad) else None
        return leaning if weight < 1.0 or leaning.weight > weight else None

    def _is_question(self, text: str, weight: float, place: Place | None) -> bool:
        if "close" in self._cues.acts_in(text) or _SUBORDINATE.match(text):
            return False
        if weight >= LIKELY and (_REQUEST.search(text) or (place and _TELLING.search(text))):
            return False
        early = 25 if not has_cjk(text) else len(text)
        asks = _ASKS.match(text) is not None or any(
            found.key == "question" and found.start < early for found in self._cues.acts.find(text)
        )
        if not asks and (_SIGHTING.match(text) or not text.rstrip().endswith(("?", "？"))):
            return False
        tells = weight >= CERTAIN and (place is not None or _PROTEST.match(text) is not None)
        return _WH.match(text) is not None or (not tells and (asks or weight < CERTAIN))


def _in(span: Span, stretches: Spans) -> Spans:
    """Return the stretches that begin in `span`, counted from its beginning."""
    start, end = span.start, span.end
    return tuple((a - start, b - start) for a, b in stretches if start <= a < end)


def is_sighting(text: str) -> bool:
    """Whether a text tells what was seen: "there is", "someone": no opinion begins like that."""
    return _SIGHTING.match(text) is not None


def is_unreal(text: str) -> bool:
    """Whether a text tells what was imagined, dreamt or seen in a film."""
    return _UNREAL.search(text) is not None
