"""The resident's own name, as they give it. Words stay as written."""

import re
from functools import lru_cache

from townhall.clerk.spelling import is_known_word
from townhall.clerk.text import fold, has_cjk
from townhall.clerk.vocabulary import load_vocabulary

# With these words before it, a name is the resident's even in small letters.
_VOCABULARY = load_vocabulary("people")
_CERTAIN = _VOCABULARY.patterns("certain", re.IGNORECASE)
_SMALL_LETTERS = _VOCABULARY.patterns("small_letters", re.IGNORECASE)
_GIVEN_NAMES = _VOCABULARY.words("given_names")
_KIN_TITLES = frozenset({"aling", "mang", "kuya", "ate"})
_PLACE_BEFORE = _VOCABULARY.pattern("place_before")
_SMALL_TALK = _VOCABULARY.words("small_talk")
_CAPITALISED = _VOCABULARY.patterns("capitalised")
_JAPANESE = _VOCABULARY.patterns("japanese")
_JA_SURNAME = _VOCABULARY.pattern("ja_surname")
_JA_PLACE = _VOCABULARY.pattern("ja_place")
_NO_NAMES = _VOCABULARY.words("no_names")
_NO_RESIDENT = _VOCABULARY.pattern("no_resident")
_NUMBER_WORD = _VOCABULARY.pattern("number_word")
_PHRASE_WORDS = _VOCABULARY.words("phrase_words")
PLACE_WORD = _VOCABULARY.pattern("place_word", re.IGNORECASE)
_THANKED = _VOCABULARY.pattern("thanked", re.IGNORECASE)
_FORMAL = _VOCABULARY.pattern("formal")
# "I know who did it, it's Ezekiel" names somebody else.
_TELLS_WHO = re.compile(r"(?i)\b(?:who|whose|culprit|suspect|thief)\b[^.!?]*\bit.?s\s*$")
_TITLE_BEFORE = _VOCABULARY.pattern("title_before")
_ENDS_SENTENCE = re.compile(r"(?<!Mr)(?<!Mrs)(?<!Ms)(?<!Dr)(?<!Engr)(?<!Atty)[.!?。]\s*$")
_NAME = _VOCABULARY.pattern("name")
_THIRD_PERSON = _VOCABULARY.pattern("third_person", re.IGNORECASE)
_AROUND_NAME = _VOCABULARY.pattern("around_name", re.IGNORECASE)


@lru_cache(maxsize=1024)
def reporter_in(text: str) -> str | None:
    """Return the resident's own name if they give it in `text`."""
    for pattern in _CERTAIN:
        match = pattern.search(text)
        if match is None or _THIRD_PERSON.search(text, 0, match.start("name")):
            continue
        if name := _clean(match.group("name")):
            return _whole(name, text[match.end() :])
    for pattern in _JAPANESE if has_cjk(text) else ():
        if (match := pattern.search(text)) and not _is_ja_place(match.group("name")):
            return match.group("name").strip()
    return _capitalised_in(text) or _in_small_letters(text)


def _is_ja_place(name: str) -> bool:
    # 高橋 has the letter of a bridge and is none.
    surname = _JA_SURNAME.match(name)
    return _JA_PLACE.search(name, surname.end() if surname else 0) is not None


def _in_small_letters(text: str) -> str | None:
    """Return the name in a signature such as "tnx - boyet", which is no word."""
    for pattern in _SMALL_LETTERS:
        if match := pattern.search(text):
            name = match.group("name")
            if _is_called_so(fold(name).split()) and not PLACE_WORD.search(name):
                return _titled(name)
    return None


def _is_called_so(parts: list[str]) -> bool:
    """Whether words in small letters are a name: a given name first, or one word of no language."""
    first = next((part for part in parts if part not in _KIN_TITLES), "")
    if first in _GIVEN_NAMES:
        return not any(part in _NO_NAMES | _PHRASE_WORDS for part in parts)
    is_one = parts[-1] == first
    return is_one and first not in _NO_NAMES | _SMALL_TALK and not is_known_word(first)


def _capitalised_in(text: str) -> str | None:
    """Return the name that stands where people put their own."""
    for pattern in _CAPITALISED:
        for match in pattern.finditer(text):
            name = _clean(match.group("name"))
            is_place = PLACE_WORD.search(match.group("name"))
            ends = _ENDS_SENTENCE.search(text[: match.start("name")])
            before = text[: match.start("name")]
            if _is_of_another(before, match):
                continue
            is_signed = "egards" in pattern.pattern or "[Tt]hx" in pattern.pattern
            if ends and name and not is_signed and " " not in name and is_known_word(fold(name)):
                continue
            if name and (not is_place or "rom:?" in pattern.pattern) and _fits_alone(name):
                return name
    return None


def _is_of_another(before: str, match: re.Match[str]) -> bool:
    """Whether the words before a name say that it is not the resident's."""
    untitled = _TITLE_BEFORE.sub("", before)
    # The point of "her teacher is Mrs. Lim" ends no sentence.
    is_point_of_title = match.start() > len(untitled) and match.group().startswith(".")
    return bool(
        is_point_of_title
        or _THANKED.search(before)
        or _TELLS_WHO.search(before)
        or _PLACE_BEFORE.search(before, max(0, len(before) - 12))
        or _THIRD_PERSON.search(untitled)
    )


def _whole(name: str, rest: str) -> str:
    """Return the full name after "My name is Ana, Ana Abad"."""
    again = rest.lstrip(", ")
    fuller = _NAME.match(again) if again.startswith(f"{name} ") else None
    return fuller.group() if fuller else name


def name_from_answer(text: str) -> str | None:
    """Return the name in the answer to "What is your name?"; the answer may be the bare name."""
    if said := reporter_in(text):
        return said
    first = text.split(",")[0].strip()
    bare = _AROUND_NAME.sub("", first if " " in first else text.strip()).strip(" .!,。")
    if re.fullmatch(r"[\u3400-\u9fff々ァ-ヶー・\s]{2,14}", bare):
        return bare
    if re.fullmatch(
        r"[^\W\d_][\w'’.\-]*(?: [^\W\d_][\w'’.\-]*){0,4}", bare
    ) and not PLACE_WORD.search(bare):
        name = _clean(bare)
        if not bare.islower() and any(_is_plain_word(part) for part in bare.split()):
            return None
        if bare.islower() and " " not in bare and is_known_word(fold(bare)):
            return None
        if bare.islower() and bare != text.strip() and all(map(is_known_word, bare.split())):
            return None
        is_phrase = bare.islower() and any(fold(word) in _PHRASE_WORDS for word in bare.split())
        return None if is_phrase or name != _titled(bare) else name
    return None


def _is_plain_word(word: str) -> bool:
    """Whether a word among capitalised ones is none of a name: "white Innova"."""
    return len(word) > 3 and word.islower() and word.isalpha() and is_known_word(word)


def _clean(name: str) -> str | None:
    """Return the name without what is not part of one; None if nothing is left."""
    parts = _FORMAL.sub("", name.strip(" ,.")).split()
    while parts and fold(parts[-1].strip(".,")) in _NO_NAMES:
        parts.pop()
    if parts and (_NUMBER_WORD.match(fold(parts[0])) or _NO_RESIDENT.search(" ".join(parts))):
        return None
    for index, part in enumerate(parts):
        is_initial = re.fullmatch(r"[A-Z]\.", part) is not None
        if (
            not is_initial
            and fold(part.strip(".,'")) in _NO_NAMES
            and fold(part)
            not in (
                "la",
                "los",
                "las",
                "el",
                "y",
            )
        ):
            parts = parts[:index]
            break
    return _titled(" ".join(parts)) if parts else None


def _titled(name: str) -> str:
    """Return a name written all in small letters with capitals, another as it is."""
    if name != name.lower() or not name.isascii():
        return name
    small = {"de", "del", "dela", "la", "y", "van", "von", "der", "da"}
    return " ".join(part if part in small else part[:1].upper() + part[1:] for part in name.split())


def _fits_alone(name: str) -> bool:
    """Whether a capitalised word after "I'm" is a name and not "I'm Happy"."""
    first = name.split()[0]
    return len(name.split()) > 1 or first == first.capitalize() or not is_known_word(fold(first))
