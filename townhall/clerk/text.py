"""Text as the clerk reads it: sentences, clauses and words with their stems. No meaning yet."""

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from Stemmer import Stemmer

from townhall.clerk.vocabulary import load_vocabulary

_STEMMER = Stemmer("english")
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_CJK = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]")
_VOCABULARY = load_vocabulary("text")
_ABBREVIATIONS = _VOCABULARY.words("abbreviations")
_TITLES = _VOCABULARY.words("titles")
_END = re.compile(r"[.!?…]+[\"'”’)]*(?=\s|$)|[。！？]+|\n+|;")
_CLAUSE = _VOCABULARY.pattern("clause", re.IGNORECASE)
_LIST = _VOCABULARY.pattern("list_item", re.IGNORECASE)
_SHORT = _VOCABULARY.table("short")


class Word(NamedTuple):
    """One word: as compared (`stem`, `plain`) and where it stands in the text."""

    plain: str
    stem: str
    start: int
    end: int


class Span(NamedTuple):
    """A piece of a message: its text and where it begins."""

    text: str
    start: int

    @property
    def end(self) -> int:
        """Where the piece ends in the message."""
        return self.start + len(self.text)


def fold(text: str) -> str:
    """Return `text` for comparison: no case, no accents on Latin letters, plain apostrophes."""
    if text.isascii():
        return text.lower()
    bare = unicodedata.normalize("NFKC", text).casefold().replace("’", "'")
    if bare.isascii():
        return bare
    if _CJK.search(bare):
        return bare
    parts = unicodedata.normalize("NFD", bare)
    return "".join(part for part in parts if unicodedata.category(part) != "Mn")


def fold_in_place(text: str) -> str:
    """Return `text` folded letter by letter, so that every position is that of the original."""
    if text.isascii():
        return text.lower()
    return "".join(folded if len(folded := fold(c)) == 1 else c for c in text)


def has_cjk(text: str) -> bool:
    """Whether `text` has Japanese or Chinese characters, which are not split into words."""
    return _CJK.search(text) is not None


@lru_cache(maxsize=20_000)
def stem(word: str) -> str:
    """Return the stem of one folded word."""
    return str(_STEMMER.stemWord(word.replace("'", "")))


def spelled_out(text: str) -> str:
    """Return `text` with the short spellings of the chat, as in "can u pls", written out."""
    return _WORD.sub(lambda match: _SHORT.get(match.group().lower(), match.group()), text)


@lru_cache(maxsize=1024)
def words(text: str) -> tuple[Word, ...]:
    """Return the words of `text` in order."""
    return tuple(split(text))


def split(text: str) -> Iterator[Word]:
    """Yield the words of `text`, which will not be asked for again."""
    for match in _WORD.finditer(text):
        plain = fold(match.group()).replace("'", "")
        plain = _SHORT.get(plain, plain)
        yield Word(plain, stem(plain), match.start(), match.end())


@lru_cache(maxsize=1024)
def sentences(text: str) -> tuple[Span, ...]:
    """Return the sentences of `text`; abbreviations such as "St." do not end one."""
    found = []
    start = 0
    for match in _END.finditer(text):
        if _is_abbreviation(text, match):
            continue
        found.append(_trim(text, start, match.end()))
        start = match.end()
    found.append(_trim(text, start, len(text)))
    return tuple(span for span in found if span.text)


def _is_abbreviation(text: str, end: re.Match[str]) -> bool:
    if end.group().strip("\"'”’)") not in (".", ".."):
        return False
    before = re.search(r"[^\W\d_]+$", text[: end.start()])
    if before is None:
        return False
    following = text[end.end() :].lstrip()
    if fold(before.group()) in _ABBREVIATIONS:
        return bool(following) and (following[0].islower() or _goes_on(text, before))
    return len(before.group()) == 1 and before.group().isupper()


def _goes_on(text: str, word: re.Match[str]) -> bool:
    """Whether a capital after an abbreviation belongs to it: "Mr. Cruz", but not "Oak St. The"."""
    if fold(word.group()) != "st":
        return fold(word.group()) in _TITLES
    # A saint stands after a small word, a street after its name.
    before = text[: word.start()].split()
    return bool(before) and before[-1][0].islower()


def clauses(sentence: Span, is_list: bool = False) -> tuple[Span, ...]:
    """Return the clauses that may speak of something else: "..., but ..."; in a list, at commas."""
    found = []
    start = 0
    for match in (_LIST if is_list else _CLAUSE).finditer(sentence.text):
        found.append(_trim(sentence.text, start, match.start()))
        start = match.start()
    found.append(_trim(sentence.text, start, len(sentence.text)))
    return tuple(
        Span(piece.text, sentence.start + piece.start)
        for piece in found
        if piece.text.strip(",:-–— ")
    )


def _trim(text: str, start: int, end: int) -> Span:
    piece = text[start:end]
    return Span(piece.strip(), start + len(piece) - len(piece.lstrip()))
