"""When two drafts tell of one thing: same type, same place, same words. And what both say together.

A resident says "that's all" twice, a model calls its tool twice: one record. Two lamps, two
houses, two bicycles: two records.
"""

from townhall.records.schemas import Detail, Draft, FeedbackDraft, IncidentDraft
from townhall.spelling import Wording, fold, forms, is_unspaced, table, words

SAME_SHARE = 0.9  # of the letters in telling words of the shorter text that the other has too
COMPARED_CHARACTERS = 2000  # of each text; who writes more begins alike or tells another thing
LONGEST = 8000  # characters of a description, as the schema says


def tells_the_same(old: Draft, new: Draft) -> bool:
    """Whether `new` is `old` said again, perhaps with more in it."""
    if not resembles(old, new):
        return False
    return _same_words(_text(old), _text(new))


def resembles(old: Draft, new: Draft) -> bool:
    """Whether the two are of one type, and at one place as far as both say where."""
    match old, new:
        case IncidentDraft(), IncidentDraft():
            is_there = _same_place(old.location, new.location)
            return old.incident_type == new.incident_type and is_there
        case FeedbackDraft(), FeedbackDraft():
            return old.feedback_kind == new.feedback_kind
    return False


def combined(old: Draft, new: Draft) -> Draft:
    """Return `old` with what is new in `new`; what `new` leaves out stays."""
    said = {key: value for key, value in new if value is not None}
    if isinstance(old, IncidentDraft) and isinstance(new, IncidentDraft):
        said["description"] = _both(old.description, new.description)
        said["location"] = _fuller(old.location, new.location)
        said["details"] = _merged_details(old.details, new.details)
    elif isinstance(old, FeedbackDraft) and isinstance(new, FeedbackDraft):
        said["summary"] = _both(old.summary, new.summary)
    return old.model_copy(update=said)


def _merged_details(old: tuple[Detail, ...], new: tuple[Detail, ...]) -> tuple[Detail, ...]:
    # A code that is in `new` has the values that it has there.
    answered = {detail.code for detail in new}
    return (*(detail for detail in old if detail.code not in answered), *new)


def _text(draft: Draft) -> str:
    return draft.description if isinstance(draft, IncidentDraft) else draft.summary


def _same_place(old: str | None, new: str | None) -> bool:
    if old is None or new is None:
        return True
    return not _missing(new, old) or not _missing(old, new)


def _same_words(old: str, new: str) -> bool:
    if fold(old) == fold(new):
        return True
    old, new = old[:COMPARED_CHARACTERS], new[:COMPARED_CHARACTERS]
    lost, added = _missing(new, old), _missing(old, new)
    if any(map(_is_number, lost)) and any(map(_is_number, added)):
        return False
    if not table().another.isdisjoint(added):
        return False
    return min(_share(lost, old), _share(added, new)) <= 1 - SAME_SHARE


def _missing(text: str, words_of: str) -> list[str]:
    """Return the telling words of `words_of` that `text` has not."""
    wording = Wording(text)
    return [word for word in _telling(words_of) if not wording.has(word)]


def _telling(text: str) -> list[str]:
    return [
        piece
        for word in words(text)
        if word not in table().ties
        for piece in (_pairs(word) if is_unspaced(word) else [word])
    ]


def _pairs(stretch: str) -> list[str]:
    # No spaces part the words: pairs of characters stand for them.
    return [stretch[i : i + 2] for i in range(max(1, len(stretch) - 1))]


def _share(part: list[str], text: str) -> float:
    whole = sum(map(len, _telling(text)))
    return sum(map(len, part)) / whole if whole else 1.0


def _is_number(word: str) -> bool:
    return any(character.isdigit() for form in forms(word) for character in form)


def _both(old: str, new: str) -> str:
    of_old, of_new = set(_telling(old)), set(_telling(new))
    if of_new <= of_old:
        return old
    together = new if of_old <= of_new else f"{old}\n{new}"
    return together if len(together) <= LONGEST else old


def _fuller(old: str | None, new: str | None) -> str | None:
    if old is None or new is None:
        return old or new
    return new if not _missing(new, old) and _missing(old, new) else old
