"""Which incident types of the town a text speaks of, and how severe it sounds."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from itertools import pairwise

from townhall.clerk.cues import load_cues
from townhall.clerk.days import is_recurring
from townhall.clerk.learned import leanings_of
from townhall.clerk.lexicon import Found, Lexicon
from townhall.clerk.spelling import rarity
from townhall.clerk.text import fold, words
from townhall.clerk.vocabulary import load_vocabulary
from townhall.town import IncidentType, Town

# From this weight on a type is certain enough to be a report of its own.
CERTAIN = 1.4
# From this weight on an emergency is certain though the fixed check before the clerk saw none.
GRAVE = 3.0
# Below this weight the words for a type are too few to be a report.
LIKELY = 0.9
_IN_PLACE = 0.3
_FURTHER = 0.35
_NEGATED = 0.15
# Nearly a whole rare word that only one type has, or as much of several.
_SHARED = 0.8
_DETAIL = 0.3
# Characters between two words of one find that do not yet make it doubtful.
_NEAR = 60
_FAR = 0.7
# Where danger to life is likely, it goes before what else may be meant.
_DANGER = 1.15
_DAILY = 0.6
# Words for what was fixed or is long past are a story, not a report.
_OVER = 0.3
_SETTLED = load_vocabulary("pieces").pattern("settled", re.IGNORECASE)
_UNSETTLED = load_vocabulary("pieces").pattern("unsettled", re.IGNORECASE)
_PLAIN = load_vocabulary("pieces").pattern("plain", re.IGNORECASE)
_NEGATION = load_vocabulary("talk").pattern("negation")


@dataclass(frozen=True)
class Guess:
    """An incident type with the weight of what speaks for it.

    `said` is what words alone weigh, the first of them at `start`; `weight` is that in the light
    of what examples have taught.
    """

    kind: IncidentType
    weight: float
    said: float
    start: int


@dataclass(frozen=True)
class IncidentWords:
    """The town's words for incidents, ready to be looked for."""

    town: Town
    types: Lexicon
    severities: dict[str, Lexicon] = field(default_factory=dict)  # by type, made when needed

    def guesses(self, text: str, places: Iterable[tuple[int, int]] = ()) -> tuple[Guess, ...]:
        """Return the types that `text` may mean, likeliest first; words of a place count little."""
        spans = tuple(places)
        idioms = [
            span
            for found in load_cues().acts.find(text)
            if found.key == "idiom"
            for span in found.spans
        ]
        again = is_recurring(text)
        is_over = _SETTLED.search(text) is not None and not _UNSETTLED.search(text)
        weights: dict[str, float] = {}
        seen: dict[str, list[tuple[int, int]]] = {}
        weighed = [
            (self._weight(found, text, spans, idioms), found) for found in self.types.find(text)
        ]
        for weight, found in sorted(weighed, key=lambda each: -each[0]):
            covered = seen.setdefault(found.key, [])
            fresh = [span for span in found.spans if span not in covered]
            # Another pattern adds to the first by the words that are its own.
            share = _FURTHER * len(fresh) / len(found.spans) if covered else 1.0
            weights[found.key] = weights.get(found.key, 0.0) + weight * share
            covered += fresh
        guesses = []
        for code, total in weights.items():
            kind = self.town.incident_type(code)
            if kind is not None:
                grave = kind.emergency == "always" and total > CERTAIN
                start = min(start for start, _ in seen[code])
                # What happens every day is no emergency, whatever its words.
                factor = (_DAILY if again else _DANGER) if grave else 1.0
                if is_over and kind.when in ("now", "noticed"):
                    factor *= _OVER
                guesses.append(Guess(kind, total * factor, total * factor, start))
        guesses = self._in_light_of_examples(text, guesses)
        return tuple(sorted(guesses, key=lambda guess: (-guess.weight, guess.start)))

    def _in_light_of_examples(self, text: str, guesses: list[Guess]) -> list[Guess]:
        """Weigh guesses anew by what examples have taught, and add the types these suggest.

        A type that no example knows, one of the town's own, is taken for as likely as any.
        """
        if not guesses:
            return []
        learned = leanings_of(text)
        likeliest = max(learned.values())
        is_plain = _PLAIN.search(text) is not None
        found = []
        for guess in guesses:
            said = learned.get(guess.kind.code, likeliest)
            is_danger = guess.kind.emergency == "always"
            if is_danger or is_plain:
                said = max(0.0, said)  # not talked away
            if is_danger and guess.said >= GRAVE:
                said = max(said, likeliest)
            found.append(replace(guess, weight=max(0.0, guess.weight + said)))
        is_grave = any(
            guess.kind.emergency == "always" and guess.said >= CERTAIN for guess in found
        )
        if not is_grave and max(guess.weight for guess in found) >= LIKELY:
            told = {guess.kind.code for guess in guesses}
            strongest = max(guess.said for guess in guesses)
            found += [
                Guess(kind, weight, strongest, 0)
                for kind, weight in self._suggested(text).items()
                if kind.code not in told
            ]
        return found

    def _suggested(self, text: str) -> dict[IncidentType, float]:
        """Return the types that `text` sounds like to who knows the examples; no emergencies."""
        return {
            kind: weight
            for kind in self.town.incident_types
            if kind.emergency != "always" and (weight := leanings_of(text).get(kind.code, 0.0)) > 0
        }

    @staticmethod
    def _weight(
        found: Found,
        text: str,
        places: tuple[tuple[int, int], ...],
        idioms: Sequence[tuple[int, int]],
    ) -> float:
        if any(start < found.spans[0][1] and found.start < end for start, end in idioms):
            return 0.0
        return (
            found.weight
            * _share_outside(found, places)
            * (_NEGATED if _is_negated(found, text) else 1.0)
            * _nearness(found)
        )

    def leaning(self, text: str) -> float:
        """Return how much `text` sounds like the likeliest of the town's types, by the examples."""
        learned = leanings_of(text)
        codes = (kind.code for kind in self.town.incident_types)
        return max((learned[code] for code in codes if code in learned), default=0.0)

    def nearest(self, text: str) -> IncidentType | None:
        """Return the type of a report that fits no pattern of any: by the examples, else by words.

        A few shared words are not enough to say that it is about a crime or somebody's life.
        """
        suggested = self._suggested(text)
        if suggested:
            return max(suggested, key=lambda kind: suggested[kind])
        shares: dict[str, float] = {}
        for stem, plain in {word.stem: word.plain for word in words(text)}.items():
            codes = self._codes_by_stem.get(stem, {})
            for code, share in codes.items():
                said = share * share / sum(codes.values()) * rarity(plain)
                shares[code] = shares.get(code, 0.0) + said
        best = max(shares, key=lambda code: shares[code], default=None)
        if best is None or shares[best] < _SHARED:
            return None
        return self.town.incident_type(best)

    @cached_property
    def _codes_by_stem(self) -> dict[str, dict[str, float]]:
        """For each word the types that use it: fully as their thing, little as what befell it."""
        found: dict[str, dict[str, float]] = {}
        # An emergency is never guessed from a single word.
        for kind in self.town.incident_types:
            if kind.private or kind.emergency == "always":
                continue
            for keyword in kind.keywords:
                for index, part in enumerate(keyword.split(" + ")):
                    for word in words(part):
                        if len(word.plain) > 3:
                            codes = found.setdefault(word.stem, {})
                            share = _DETAIL if index else 1.0
                            codes[kind.code] = max(share, codes.get(kind.code, 0.0))
        return found

    def severity(self, kind: IncidentType, text: str) -> int:
        """Return the level of an incident of that type told by `text`, from 1 to 5."""
        if kind.emergency == "always":
            return kind.default_severity
        cues = load_cues().severity.keys_in(text)
        levels = [
            int(found.key)
            for found in self._severity_cues(kind).find(text)
            if not _is_negated(found, text)
        ]
        if levels:
            return max(levels)
        if "down" in cues:
            return max(1, kind.default_severity - 1)
        return min(4, kind.default_severity + 1) if "up" in cues else kind.default_severity

    def _severity_cues(self, kind: IncidentType) -> Lexicon:
        if kind.code not in self.severities:
            cues = {str(cue.level): cue.keywords for cue in kind.severity_cues}
            self.severities[kind.code] = Lexicon(cues)
        return self.severities[kind.code]


def _is_negated(found: Found, text: str) -> bool:
    """Whether a word of the find is denied: "no wires", "nearly crashed"."""
    return any(_NEGATION.search(fold(text[max(0, start - 30) : start])) for start, _ in found.spans)


def _nearness(found: Found) -> float:
    """Return how much a find counts: words far apart may belong to different things."""
    ends = sorted(found.spans)
    gap = max((b[0] - a[1] for a, b in pairwise(ends)), default=0)
    return 1.0 if gap <= _NEAR else max(_FAR, _NEAR / gap)


def _share_outside(found: Found, spans: tuple[tuple[int, int], ...]) -> float:
    """Return how much of a find counts: words that only name the place count little."""
    counts = [
        _IN_PLACE if any(begin <= start and end <= finish for begin, finish in spans) else 1.0
        for start, end in found.spans
    ]
    # Of "swing + chain" the first is the thing: if that is only the place, it is another matter.
    return counts[0] if counts[0] < 1 else sum(counts) / len(counts)


@lru_cache(maxsize=8)
def incident_words(town: Town) -> IncidentWords:
    """Return the town's words for incidents, compiled once per town."""
    return IncidentWords(
        town,
        Lexicon({kind.code: kind.keywords for kind in town.incident_types}),
    )
