"""Emergencies, found by a fixed check of the resident's own words before any model sees them.

The rules and the words are data (emergencies.toml). A rule names classes of phrases that stand
close together; what the sentence says besides can take the alarm back: long ago, over, a film, a
permit. When in doubt about life and limb it fires: a false alarm costs a line of text.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from operator import attrgetter

from townhall.assistant.emergencies import Book, Rule, any_of, load_book
from townhall.assistant.phrases import Hit, PhraseBook, Sentence, read_sentences
from townhall.town import Town

_FALLBACK = "en"
# Both in half words. A rule's phrases stand within a dozen words of each other; what takes an alarm
# back stands within thirty, because people in a hurry write without full stops.
_REACH = 24
_VETO_REACH = 60
# A sentence with so many times more everyday words of another language is not in this one.
_CLEARLY_MORE = 3


@dataclass(frozen=True)
class Alarm:
    """An emergency: its kind ("fire", "medical" ...) and the language it was told in."""

    kind: str
    language: str


def check_emergency(text: str, languages: Sequence[str]) -> Alarm | None:
    """Return the emergency that `text` tells of, in one of `languages`, or None.

    Languages without a word list are left out; if none has one, English is used.
    """
    book = load_book()
    known = [language for language in languages if language in book.lists] or [_FALLBACK]
    reading = _Reading(text, known, book)
    found = {language: _kind_in(reading, language, book) for language in known}
    kinds = {language: kind for language, kind in found.items() if kind is not None}
    if not kinds:
        return None
    told_in = max(kinds, key=reading.count_common)
    return Alarm(kinds[told_in], told_in)


def emergency_text(alarm: Alarm, town: Town) -> str:
    """Return what the desk says before anything else; the number is in the first line."""
    replies = load_book().replies
    reply = replies.get(alarm.language, replies[_FALLBACK])
    return reply.format(number=town.emergency.number).strip()


class _Reading:
    """A text as sentences, each with the languages that it may be meant in."""

    def __init__(self, text: str, languages: Sequence[str], book: Book) -> None:
        self._book = book
        self._sentences = read_sentences(text)
        self._languages = [self._may_be_in(sentence, languages) for sentence in self._sentences]
        self._found: dict[tuple[PhraseBook, int], list[Hit]] = {}

    def count_common(self, language: str) -> int:
        """Return how many everyday words of `language` itself the sentences have."""
        common = self._book.lists[language].common
        return sum(len(common.intersection(sentence.words)) for sentence in self._sentences)

    def find_cues(self, language: str) -> list[Hit]:
        """Return the phrases of rules in the sentences that may be meant in `language`."""
        lists = self._book.lists_for(language)
        return self._find(language, [words.cues for words in lists])

    def find_context(self, language: str) -> list[Hit]:
        """Return the other phrases in the same sentences."""
        lists = self._book.lists_for(language)
        return self._find(language, [words.context for words in lists])

    def _find(self, language: str, books: Sequence[PhraseBook]) -> list[Hit]:
        hits: list[Hit] = []
        for sentence, languages in zip(self._sentences, self._languages, strict=True):
            for phrases in books if language in languages else ():
                key = phrases, sentence.number
                if key not in self._found:
                    self._found[key] = phrases.find(sentence)
                hits += self._found[key]
        return hits

    def _may_be_in(self, sentence: Sentence, languages: Sequence[str]) -> list[str]:
        """Return the likely ones: "hier" is here in one language and yesterday in another."""
        counts = dict.fromkeys(languages, 0)
        for word in set(sentence.words):
            for language in self._book.spoken_in.get(word, ()):
                if language in counts:
                    counts[language] += 1
        most = max(counts.values())
        return [language for language in counts if counts[language] * _CLEARLY_MORE >= most]


class _Surroundings:
    """What the text says around a place, summed up in coarse steps so that a look is cheap."""

    def __init__(self, hits: Iterable[Hit]) -> None:
        self._bits: defaultdict[tuple[int, int], int] = defaultdict(int)
        for hit in hits:
            self._bits[hit.sentence, hit.place // _VETO_REACH] |= hit.bits
        self._within = cache(self._sum_up)

    def around(self, first: Hit, last: Hit, *, sentences: int) -> int:
        """Return the classes within reach, at most so many sentences before and after."""
        steps = first.place // _VETO_REACH - 1, last.place // _VETO_REACH + 2
        return self._within(first.sentence - sentences, last.sentence + sentences + 1, *steps)

    def _sum_up(self, first: int, end: int, first_step: int, end_step: int) -> int:
        return any_of(
            self._bits.get((sentence, step), 0)
            for sentence in range(first, end)
            for step in range(first_step, end_step)
        )


def _kind_in(reading: _Reading, language: str, book: Book) -> str | None:
    cues = sorted(reading.find_cues(language), key=attrgetter("start"))
    if not any(_met_rules(cues, book.rules)):
        return None
    hits = _without_idioms([*cues, *reading.find_context(language)], book.harmless)
    surroundings = _Surroundings(hits)
    kept: set[Rule] = set()
    for rule, first, last in _met_rules(hits, book.rules):
        if rule not in kept:
            same = surroundings.around(first, last, sentences=0)
            near = surroundings.around(first, last, sentences=1)
            if not _is_taken_back(rule, book, same, near):
                kept.add(rule)
    return next((rule.kind for rule in book.rules if rule in kept), None)


def _met_rules(hits: Sequence[Hit], rules: Sequence[Rule]) -> Iterator[tuple[Rule, Hit, Hit]]:
    """Yield each rule that hits close together meet, with the first and the last of them."""
    wanted = any_of(hit.bits for hit in hits)
    rules = [rule for rule in rules if rule.is_met_by(wanted)]
    terms = any_of(term for rule in rules for term in rule.terms)
    useful = [hit for hit in hits if hit.bits & terms]
    places = [hit.place for hit in useful]
    met: dict[int, list[Rule]] = {}
    for at, first in enumerate(useful):
        bits = 0
        for last in useful[at : bisect_right(places, first.place + _REACH)]:
            if last.bits & terms & ~bits:
                bits |= last.bits & terms
                if bits not in met:
                    met[bits] = [rule for rule in rules if rule.is_met_by(bits)]
                for rule in met[bits]:
                    yield rule, first, last


def _is_taken_back(rule: Rule, book: Book, same: int, near: int) -> bool:
    if same & rule.never_with:
        return True
    if same & rule.unless and not same & book.now:
        return True
    return bool(near & rule.unless_near) and not same & book.still


def _without_idioms(hits: Sequence[Hit], harmless: int) -> list[Hit]:
    """Return, by place, the phrases that are no part of an idiom or that hold a whole one."""
    idiom_at: dict[int, tuple[int, int]] = {}
    for hit in hits:
        for at in range(hit.start, hit.end) if hit.bits & harmless else ():
            start, end = idiom_at.get(at, (hit.start, hit.end))
            idiom_at[at] = min(start, hit.start), max(end, hit.end)
    kept = [hit for hit in hits if not hit.bits & harmless and _stands(hit, idiom_at)]
    return sorted(kept, key=attrgetter("start"))


def _stands(hit: Hit, idiom_at: Mapping[int, tuple[int, int]]) -> bool:
    for at in range(hit.start, hit.end):
        if at in idiom_at:
            start, end = idiom_at[at]
            holds = hit.start <= start and end <= hit.end and hit.end - hit.start > end - start
            if not (holds and hit.is_solid):
                return False
    return True
