"""Which words are spelt correctly, so that only the others are taken for typing errors."""

from functools import lru_cache
from typing import TYPE_CHECKING

# Words that come this often in a million words begin to say little.
_OFTEN = 30.0

if TYPE_CHECKING:
    from spellchecker import SpellChecker


def is_known_word(word: str) -> bool:
    """Whether `word` (folded) is an English or Spanish word."""
    return word in _dictionary()


def rarity(word: str) -> float:
    """Return how much the presence of `word` says, 0 to 1: "rooster" much, "come" nothing."""
    per_million = _dictionary().word_usage_frequency(word) * 1e6
    return min(1.0, _OFTEN / per_million) if per_million > 0 else 1.0


@lru_cache(maxsize=1)
def _dictionary() -> "SpellChecker":
    # 7 MB and 0.2 s: loaded at the first unknown word, not at start-up.
    from spellchecker import SpellChecker

    return SpellChecker(language=["en", "es"], distance=1)
