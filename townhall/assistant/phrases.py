"""Finds the phrases of a word list in running text, in one pass, whatever the typing is like.

A list groups phrases in classes ("weapon": "knife", "kitchen knife"). A phrase is a row of words:
`a|b` is either word, `a_b` two words as one choice, `a?` may be missing, `*` stands for up to three
words, `~a` forgives one slip of the keys, `-a` is any longer word that ends so, `{class}` is any
phrase of that class, `#` a number, `#year` a year and `.` the edge of the sentence.

Accents, case and apostrophes do not matter. In scripts without spaces every character counts as a
word, and two of them as one where words are counted.
"""

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import accumulate, chain, product
from typing import NamedTuple

Classes = Mapping[str, Sequence[str]]
Row = tuple[str, ...]  # words one after another
Phrase = tuple[tuple[Row, ...], ...]  # for each part the rows that may stand there

_KANA_KANJI = "぀-ヿ㐀-䶿一-鿿々ー"
_UNSPACED = re.compile(f"[{_KANA_KANJI}]")
_WORDS = re.compile(rf"[{_KANA_KANJI}]|[^\W_{_KANA_KANJI}]+")
_BREAKS = re.compile(r"[.!?;:。…\n]+")
_EDGE = "."
_ELIDED = re.compile(r"\b([cdjlmnst]|qu|quelqu|lorsqu|jusqu|puisqu|presqu)'")
_APOSTROPHE = re.compile(r"(?<=\w)'(?=\w)")
_ACCENTS = re.compile("[\u0300-\u036f]+")
_LONG_RUN = re.compile(r"([a-z])\1{2,}")
_YEAR = re.compile(r"(?:19|20)\d\d")
_TYPO_CHARS = 6
_WORD_SIZE = 2
_GAP_SIZE = 3 * _WORD_SIZE
_SENTENCE_SIZE = 3 * _WORD_SIZE


class Sentence(NamedTuple):
    """The words of a sentence, each with its place; `number` and `start` count from the first.

    Places count half words, so that a character of an unspaced script can be one, and go on
    counting from one sentence to the next.
    """

    number: int
    start: int
    words: list[str]
    places: list[int]


class Hit(NamedTuple):
    """A phrase in the text: its classes as bits, its words [start, end), its place and sentence.

    It is solid if no word of others stands in its gaps.
    """

    bits: int
    start: int
    end: int
    is_solid: bool
    place: int
    sentence: int


@dataclass(slots=True)
class _Node:
    """A place in phrases; what follows is spelt out when a text first comes here.

    Of all the ways to say all phrases a town hears few: the others need no memory.
    """

    children: "dict[str, _Node]" = field(default_factory=dict)
    gap: "_Node | None" = None
    bits: int = 0
    waiting: list[tuple[Phrase, int]] = field(default_factory=list)

    def open(self) -> "_Node":
        """Spell out the next words of the phrases that wait here."""
        for phrase, bits in self.waiting:
            self._add(phrase, bits)
        self.waiting = []
        return self

    def _add(self, phrase: Phrase, bits: int) -> None:
        if not phrase:
            self.bits |= bits
            return
        for row in phrase[0]:
            if row:
                self._descend(row).waiting.append((phrase[1:], bits))
            else:
                self._add(phrase[1:], bits)

    def _descend(self, row: Row) -> "_Node":
        node = self
        for word in row:
            if word == "*":
                node.gap = node.gap or _Node()
                node = node.gap
            else:
                node = node.children.setdefault(word.removeprefix("~"), _Node())
        return node


def read_sentences(text: str) -> list[Sentence]:
    """Return the sentences of `text` that have a word."""
    sentences: list[Sentence] = []
    start = place = 0
    for part in _BREAKS.split(fold(text)):
        words = _WORDS.findall(part)
        if words:
            places = list(accumulate(_sizes(part, words), initial=place))
            place = places.pop() + _SENTENCE_SIZE
            sentences.append(Sentence(len(sentences), start, words, places))
            start += len(words)
    return sentences


def _sizes(part: str, words: Sequence[str]) -> list[int]:
    if _UNSPACED.search(part):
        return [1 if _UNSPACED.match(word) else _WORD_SIZE for word in words]
    return [_WORD_SIZE] * len(words)


def fold(text: str) -> str:
    """Return `text` without case, accents, apostrophes and stretched letters."""
    plain = text.casefold()
    if not plain.isascii():
        # Latin accents only: the marks of kana are letters of their own.
        plain = _ACCENTS.sub("", unicodedata.normalize("NFKD", plain))
        plain = unicodedata.normalize("NFC", plain)
    plain = plain.replace("’", "'")
    if "'" in plain:
        plain = _APOSTROPHE.sub("", _ELIDED.sub(r"\1 ", plain))
    return _LONG_RUN.sub(r"\1", plain)


class PhraseBook:
    """Phrases ready to be found: those of the classes that `bit_of` has a bit for."""

    def __init__(self, classes: Classes, bit_of: Mapping[str, int]) -> None:
        self._root = _Node()
        self._words: set[str] = set()
        self._typos: dict[str, str] = {}
        self._endings: set[str] = set()
        for name, bit in bit_of.items():
            for said in classes.get(name, ()):
                self._add(tuple(_parts(said, classes)), bit)
        self._root.open()
        self._is_exact = not (self._typos or self._endings)
        self._ending_sizes = sorted({len(ending) for ending in self._endings}, reverse=True)
        self._known = lru_cache(maxsize=4096)(self._look_up)

    def find(self, sentence: Sentence) -> list[Hit]:
        """Return every phrase in `sentence`, also those within one another."""
        if self._is_exact and self._words.isdisjoint(sentence.words):
            return []
        said = [word if word in self._words else self._known(word) for word in sentence.words]
        words = [_EDGE, *said, _EDGE]
        places = [sentence.places[0], *sentence.places, sentence.places[-1]]
        first = sentence.start - 1
        return [
            Hit(bits, first + at, first + end, is_solid, places[at], sentence.number)
            for at, word in enumerate(words)
            if (child := self._root.children.get(word)) is not None
            for end, bits, is_solid in _ends(child, words, places, at + 1)
        ]

    def _add(self, marked: Phrase, bits: int) -> None:
        for word in {word for rows in marked for row in rows for word in row} - {"*"}:
            plain = word.removeprefix("~")
            if plain.startswith("-"):
                self._endings.add(plain[1:])
            elif plain != word:
                self._typos.update((less, plain) for less in _with_one_less(plain))
            self._words.add(plain)
        self._root.waiting.append((marked, bits))

    def _look_up(self, word: str) -> str:
        if word.isdigit():
            return "#year" if _YEAR.fullmatch(word) else "#"
        if len(word) >= _TYPO_CHARS - 1:
            for less in _with_one_less(word):
                meant = self._typos.get(less)
                if meant is not None and meant[0] == word[0]:
                    return meant
        for size in self._ending_sizes:
            if size < len(word) and word[-size:] in self._endings:
                return f"-{word[-size:]}"
        return word


def _ends(
    node: _Node, words: Sequence[str], places: Sequence[int], at: int
) -> list[tuple[int, int, bool]]:
    """Return (end, bits, is_solid) of each phrase that goes on from `node` at the word `at`."""
    found: list[tuple[int, int, bool]] = []
    ways = [(node, at, True)]
    for here, to, is_solid in ways:
        if here.waiting:
            here.open()
        if here.bits:
            found.append((to, here.bits, is_solid))
        if to == len(words):
            continue
        if (child := here.children.get(words[to])) is not None:
            ways.append((child, to + 1, is_solid))
        if here.gap is not None:
            gap = here.gap.open()
            for later in range(to, bisect_right(places, places[to] + _GAP_SIZE)):
                if (child := gap.children.get(words[later])) is not None:
                    ways.append((child, later + 1, is_solid and later == to))
    return found


def _parts(phrase: str, classes: Classes) -> Iterator[tuple[Row, ...]]:
    """Yield for each part of `phrase` the rows of words that may stand there."""
    for part in phrase.split():
        if part.startswith("{"):
            yield tuple(
                tuple(chain.from_iterable(rows))
                for said in classes[part.strip("{}")]
                for rows in product(*_parts(said, classes))
            )
        else:
            yield _rows(part)


@lru_cache(maxsize=16_384)
def _rows(part: str) -> tuple[Row, ...]:
    rows = [_row(word) for spelling in part.rstrip("?").split("|") for word in _spelt(spelling)]
    return (*rows, ()) if part.endswith("?") else tuple(rows)


def _row(word: str) -> Row:
    if word[0] in "*#" or word == _EDGE:
        return (word,)
    mark = word[0] if word[0] in "~-" else ""
    first, *rest = _WORDS.findall(fold(word.removeprefix(mark)))
    return (mark + first, *rest)


def _spelt(word: str) -> Iterable[str]:
    """Return `word`, and as people write it who have no umlauts on their keyboard."""
    bare = word.replace("ä", "ae").replace("ö", "oe").replace("ü", "ue")
    return (word,) if bare == word else (word, bare)


def _with_one_less(word: str) -> set[str]:
    """Return `word` and all that is left of it without one letter: two words a slip apart meet."""
    return {word, *(word[:at] + word[at + 1 :] for at in range(len(word)))}
