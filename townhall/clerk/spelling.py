"""Which words are spelt correctly, so that only the others are taken for typing errors."""

import gzip
from collections import Counter
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

import orjson

# Words that come this often in a million words begin to say little.
_OFTEN = 30.0
_LANGUAGES = ("en", "es")


@dataclass(frozen=True)
class _Dictionary:
    words: frozenset[str]
    often: dict[str, float]  # the common ones, by how often they come in a million words


def is_known_word(word: str) -> bool:
    """Whether `word` (folded) is an English or Spanish word."""
    return word in _dictionary().words


def rarity(word: str) -> float:
    """Return how much the presence of `word` says, 0 to 1: "rooster" much, "come" nothing."""
    return _OFTEN / _dictionary().often.get(word, _OFTEN)


@lru_cache(maxsize=1)
def _dictionary() -> _Dictionary:
    # The lists of pyspellchecker without its class, which takes three times as long to load. Read
    # at the first unknown word, not at start-up.
    counts: Counter[str] = Counter()
    for language in _LANGUAGES:
        packed = files("spellchecker").joinpath(f"resources/{language}.json.gz").read_bytes()
        counts.update(orjson.loads(gzip.decompress(packed)))
    million = counts.total() / 1e6
    least = _OFTEN * million
    often = {word: count / million for word, count in counts.items() if count > least}
    return _Dictionary(frozenset(counts), often)
