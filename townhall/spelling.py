"""Texts as they are compared: in words, without case, accents, abbreviations and typing errors.

Nothing here is shown to anybody; what people wrote is kept as they wrote it.
"""

import re
import tomllib
import unicodedata
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

from rapidfuzz import process
from rapidfuzz.distance import OSA

FURTHEST = 3  # letters in which two spellings of one word differ, at most
HANGUL_PARTICLE = 3  # syllables that follow a Korean noun without a space, at most
LISTS = Path(__file__).parent / "spelling.toml"
_LATIN_MARKS = re.compile("[\u0300-\u036f]")
# Scripts that leave no spaces between words: Thai to Khmer, kana, Han ideographs.
_UNSPACED = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3040-\u30ff\u3400-\u9fff"
_TOKEN = re.compile(f"[{_UNSPACED}]+|[^\\W_{_UNSPACED}]+")
_IS_UNSPACED = re.compile(f"[{_UNSPACED}]")
_IDEOGRAPH = re.compile("[\u3400-\u9fff]")
_HANGUL = re.compile("[\uac00-\ud7af]")
_APOSTROPHE = re.compile(r"(?<=\w)['’ʼ](?=\w)")
_INITIALS = re.compile(r"\b(?:[^\W\d_]\.){2,}")
_PUNCTUATION = re.compile(r"[.,;:!?()\n。、！？「」]")
_VOWELS = re.compile("[aeiouy]")


@dataclass(frozen=True)
class Table:
    """What `spelling.toml` says."""

    forms: dict[str, tuple[str, ...]]
    ties: frozenset[str]
    unspaced_ties: re.Pattern[str]
    street_kinds: frozenset[str]
    leading_street_kinds: frozenset[str]
    another: frozenset[str]


@cache
def table() -> Table:
    """Return the lists of `spelling.toml`."""
    data = tomllib.loads(LISTS.read_text(encoding="utf-8"))
    known: dict[str, tuple[str, ...]] = {}
    for group in data["same"]:
        first, *others = group.split()
        for word in (first, *others):
            known[word] = (*known.get(word, ()), first)
    return Table(
        forms=known,
        ties=frozenset(data["ties"].split()),
        unspaced_ties=re.compile("|".join(data["unspaced_ties"])),
        street_kinds=frozenset(data["street_kinds"].split()),
        leading_street_kinds=frozenset(data["leading_street_kinds"].split()),
        another=frozenset(data["another"].split()),
    )


def fold(text: str) -> str:
    """Return the text in lower case, its Latin letters without accents, each in one form only."""
    once = unicodedata.normalize("NFKD", text.casefold()).casefold()
    return unicodedata.normalize("NFKC", _LATIN_MARKS.sub("", once))


def clauses(text: str) -> list[list[str]]:
    """Return the words between one punctuation mark and the next, folded, in order.

    A stretch of a script without spaces is one word.
    """
    text = _INITIALS.sub(lambda match: match.group().replace(".", ""), fold(text))
    text = _APOSTROPHE.sub("", text)
    parts = (_TOKEN.findall(part) for part in _PUNCTUATION.split(text))
    return [part for part in parts if part]


def words(text: str) -> list[str]:
    """Return all words in order, folded."""
    return [word for clause in clauses(text) for word in clause]


def forms(word: str) -> tuple[str, ...]:
    """Return what the word stands for: `st` is a street or a saint, most words are themselves."""
    return table().forms.get(word, (word,))


def is_unspaced(word: str) -> bool:
    """Whether the word comes from a script that leaves no spaces."""
    return _IS_UNSPACED.match(word) is not None


def key_of(text: str | None) -> str | None:
    """Return what is the same for all spellings of a place; None where no word is left.

    Calle Mabini is Mabini Street, and no. 12 is 12.
    """
    lists = table()
    kept = [
        forms(word)[0]
        for clause in clauses(text or "")
        for word in sorted(clause, key=lists.leading_street_kinds.__contains__)
        if word not in lists.ties
    ]
    return " ".join(word for word in kept if word != "number") or None


class Wording:
    """The words of a text, to be asked whether it has others."""

    def __init__(self, text: str) -> None:
        self.clauses = clauses(text)
        self.words = [word for clause in self.clauses for word in clause]

    def has(self, word: str) -> bool:
        """Whether the text has the word: in any form, inflected by an s, or slightly misspelt."""
        if is_unspaced(word):
            return self._covers(word)
        if not self._forms.isdisjoint(forms(word)):
            return True
        others = self._by_initial.get(word[0], ())
        near = process.extract_iter(word, others, scorer=OSA.distance, score_cutoff=FURTHEST)
        return any(is_same(word, other) for other, _, _ in near)

    @cached_property
    def _forms(self) -> frozenset[str]:
        # Neighbours also as one word: "street light" is a streetlight.
        joined = (one + other for one, other in zip(self.words, self.words[1:], strict=False))
        return frozenset(joined) | {form for word in self.words for form in forms(word)}

    @cached_property
    def _by_initial(self) -> dict[str, list[str]]:
        # A slip keeps the first letter: this is what makes long texts quick to search.
        found: dict[str, list[str]] = {}
        for form in self._forms:
            found.setdefault(form[0], []).append(form)
        return found

    @cached_property
    def _unspaced(self) -> str:
        return " ".join(word for word in self.words if is_unspaced(word))

    def _covers(self, word: str) -> bool:
        """Whether the stretch is made of pieces of the text and of particles."""
        if word in self._unspaced:
            return True
        at = 0
        while at < len(word):
            at_next = self._end_of_piece(word, at)
            if at_next == at:
                return False
            at = at_next
        return True

    def _end_of_piece(self, word: str, at: int) -> int:
        for end in range(len(word), at + 1, -1):
            piece = word[at:end]
            is_telling = len(piece) > 2 or _IDEOGRAPH.search(piece)
            if is_telling and piece in self._unspaced:
                return end
        tie = table().unspaced_ties.match(word, at)
        return tie.end() if tie else at


def is_same(word: str, other: str) -> bool:
    """Whether the two are one word: in any form, with an s, or with a typing error.

    In a short word a swapped or missing letter or a wrong vowel; another consonant makes another
    word (park, mark). One error in up to eight letters, two in longer words, none in numbers.
    """
    if not set(forms(word)).isdisjoint(forms(other)):
        return True
    if _HANGUL.match(word):
        return other.startswith(word) and len(other) - len(word) <= HANGUL_PARTICLE
    shorter, longer = sorted((word, other), key=len)
    if len(shorter) < 3 or word[0] != other[0] or any(map(str.isdigit, word + other)):
        return False
    if longer in (f"{shorter}s", f"{shorter}es"):
        return True
    return len(shorter) > 3 and _is_slip(word, other)


def _is_slip(word: str, other: str) -> bool:
    length = max(len(word), len(other))
    allowed = 1 if length <= 8 else 2
    if OSA.distance(word, other, score_cutoff=allowed) > allowed:
        return False
    if length > 6 or len(word) != len(other) or sorted(word) == sorted(other):
        return True
    return _VOWELS.sub("", word) == _VOWELS.sub("", other)
