"""The persons that a resident speaks of, in their own words: who did it, or whom it befell.

Who is only mentioned is left out: the neighbour who saw it, the children who pass there.
"""

import re
from functools import lru_cache
from typing import Literal

from townhall.clerk.people import PLACE_WORD
from townhall.clerk.text import fold, has_cjk, sentences
from townhall.clerk.vocabulary import load_vocabulary

# Whom a report is about: those it befell, those who did it, or a thing, where only somebody who
# is well described can matter.
Interest = Literal["subjects", "doers", "things"]

_VOCABULARY = load_vocabulary("people")
_NO_NAMES = _VOCABULARY.words("no_names")
_DESCRIPTION = _VOCABULARY.pattern("description", re.IGNORECASE)
_MENTION = _VOCABULARY.pattern("mention")
_LOOKS = _VOCABULARY.pattern("looks", re.IGNORECASE)
_JA_PERSON = _VOCABULARY.pattern("ja_person")
_NOBODY = _VOCABULARY.pattern("nobody", re.IGNORECASE)
_NONE_THERE = _VOCABULARY.pattern("none_there", re.IGNORECASE)
_IS_SOURCE = _VOCABULARY.pattern("is_source", re.IGNORECASE)
_IS_BYSTANDER = _VOCABULARY.pattern("is_bystander", re.IGNORECASE)
_IS_OBJECT = _VOCABULARY.pattern("is_object", re.IGNORECASE)
_NAME_FOLLOWS = _VOCABULARY.pattern("name_follows")
_THEN_LOOKS = _VOCABULARY.pattern("then_looks", re.IGNORECASE)
_LOOKS_BEGIN = _VOCABULARY.pattern("looks_begin", re.IGNORECASE)
_LOOKS_END = _VOCABULARY.pattern("looks_end", re.IGNORECASE)
_JOINED_NAME = _VOCABULARY.pattern("joined_name")
_TOLD = _VOCABULARY.pattern("told", re.IGNORECASE)
_HELPS = _VOCABULARY.pattern("helps")
_NAMED = _VOCABULARY.patterns("named")
# The part of a pattern that tells who, if it is not all of it.
_KEPT = {
    pattern: group
    for pattern in _NAMED
    for group in ("alone", "owner")
    if group in pattern.groupindex
}
_PERSON = _VOCABULARY.pattern("person_in", re.IGNORECASE)
_ARTICLE = _VOCABULARY.pattern("article", re.IGNORECASE)
_QUALIFIER = _VOCABULARY.pattern("qualifier", re.IGNORECASE)
_WELL_DESCRIBED = _VOCABULARY.pattern("well_described", re.IGNORECASE)
_BARE = _VOCABULARY.pattern("bare", re.IGNORECASE)
_KIN = _VOCABULARY.pattern("kin", re.IGNORECASE)
_UNKNOWN = _VOCABULARY.pattern("unknown", re.IGNORECASE)
_INTERRUPTS = _VOCABULARY.pattern("interrupts", re.IGNORECASE)
_DOES_HARM = _VOCABULARY.pattern("does_harm", re.IGNORECASE)
_HARMED_BY = _VOCABULARY.pattern("harmed_by", re.IGNORECASE)

_Piece = tuple[int, str]  # where it begins, and the words


@lru_cache(maxsize=1024)
def persons_in(
    text: str, reporter: str | None, interest: Interest = "doers", place: str | None = None
) -> str | None:
    """Return the persons in `text` who matter, joined; not the reporter, no names of `place`."""
    pieces = _described(text, interest)
    pieces += [each for each in _looks(text) if not _is_inside(each[0], pieces)]
    if interest == "things":
        pieces = [each for each in pieces if _WELL_DESCRIBED.search(each[1])]
    else:
        pieces += _named(text, place)
    if has_cjk(text):
        pieces += _found(_JA_PERSON, text)
    return _joined(pieces, reporter)


def _described(text: str, interest: Interest) -> list[_Piece]:
    pieces = []
    for sentence in sentences(text):
        # The search for a description is slow, and few sentences have a person in them.
        has_person = _MENTION.search(sentence.text.lower())
        for match in _DESCRIPTION.finditer(sentence.text) if has_person else ():
            start, said = _trimmed(match)
            before, after = sentence.text[:start], sentence.text[match.end() :]
            if said and _matters(said, before, after, interest):
                said += _more(after)
                pieces.append((sentence.start + start, said))
    return pieces


def _more(after: str) -> str:
    """Return the name, the age and the looks that follow a person at once."""
    end = 0
    name = _NAME_FOLLOWS.match(after)
    if name is not None and not PLACE_WORD.search(name.group()):
        joined = _JOINED_NAME.match(after, name.end())
        end = joined.end() if joined else name.end()
    looks = _THEN_LOOKS.match(after, end)
    return after[: looks.end() if looks else end].rstrip(" ,.")


def _looks(text: str) -> list[_Piece]:
    """Return how somebody looks, without the sentence around it: "bald, with a tattoo"."""
    return [(start, _short(said)) for start, said in _found(_LOOKS, text)]


def _short(said: str) -> str:
    begin = _LOOKS_BEGIN.match(said)
    said = said[begin.end() :] if begin else said
    mark = _WELL_DESCRIBED.search(said)
    end = _LOOKS_END.search(said, mark.end()) if mark else None
    return said[: end.start() if end else None].strip(" ,.;")


def _trimmed(match: re.Match[str]) -> _Piece:
    """Cut what stands before the person: "I saw a man" is "a man", "the puddle, kids" are kids."""
    said = match.group()
    person = _PERSON.search(said)
    if person is None:
        return match.start(), said.strip(" ,.;")
    articles = list(_ARTICLE.finditer(said, 0, person.start()))
    start = articles[-1].start() if articles else 0
    if not articles or _INTERRUPTS.search(said, start, person.start()):
        words = list(re.finditer(r"[^\s,]+", said[: person.start()]))
        start = person.start()
        while words and _QUALIFIER.fullmatch(words[-1].group()):
            start = words.pop().start()
    return match.start() + start, said[start:].strip(" ,.;")


def _matters(said: str, before: str, after: str, interest: Interest) -> bool:
    person = _PERSON.search(said)
    is_place = person is not None and PLACE_WORD.search(said, 0, person.end())
    if _NOBODY.fullmatch(said) or _NONE_THERE.search(before) or is_place or _HELPS.match(after):
        return False
    if interest == "subjects" or _DOES_HARM.match(after) or _HARMED_BY.search(before):
        return True
    is_known = _UNKNOWN.match(said) is None
    if _KIN.match(said) or (is_known and _IS_SOURCE.match(after)):
        return False
    is_bare = _BARE.fullmatch(said) and not _WELL_DESCRIBED.search(said)
    return not (is_bare and (_IS_BYSTANDER.match(after) or _IS_OBJECT.search(before)))


def _found(pattern: re.Pattern[str], text: str) -> list[_Piece]:
    return [
        (sentence.start + match.start(), match.group().strip(" ,.;"))
        for sentence in sentences(text)
        for match in pattern.finditer(sentence.text)
    ]


def _named(text: str, place: str | None) -> list[_Piece]:
    found = [
        match
        for pattern in _NAMED
        for match in pattern.finditer(text)
        if _names_a_person(match, text, place, may_follow_of=pattern is not _NAMED[0])
    ]
    # Of "I think Boyet took it" the name alone tells who, and of "at Ana's house" the owner.
    groups = [_KEPT.get(match.re, 0) for match in found]
    return [
        (match.start(at), (match.group(at) + _beside(text, match.end(at))).strip())
        for match, at in zip(found, groups, strict=True)
    ]


def _beside(text: str, end: int) -> str:
    """Return what belongs to the name before it: another one, or who that is."""
    joined = _JOINED_NAME.match(text, end)
    return joined.group() if joined and not PLACE_WORD.search(joined.group()) else ""


def _names_a_person(
    match: re.Match[str], text: str, place: str | None, *, may_follow_of: bool
) -> bool:
    said, after = match.group(), text[match.end() :]
    name = match.groupdict().get("name") or said
    before = text[max(0, match.start() - 12) : match.start()].rstrip().casefold()
    is_owner = "owner" in match.groupdict()
    is_place = not is_owner and (
        re.search(r"['’]s(?: |$)", said) is not None
        or PLACE_WORD.search(said) is not None
        or after.startswith(("'s", "’s"))
        or (place is not None and fold(name) in fold(place))
        or (not may_follow_of and before.endswith((" of", " at", " near", " beside")))
    )
    return (
        not is_place
        and fold(name.split()[0]) not in _NO_NAMES
        and not (_IS_SOURCE.match(after) or _HELPS.match(after))
        and not _TOLD.search(text, max(0, match.start() - 60), text.find(name, match.start()))
    )


def _is_inside(start: int, pieces: list[_Piece]) -> bool:
    return any(begin <= start < begin + len(said) for begin, said in pieces)


def _joined(pieces: list[_Piece], reporter: str | None) -> str | None:
    kept: list[_Piece] = []
    for start, said in sorted(pieces, key=lambda each: -len(each[1])):
        if (
            said
            and not _is_inside(start, kept)
            and (reporter is None or fold(reporter) not in fold(said))
        ):
            kept.append((start, said))
    return "; ".join(dict.fromkeys(said for _, said in sorted(kept)))[:300] or None
