"""How what was expected is compared with what was said: without case, accents and spacing."""

import re
import unicodedata
from collections.abc import Iterable

_ACCENTS = re.compile("[\u0300-\u036f]")
_QUOTES = str.maketrans("‘’“”", "''\"\"")


def fold(text: str) -> str:
    """Return `text` as it is compared; Japanese voicing marks are letters, not accents."""
    bare = _ACCENTS.sub("", unicodedata.normalize("NFKD", text.translate(_QUOTES)))
    return " ".join(unicodedata.normalize("NFKC", bare).casefold().split())


def contains_any(text: str, choices: Iterable[str]) -> bool:
    """Whether one of `choices` stands in `text`."""
    folded = fold(text)
    return any(fold(choice) in folded for choice in choices)
