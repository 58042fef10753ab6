"""A filed place or name must stand in the resident's words: a model cannot invent a street.

The comparison is fuzzy, so that a corrected typo or a changed word order passes.
"""

import unicodedata
from collections.abc import Mapping

from rapidfuzz import fuzz

# rapidfuzz's scores run from 0 to 100. A word counts as said from WORD on (one letter of eight
# may differ); a field passes when SHARE of its letters are in words that were said.
WORD = 86
SHARE = 0.75
# What a clerk adds when writing down somebody's words.
CONNECTING_WORDS = frozenset(
    {"a", "an", "and", "at", "by", "corner", "de", "del", "el", "en", "from", "front", "in", "la"}
    | {"las", "los", "near", "next", "ng", "na", "of", "on", "or", "outside", "sa", "the", "to"}
    | {"ave", "avenue", "rd", "road", "st", "street", "under", "with", "man", "woman", "person"}
)


def ungrounded_field(fields: Mapping[str, str | None], resident_words: str) -> str | None:
    """Return the name of the first field that the resident did not say; None if all were said."""
    said = _normal(resident_words)
    for name, value in fields.items():
        if value is not None and not _is_said(_normal(value), said):
            return name
    return None


def _is_said(value: str, said: str) -> bool:
    if value in said:
        return True
    words = [word for word in value.split() if word not in CONNECTING_WORDS]
    if not words:
        return False
    found = sum(len(word) for word in words if _word_is_said(word, said))
    return found >= SHARE * sum(map(len, words))


def _word_is_said(word: str, said: str) -> bool:
    if len(word) < 4:
        return word in said.split()
    return fuzz.partial_ratio(word, said) >= WORD


def _normal(text: str) -> str:
    # Without case and accents; whatever is not a letter or a digit separates words.
    folded = unicodedata.normalize("NFKD", text.casefold())
    kept = "".join(c for c in folded if not unicodedata.combining(c))
    return " ".join("".join(c if c.isalnum() else " " for c in kept).split())
