"""A filed place or name must stand in the resident's words: a model cannot invent a street.

Every telling word of the field must have been said; what ties words together need not be. Case,
accents, abbreviations, word order and small typing errors do not matter, numbers do. Names are
stricter: their words must have been said together, and not as the name of a street.
"""

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path

from townhall.spelling import Wording, forms, is_same, is_unspaced, table, words

LISTS = Path(__file__).parent / "grounding.toml"
ENDINGS = ("ing", "ed", "es", "s")
REACH = 2  # words that may stand between two of a name: "first name Maria, last name Garcia"


@dataclass(frozen=True)
class _Table:
    neutral: frozenset[str]
    titles: frozenset[str]
    genders: tuple[frozenset[str], ...]


@cache
def _table() -> _Table:
    data = tomllib.loads(LISTS.read_text(encoding="utf-8"))
    titles = frozenset(data["titles"].split())
    return _Table(
        neutral=titles | frozenset(data["nobody"].split()),
        titles=titles,
        genders=tuple(frozenset(line.split()) for line in data["genders"]),
    )


def ungrounded_field(fields: Mapping[str, str | None], resident_words: str) -> str | None:
    """Return the name of the first field that the resident did not say; None if all were said."""
    said = Wording(resident_words)
    for name, value in fields.items():
        if value is not None and not _is_said(name, words(value), said):
            return name
    return None


def _is_said(field: str, value: list[str], said: Wording) -> bool:
    telling = [word for word in value if word not in table().ties]
    match field:
        case "reporter_name":
            return _is_name_said([word for word in telling if word not in _table().titles], said)
        case "person_involved":
            return bool(value) and all(_is_person_said(word, said) for word in telling)
    return _is_place_said(value, telling, said)


def _is_person_said(word: str, said: Wording) -> bool:
    for words_of_gender in _table().genders:
        if word in words_of_gender and not words_of_gender.isdisjoint(said.words):
            return True
    if word in _table().neutral or said.has(word):
        return True
    # "he sleeps on cardboard" is a man sleeping on cardboard.
    stem = _stem(word)
    return stem != word and len(stem) > 3 and any(_stem(other) == stem for other in said.words)


def _stem(word: str) -> str:
    return next((word.removesuffix(end) for end in ENDINGS if word.endswith(end)), word)


def _is_place_said(value: list[str], telling: list[str], said: Wording) -> bool:
    return (
        bool(telling)
        and all(said.has(word) for word in telling)
        and all(_is_street_of_that_kind(name, kind, said) for name, kind in _streets(value))
    )


def _is_street_of_that_kind(name: str, kind: str, said: Wording) -> bool:
    """Whether the street, where it was said with a kind, was said with this one: no avenue
    for a street."""
    kinds = {
        form
        for clause in said.clauses
        for other, beside in _streets(clause)
        if is_same(name, other)
        for form in forms(beside)
    }
    return not kinds or not kinds.isdisjoint(forms(kind))


def _streets(clause: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield names of streets with their kinds: Elm Street, Calle Elm."""
    for one, other in pairwise(clause):
        if _is_street_kind(other):
            yield one, other
        if one in table().leading_street_kinds:
            yield other, one


def _is_street_kind(word: str) -> bool:
    return not table().street_kinds.isdisjoint(forms(word))


def _is_name_said(name: list[str], said: Wording) -> bool:
    """Whether all words of the name were said, close to each other and not as a street's name."""
    if not name or not all(said.has(word) for word in name):
        return False
    spaced = [word for word in name if not is_unspaced(word)]
    places = [_places_of(word, said) for word in spaced]
    reach = REACH + len(places)
    return not places or any(
        all(any(abs(at - start) <= reach for at in others) for others in places[1:])
        for start in places[0]
    )


def _places_of(word: str, said: Wording) -> list[int]:
    """Return at which of the resident's words the name was said; streets are nobody's name."""
    streets = {name for clause in said.clauses for name, _ in _streets(clause)}
    at = [i for i, other in enumerate(said.words) if is_same(word, other)]
    return [i for i in at if said.words[i] not in streets]
