"""Which words are spelt correctly, so that only the others are taken for typing errors."""

from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from spellchecker import SpellChecker


def is_known_word(word: str) -> bool:
    """Whether `word` (folded) is an English or Spanish word."""
    return word in _dictionary()


@lru_cache(maxsize=1)
def _dictionary() -> "SpellChecker":
    # 7 MB and 0.2 s: loaded at the first unknown word, not at start-up.
    from spellchecker import SpellChecker

    return SpellChecker(language=["en", "es"], distance=1)
