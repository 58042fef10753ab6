"""Typos in a question, mended by the words that the pages and the table of synonyms use."""

import re
from collections.abc import Iterable
from functools import lru_cache

from rapidfuzz import process
from rapidfuzz.distance import OSA

from townhall.knowledge import words

SHORTEST = 5  # characters; in a shorter word one wrong letter is mostly another word
LONG = 9  # characters from which any wrong letter, and two of them, still show the word
_VOWELS = re.compile("[aeiouy]")


def mend(text: str, known: frozenset[str]) -> tuple[str, frozenset[str]]:
    """Return the text with its typos mended by `known` words, and the words that were put in."""
    repairs = {
        token: near
        for token in words.spelled(text)
        if words.stem(token) not in _stems(known)
        if (near := _nearest(token, known)) is not None
    }
    if not repairs:
        return text, frozenset()
    pattern = re.compile(rf"\b(?:{'|'.join(map(re.escape, repairs))})\b")
    mended = pattern.sub(lambda match: repairs[match.group()], words.fold(text))
    return mended, frozenset(repairs.values())


@lru_cache(maxsize=2)
def _stems(known: frozenset[str]) -> frozenset[str]:
    return frozenset(map(words.stem, known))


@lru_cache(maxsize=1000)
def _nearest(token: str, known: frozenset[str]) -> str | None:
    """Return the known word that `token` was meant to be; None if there is none so near."""
    if len(token) < SHORTEST or not token.isalpha():
        return None
    near = process.extract(
        token,
        _candidates(token, known),
        scorer=OSA.distance,
        score_cutoff=1 if len(token) < LONG else 2,
        limit=None,
    )
    return min(((distance, word) for word, distance, _ in near), default=(0, None))[1]


def _candidates(token: str, known: Iterable[str]) -> list[str]:
    return [word for word in known if word[0] == token[0] and _is_slip(token, word)]


def _is_slip(token: str, word: str) -> bool:
    """Say whether letters are missing, too many, swapped or wrong vowels.

    In a short word another consonant is mostly another word: "beach" is not "bench". Nor does
    one often err in the first two letters: "flight" is not "fight".
    """
    if len(word) < SHORTEST or abs(len(token) - len(word)) > 1:
        return False
    if len(token) >= LONG:
        return True
    if sorted(token) == sorted(word):
        return True
    if token[:2] != word[:2]:
        return False
    return len(token) != len(word) or _VOWELS.sub("", token) == _VOWELS.sub("", word)
