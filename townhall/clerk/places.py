"""The place that a resident names, in their own words: streets, landmarks, lots."""

import re
from dataclasses import dataclass, replace
from functools import lru_cache

from townhall.clerk.spelling import is_known_word
from townhall.clerk.text import fold, has_cjk
from townhall.clerk.vocabulary import load_vocabulary

Spans = tuple[tuple[int, int], ...]  # stretches of a text: from where to where
# A place ends before these words; they begin another thought.
_VOCABULARY = load_vocabulary("places")
_NUMBERED = _VOCABULARY.pattern("numbered", re.IGNORECASE)
_CONTINUES = _VOCABULARY.pattern("continues", re.IGNORECASE)
_STREET_NAME = _VOCABULARY.pattern("street_name")
_LANDMARK_NAME = _VOCABULARY.pattern("landmark_name")
_LOTS = _VOCABULARY.pattern("lots", re.IGNORECASE)
_ES_STREET = _VOCABULARY.pattern("es_street", re.IGNORECASE)
# A house number before a name, whatever the street is called: "33 Willow Bend".
_ADDRESS = _VOCABULARY.pattern("address")
_STATED = _VOCABULARY.pattern("stated", re.IGNORECASE)
_JA = _VOCABULARY.pattern("ja")
_JA_NOISE = _VOCABULARY.pattern("ja_noise")
_NOT_A_PLACE = _VOCABULARY.pattern("not_a_place", re.IGNORECASE)
# From this score on a place has a name, a number or a landmark.
NAMED = 0.5
# Places that say little by themselves; another one is preferred.
_GENERIC = _VOCABULARY.pattern("generic")
_JA_NOT = _VOCABULARY.pattern("ja_not")
_DANGLING = _VOCABULARY.pattern("dangling", re.IGNORECASE)
_MORE_NAME = _VOCABULARY.pattern("more_name")
_PREPOSED = _VOCABULARY.pattern("preposed", re.IGNORECASE)
_VERBS = _VOCABULARY.words("verbs")
_STREET = _VOCABULARY.pattern("street")
_LANDMARK = _VOCABULARY.pattern("landmark")
_STREET_IN = _VOCABULARY.pattern("street_in", re.IGNORECASE)
_LANDMARK_IN = _VOCABULARY.pattern("landmark_in", re.IGNORECASE)
_NUMBER_IN = _VOCABULARY.pattern("number_in", re.IGNORECASE)
_NO_PLACE_THOUGH = _VOCABULARY.pattern("no_place_though", re.IGNORECASE)
_JOINED_STREET = _VOCABULARY.pattern("joined_street")
_UNIQUE_IN = _VOCABULARY.pattern("unique_in", re.IGNORECASE)
_THE_LANDMARK = _VOCABULARY.pattern("the_landmark", re.IGNORECASE)
_GOES_TO = _VOCABULARY.pattern("goes_to")
_GOES_ON = _VOCABULARY.pattern("goes_on")
_BELONGS = _VOCABULARY.pattern("belongs")
# "At the oval a woman ...": a new noun begins, unless a small word leads on to it.
_BEGINS_ANEW = _VOCABULARY.pattern("begins_anew", re.IGNORECASE)
_LEADS_ON = _VOCABULARY.pattern("leads_on", re.IGNORECASE)
# Prepositions that say no more than "there", unlike "behind".
_QUIET = _VOCABULARY.words("quiet")
# "Of gas in the hallway" does not belong to a place, the hallway does.
_FURTHER_IN = re.compile(r"\b(?:in|at|on|near|inside|outside)\b")
_TAIL = _VOCABULARY.pattern("tail", re.IGNORECASE)


@dataclass(frozen=True)
class Place:
    """A place as written, where it stands in the text, and how sure it is one.

    `core` is where the place proper begins: in "the swings in Ferry Park", at the park.
    """

    text: str
    start: int
    end: int
    score: float
    core: int = -1

    @property
    def span(self) -> tuple[int, int]:
        """Where the place proper stands."""
        return (self.core if self.core >= 0 else self.start, self.end)


@lru_cache(maxsize=1024)
def places_in(text: str, skip: Spans = ()) -> tuple[Place, ...]:
    """Return the places named in `text`, in order; `skip`: stretches that are none, as days."""
    for start, end in skip:
        text = text[:start] + ";" * (end - start) + text[end:]
    if has_cjk(text):
        return tuple(_japanese(text))
    candidates = _preposed(text) + _named(text)
    merged: list[Place] = []
    for place in sorted(candidates, key=lambda each: (each.start, -each.end)):
        if merged and place.start <= merged[-1].end + 5 and _joins(text, merged[-1], place):
            end = max(place.end, merged[-1].end)
            score = max(place.score, merged[-1].score) + 0.3
            start = merged[-1].start
            merged[-1] = Place(text[start:end], start, end, score)
        elif not merged or place.start >= merged[-1].end:
            merged.append(place)
    finished = [_finished(text, each) for each in merged if each.score >= NAMED]
    return tuple(
        replace(each, score=0.4) if _GENERIC.fullmatch(each.text) else each for each in finished
    )


def _finished(text: str, place: Place) -> Place:
    """Take off a word that hangs on, and add the name of the estate after a lot."""
    end = place.end
    if _LOTS.search(place.text) and (more := _MORE_NAME.match(text, end)):
        end = more.end()
    while dangling := _DANGLING.search(text, place.start, end):
        end = dangling.start()
    return Place(
        text[place.start : end].strip(" ,"), place.start, end, place.score, _core(text, place)
    )


def _core(text: str, place: Place) -> int:
    """Return where a name or landmark begins, after the things that are only in front of it."""
    for match in _PREPOSED.finditer(text, place.start, place.end):
        before = text[place.start : match.start()]
        if before.strip() and _score(before) == 0 and not re.search(r"(?:[A-Z]|\d)", before):
            return match.end()
        if before.strip():
            break
    return place.start


def unique_place(text: str) -> str | None:
    """Return the one place of its kind that `text` speaks of: "the town clock has stopped"."""
    match = _UNIQUE_IN.search(text)
    return match.group() if match else None


def landmark_in(text: str) -> str | None:
    """Return the thing that a report is about, if one can find it: "the bus stop"."""
    match = _THE_LANDMARK.search(text)
    return match.group() if match else None


def _joins(text: str, before: Place, place: Place) -> bool:
    between = text[before.end : place.start]
    return place.start < before.end or fold(between.strip()) in (
        "",
        ",",
        "of",
        "to",
        "at",
        "on",
        "in",
        "ng",
        "sa",
        "de",
        "del",
        "en",
    )


def _preposed(text: str) -> list[Place]:
    found = []
    for match in _PREPOSED.finditer(text):
        end = _noun_end(text, match.end(), fold(match.group("prep")))
        body = text[match.end() : end].strip(" ,'’-")
        refused = _NOT_A_PLACE.match(body)
        if not body or (refused and _score(body[refused.end() :]) == 0):
            continue
        prep = fold(match.group("prep"))
        score = _score(body) + _lead(prep, body)
        if prep in ("of", "to") and (not _BELONGS.match(body) or _FURTHER_IN.search(body)):
            continue
        start = match.start() if _is_telling(match.group("prep")) else match.end()
        found.append(
            Place(
                text[start : match.end() + len(body)].strip(), start, match.end() + len(body), score
            )
        )
    return found


def _lead(preposition: str, body: str) -> float:
    """Return what the preposition adds; a word that is in no dictionary is probably a name."""
    if preposition in ("of", "to"):
        return -0.15
    if preposition == "from" and not re.search(r"\bto\b", body):
        # "She is from the water district" says who, not where.
        return -0.3
    name = re.match(r"(?:the )?([a-z]{4,})\b", body)
    unknown = name is not None and not is_known_word(name.group(1))
    return (0.15 if len(preposition) > 3 else 0.0) + (0.5 if unknown else 0.0)


def _is_telling(preposition: str) -> bool:
    """Whether the preposition says more than "there": "behind", but not "at"."""
    return fold(preposition) not in _QUIET


def _noun_end(text: str, start: int, preposition: str) -> int:
    """Return where the place that begins at `start` ends: at a verb, a time or a comma."""
    here = start
    previous = ""
    joined = False
    for _ in range(9):
        match = _TAIL.match(text, here)
        if match is None or _ends_after(previous, match.group()):
            break
        word = fold(match.group())
        if word in ("and", "y", "n", "to", "hanggang"):
            if joined or not _and_continues(text, match.end(), preposition, word):
                break
            joined = True
        here = match.end()
        previous = word
        gap = re.match(r"\s+", text[here:])
        if gap is None:
            break
        here += gap.end()
    return len(text[:here].rstrip())


def _ends_after(previous: str, word: str) -> bool:
    """Whether `word` goes on with something else: "Laurel Street lets", "Ferry Park hangs"."""
    if previous and _BEGINS_ANEW.fullmatch(word) and not _LEADS_ON.fullmatch(previous):
        return True
    if not word[0].islower() or _GOES_ON.fullmatch(word):
        return False
    if _STREET.fullmatch(previous) or word in _VERBS:
        return True
    return bool(_LANDMARK.fullmatch(previous) and re.search(r"(?:s|ed|ing|y)$", word))


def _and_continues(text: str, at: int, preposition: str, word: str) -> bool:
    """Whether "and" joins two streets, as in "corner of Luna and Hidalgo"."""
    if word in ("to", "hanggang"):
        goes = _GOES_TO.match(text, at) is not None
        return goes or preposition in ("from", "between", "mula sa", "closest", "close")
    following = text[at:].lstrip()
    if preposition.endswith(("corner of", "esquina de")) or preposition in ("between", "entre"):
        return True
    if word == "n":
        return True
    return _JOINED_STREET.match(following) is not None


def _score(body: str) -> float:
    score = 0.0
    if _NO_PLACE_THOUGH.match(body):
        return score
    if _STREET_IN.search(body):
        score += 1.0
    if _LANDMARK_IN.search(body):
        score += 0.7
    if re.search(r"(?<![.!?]\s)\b[A-ZÁÉÍÓÚÑ][\w'’]+", body):
        score += 0.6
    if _NUMBER_IN.search(body):
        score += 0.5
    elif re.search(r"\b\d+[A-Za-z]?\b", body):
        score += 0.2
    return score


def _named(text: str) -> list[Place]:
    found = []
    for pattern, score in (
        (_STREET_NAME, 1.4),
        (_NUMBERED, 1.3),
        (_LOTS, 1.0),
        (_LANDMARK_NAME, 1.0),
        (_ES_STREET, 1.2),
    ):
        found += [
            Place(
                match.group().rstrip(" ."),
                match.start(),
                match.start() + len(match.group().rstrip(" .")),
                score,
            )
            for match in pattern.finditer(text)
        ]
    found += [
        Place(match.group("place"), match.start("place"), match.end("place"), score)
        for pattern, score in ((_ADDRESS, 1.1), (_STATED, 3.0))
        for match in pattern.finditer(text)
    ]
    return found


def _score_japanese(body: str) -> float:
    # A street or station says more than "the flat".
    named = 0.9 if re.search(r"通り|丁目|番地|駅|町|区|\d", body) else 0.0
    return 0.6 + named + 0.05 * len(body)


def _japanese(text: str) -> list[Place]:
    found = []
    for match in _JA.finditer(text):
        noise = _JA_NOISE.match(match.group())
        skip = noise.end() if noise else 0
        body = match.group()[skip:]
        if len(body) >= 2 and not _JA_NOT.search(body):
            found.append(Place(body, match.start() + skip, match.end(), _score_japanese(body)))
    return found
