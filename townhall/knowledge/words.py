"""From text to the terms of the index: folded, without stop words, one term for all its synonyms.

Pages and questions take the same way, so both databases hold the same terms and find the same
passages. The table of synonyms is `words.toml`.
"""

import hashlib
import re
import tomllib
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

from Stemmer import Stemmer

TABLE = Path(__file__).parent / "words.toml"
TERM_LIMIT_CHARS = 60  # longer ones are addresses or noise
_WORD = re.compile(r"[^\W_]+")
_LATIN_MARKS = re.compile(r"[\u0300-\u036f]")
_APOSTROPHE = re.compile(r"(?<=\w)['’](?:s\b)?")
# Scripts written without spaces between the words: kana, Han ideographs.
_UNSPACED = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]+")


@dataclass(frozen=True)
class Words:
    """The table. A key of `canonical` is the stems of a word or phrase, its value what it means."""

    stop_words: frozenset[str]
    foreign: frozenset[str]  # the stop words that only other languages have
    aspects: frozenset[str]
    canonical: dict[tuple[str, ...], tuple[str, ...]]
    longest: int  # words in the longest phrase
    unspaced: tuple[tuple[str, str], ...]  # longest first
    spellings: frozenset[str]


def terms(text: str) -> list[str]:
    """Return the terms of a text in order; where no spaces part words, pairs of characters."""
    found: list[str] = []
    for piece in _pieces(text):
        if is_unspaced(piece):
            found.extend(piece[i : i + 2] for i in range(max(1, len(piece) - 1)))
        else:
            found.extend(_canonical_terms(_WORD.findall(piece)))
    return [term for term in found if len(term) <= TERM_LIMIT_CHARS]


def spelled(text: str) -> list[str]:
    """Return the words of a text as they are spelled there, folded, without unspaced scripts."""
    return _WORD.findall(_UNSPACED.sub(" ", fold(text)))


def is_unspaced(term: str) -> bool:
    """Say whether the term is of a script without spaces: a pair of characters, not a word."""
    return _UNSPACED.match(term) is not None


def is_aspect(term: str) -> bool:
    """Say whether the term fits many subjects ("fee", "hours") or is a number."""
    return term in table().aspects or term.isdigit()


def is_foreign(text: str) -> bool:
    """Say whether small words show that the text is not in the pages' language."""
    return not table().foreign.isdisjoint(spelled(text))


def fold(text: str) -> str:
    """Return the text in lower case, with Latin letters free of accents and one form of each."""
    text = unicodedata.normalize("NFKD", text.casefold())
    text = unicodedata.normalize("NFKC", _LATIN_MARKS.sub("", text))
    return _APOSTROPHE.sub("", text)


@lru_cache(maxsize=20_000)
def stem(word: str) -> str:
    """Return the stem of a folded word, by English rules."""
    return str(_stemmer().stemWord(word))


@cache
def table() -> Words:
    """Return the table of synonyms and stop words."""
    data = tomllib.loads(TABLE.read_text(encoding="utf-8"))
    own, other = (frozenset(spelled(data["stop_words"][key])) for key in ("own", "other"))
    canonical: dict[tuple[str, ...], tuple[str, ...]] = {}
    unspaced: dict[str, str] = {}
    spellings: set[str] = set()
    for group in [*data["groups"]["aspects"], *data["groups"]["synonyms"]]:
        for entry in group:
            if _UNSPACED.search(entry):
                unspaced[fold(entry)] = group[0]
            else:
                canonical.setdefault(_stems(entry), _stems(group[0]))
                spellings.update(spelled(entry))
    return Words(
        stop_words=own | other,
        foreign=other - own,
        aspects=frozenset(part for group in data["groups"]["aspects"] for part in _stems(group[0])),
        canonical=canonical,
        longest=max(map(len, canonical)),
        unspaced=tuple(sorted(unspaced.items(), key=lambda item: -len(item[0]))),
        spellings=frozenset(spellings | own | other),
    )


@cache
def table_digest() -> str:
    """Return what changes when the terms of a text may change: the table, or the code here."""
    return hashlib.sha256(TABLE.read_bytes() + Path(__file__).read_bytes()).hexdigest()


def _pieces(text: str) -> Iterator[str]:
    """Yield runs of spaced and of unspaced script; known words of the latter are replaced."""
    text = fold(text)
    if _UNSPACED.search(text):
        for foreign, word in table().unspaced:
            text = text.replace(foreign, f" {word} ")
    position = 0
    for match in _UNSPACED.finditer(text):
        yield text[position : match.start()]
        yield match.group()
        position = match.end()
    yield text[position:]


def _canonical_terms(tokens: Sequence[str]) -> Iterator[str]:
    """Yield the terms of some words; the longest phrase of the table that fits comes first."""
    words = table()
    stems = [stem(token) for token in tokens]
    i = 0
    while i < len(stems):
        length, known = _longest_phrase(stems, i)
        if length > 1 or tokens[i] not in words.stop_words:
            yield from known
        i += length


def _longest_phrase(stems: Sequence[str], start: int) -> tuple[int, tuple[str, ...]]:
    """Return how many stems from `start` the table knows together, and what they mean."""
    words = table()
    for length in range(min(words.longest, len(stems) - start), 0, -1):
        if known := words.canonical.get(tuple(stems[start : start + length])):
            return length, known
    return 1, (stems[start],)


def _stems(entry: str) -> tuple[str, ...]:
    return tuple(map(stem, spelled(entry)))


@cache
def _stemmer() -> Stemmer:
    return Stemmer("english")
