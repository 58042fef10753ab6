"""Which incident types of the town a text speaks of, and how severe it sounds."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property, lru_cache

from townhall.clerk.cues import load_cues
from townhall.clerk.lexicon import Found, Lexicon
from townhall.clerk.text import fold, words
from townhall.town import IncidentType, Town

# From this weight on a type is certain enough to be a report of its own.
CERTAIN = 1.4
_IN_PLACE = 0.3
_FURTHER = 0.35
_NEGATED = 0.15
# Half of a word that only one type has, or as much of several.
_SHARED = 0.5
# Where danger to life is likely, it goes before what else may be meant.
_GRAVE = 1.15
# "It does not touch any wires" is no report of a wire.
_NEGATION = re.compile(
    r"(?:\bdoesn'?t|\bdoes not|\bdon'?t|\bdo not|\bdidn'?t|\bdid not|\bisn'?t|\bis not|\bnot|\bno|\bnever|\bwithout|"
    r"\bhindi(?: naman)?|\bsin)(?: \w+)?\s*$"
)


@dataclass(frozen=True)
class Guess:
    """An incident type with the weight of the words that speak for it, and the first of them."""

    kind: IncidentType
    weight: float
    start: int


@dataclass(frozen=True)
class IncidentWords:
    """The town's words for incidents, ready to be looked for."""

    town: Town
    types: Lexicon
    severities: dict[str, Lexicon] = field(default_factory=dict)

    def guesses(self, text: str, places: Iterable[tuple[int, int]] = ()) -> tuple[Guess, ...]:
        """Return the types that `text` may mean, likeliest first; words of a place count little."""
        spans = tuple(places)
        idioms = [
            span
            for found in load_cues().acts.find(text)
            if found.key == "idiom"
            for span in found.spans
        ]
        weights: dict[str, list[float]] = {}
        starts: dict[str, int] = {}
        for found in self.types.find(text):
            weight = found.weight * _share_outside(found, spans)
            if any(found.start < end and start < found.spans[0][1] for start, end in idioms):
                continue
            if _NEGATION.search(fold(text[max(0, found.start - 30) : found.start])):
                weight *= _NEGATED
            weights.setdefault(found.key, []).append(weight)
            starts[found.key] = min(starts.get(found.key, found.start), found.start)
        guesses = []
        for code, each in weights.items():
            kind = self.town.incident_type(code)
            if kind is not None:
                each.sort(reverse=True)
                total = each[0] + _FURTHER * sum(each[1:4])
                if kind.emergency == "always" and total > CERTAIN:
                    total *= _GRAVE
                guesses.append(Guess(kind, total, starts[code]))
        return tuple(sorted(guesses, key=lambda guess: (-guess.weight, guess.start)))

    def nearest(self, text: str) -> IncidentType | None:
        """Return the type whose words `text` shares, for a report that fits no pattern of any."""
        shares: dict[str, float] = {}
        for stem in {word.stem for word in words(text)}:
            codes = self._codes_by_stem.get(stem, ())
            for code in codes:
                shares[code] = shares.get(code, 0.0) + 1 / len(codes)
        best = max(shares, key=lambda code: shares[code], default=None)
        if best is None or shares[best] < _SHARED:
            return None
        return self.town.incident_type(best)

    @cached_property
    def _codes_by_stem(self) -> dict[str, tuple[str, ...]]:
        found: dict[str, set[str]] = {}
        # An emergency is never guessed from a single word.
        for kind in (each for each in self.town.incident_types if each.emergency != "always"):
            for word in words(" ".join(kind.keywords)):
                if len(word.plain) > 3:
                    found.setdefault(word.stem, set()).add(kind.code)
        return {stem: tuple(sorted(codes)) for stem, codes in found.items()}

    def severity(self, kind: IncidentType, text: str) -> int:
        """Return the level of an incident of that type told by `text`, from 1 to 5."""
        if kind.emergency == "always":
            return kind.default_severity
        cues = load_cues().severity.keys_in(text)
        levels = [int(key) for key in self.severities[kind.code].keys_in(text)]
        if levels:
            return max(levels)
        if "down" in cues:
            return max(1, kind.default_severity - 1)
        return min(4, kind.default_severity + 1) if "up" in cues else kind.default_severity


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
        Lexicon.of({kind.code: kind.keywords for kind in town.incident_types}),
        {
            kind.code: Lexicon.of({str(cue.level): cue.keywords for cue in kind.severity_cues})
            for kind in town.incident_types
        },
    )
