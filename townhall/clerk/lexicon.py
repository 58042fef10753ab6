"""Patterns of words, and where they stand in a text. The grammar is that of `taxonomy.toml`:

"loud music" words in order; "lamp + out/off" both in one sentence; "=parked" exactly this word;
"gate?" a weak word.
Endings, accents and typing errors are forgiven. Nothing here knows what a pattern means.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import NamedTuple

from rapidfuzz import process
from rapidfuzz.distance import OSA

from townhall.clerk.spelling import is_known_word
from townhall.clerk.text import Word, fold, has_cjk, split, words

WEAK = 0.4
_ARTICLES = frozenset({"the", "a", "an"})


class Found(NamedTuple):
    """A pattern that stands in a text: whose it is, how much it weighs, the places of its words."""

    key: str
    weight: float
    spans: tuple[tuple[int, int], ...]

    @property
    def start(self) -> int:
        """Where the first of its words begins."""
        return min(start for start, _ in self.spans)


class _Hit(NamedTuple):
    start: int
    end: int
    size: int


class _Pattern(NamedTuple):
    key: str
    parts: int
    weak: bool

    def weight_of(self, hits: Iterable[_Hit]) -> float:
        """Return what the pattern weighs: more words say it more exactly."""
        return WEAK if self.weak else sum(1 + 0.5 * (hit.size - 1) for hit in hits)


class _Phrase(NamedTuple):
    wanted: tuple[str, ...]
    others: frozenset[str]  # what is wanted besides the first word
    pattern: int
    part: int


class Lexicon:
    """Many patterns, each under a key, ready to be looked for at once.

    `reach`: how far apart the parts of "a + b" may be, in characters. `gap`: how many other words
    may stand between two words of a phrase.
    """

    def __init__(self, table: Mapping[str, Iterable[str]], reach: int = 400, gap: int = 2) -> None:
        self._reach = reach
        self._gap = gap
        self._patterns: list[_Pattern] = []
        self._phrases: dict[str, list[_Phrase]] = defaultdict(list)
        self._substrings: list[tuple[str, int, int]] = []
        self._vocabulary: dict[str, str] = {}
        self._stems: set[str] = set()
        for key, patterns in table.items():
            for pattern in patterns:
                self._add(key, pattern)
        # The same clause is asked about several times while it is read, and again later.
        self.find = lru_cache(maxsize=1024)(self._find)
        self._corrected = lru_cache(maxsize=4096)(self._nearest)

    def _find(self, text: str) -> tuple[Found, ...]:
        """Return the patterns that stand in `text`, heaviest first; typing errors are forgiven."""
        hits: dict[int, dict[int, _Hit]] = defaultdict(dict)
        spelled = self._spelled(words(text))
        said = {word.stem for word in spelled} | {f"={word.plain}" for word in spelled}
        for position, word in enumerate(spelled):
            for phrase in self._phrases.get(word.stem, ()):
                if not phrase.others <= said:
                    continue
                end = _end_of(phrase.wanted, spelled, position, self._gap)
                if end is not None:
                    _keep(
                        hits[phrase.pattern], phrase.part, _Hit(word.start, end, len(phrase.wanted))
                    )
        if not text.isascii():
            self._find_substrings(fold(text), hits)
        found = [
            each
            for number, by_part in hits.items()
            if (each := self._found(self._patterns[number], list(by_part.values())))
        ]
        return tuple(sorted(found, key=lambda each: (-each.weight, each.start)))

    def _found(self, pattern: _Pattern, parts: list[_Hit]) -> Found | None:
        """Return the find of a pattern, if all its parts are there and near enough."""
        if len(parts) < pattern.parts:
            return None
        if max(hit.end for hit in parts) - min(hit.start for hit in parts) > self._reach:
            return None
        spans = tuple((hit.start, hit.end) for hit in parts)
        return Found(pattern.key, pattern.weight_of(parts), spans)

    def keys_in(self, text: str) -> frozenset[str]:
        """Return the keys of all patterns that stand in `text`."""
        return frozenset(found.key for found in self.find(text))

    def _add(self, key: str, pattern: str) -> None:
        weak = pattern.endswith("?")
        parts = [part.split("/") for part in pattern.rstrip("?").split(" + ")]
        number = len(self._patterns)
        for index, alternatives in enumerate(parts):
            for each in alternatives:
                self._compile(each, number, index)
        self._patterns.append(_Pattern(key, len(parts), weak))

    def _compile(self, phrase: str, number: int, part: int) -> None:
        said = tuple(split(phrase))
        if has_cjk(phrase) or not said:
            # Japanese is not split into words, and a sign such as ₱ is none.
            self._substrings.append((fold(phrase.strip()), number, part))
            return
        found = tuple(word for word in said if word.plain not in _ARTICLES) or said
        for word in found:
            self._vocabulary[word.plain] = word.stem
            self._stems.add(word.stem)
        # In a phrase "=parked" only the word after the sign must be exact.
        wanted = tuple(
            f"={word.plain}" if phrase[word.start - 1 : word.start] == "=" else word.stem
            for word in found
        )
        self._phrases[found[0].stem].append(_Phrase(wanted, frozenset(wanted[1:]), number, part))

    def _find_substrings(self, text: str, hits: dict[int, dict[int, _Hit]]) -> None:
        for phrase, pattern, part in self._substrings:
            at = text.find(phrase)
            if at >= 0:
                _keep(hits[pattern], part, _Hit(at, at + len(phrase), 2))

    def _spelled(self, found: tuple[Word, ...]) -> list[Word]:
        return [
            word if word.stem in self._stems or len(word.plain) < 5 else self._mended(word)
            for word in found
        ]

    def _mended(self, word: Word) -> Word:
        nearest = self._corrected(word.plain)
        return word._replace(stem=nearest) if nearest else word

    def _nearest(self, plain: str) -> str:
        if not plain.isascii() or plain.isdigit() or is_known_word(plain):
            return ""
        limit = 1 if len(plain) < 10 else 2
        near = process.extract(
            plain, self._vocabulary.keys(), scorer=OSA.distance, score_cutoff=limit, limit=8
        )
        fitting = [
            (found, far) for found, far, _ in near if found[0] == plain[0] and len(found) > 3
        ]
        if not fitting:
            return ""
        # Of equally near words, the one that more patterns begin with is the likelier.
        best = min(fitting, key=lambda each: (each[1], -self._use(self._vocabulary[each[0]])))
        return self._vocabulary[best[0]]

    def _use(self, stem: str) -> int:
        return len(self._phrases.get(stem, ()))


def _keep(parts: dict[int, _Hit], part: int, hit: _Hit) -> None:
    """Keep the longest of the alternatives found for a part, the first of equals."""
    if part not in parts or hit.size > parts[part].size:
        parts[part] = hit


def _end_of(phrase: tuple[str, ...], found: list[Word], position: int, gap: int) -> int | None:
    """Return where `phrase`, which begins at `position`, ends; small gaps are allowed."""
    here = position
    if not _is_word(phrase[0], found[position]):
        return None
    for wanted in phrase[1:]:
        window = range(here + 1, min(here + 2 + gap, len(found)))
        following = next((index for index in window if _is_word(wanted, found[index])), None)
        if following is None:
            return None
        here = following
    return found[here].end


def _is_word(wanted: str, word: Word) -> bool:
    return wanted == word.stem or (wanted[0] == "=" and wanted[1:] == word.plain)
