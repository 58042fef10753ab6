"""The clerk's own vocabulary: what residents say to steer a conversation (`cues.toml`)."""

import re
import tomllib
from functools import lru_cache
from pathlib import Path

from townhall.clerk.lexicon import Found, Lexicon
from townhall.clerk.text import fold, sentences, words
from townhall.clerk.vocabulary import load_vocabulary

# A fragment that begins with one of these is an answer whatever follows.
_STRONG_YES = load_vocabulary("talk").pattern("strong_yes")
_STRONG_NO = load_vocabulary("talk").pattern("strong_no")
_BARE_CLOSE = load_vocabulary("talk").pattern("bare_close")
_MARKS = re.compile(r"[,;:.!?。、！？—–]+|\s-+\s")
# Acts that only count when a fragment is little more than the cue.
_LEADING = frozenset({"confirm", "deny", "greet", "thanks", "skip", "smalltalk"})
_MOST_WORDS_AFTER = {"greet": 3, "thanks": 5, "smalltalk": 4}
_SHORT = {"close": 7, "withdraw": 30}


class Cues:
    """Three lexicons: acts of a conversation, kinds of opinion, hints of severity."""

    def __init__(self, acts: Lexicon, feedback: Lexicon, severity: Lexicon) -> None:
        self.acts = acts
        self.feedback = feedback
        self.severity = severity
        self.acts_in = lru_cache(maxsize=1024)(self._acts_in)

    def _acts_in(self, text: str) -> frozenset[str]:
        """Return the acts in `text` by name; short answers count only where they stand alone."""
        found = {
            each.key for each in self.acts.find(text) if each.key not in _LEADING | _SHORT.keys()
        }
        if _BARE_CLOSE.match(fold(text).strip()):
            found.add("close")
        for sentence in sentences(text):
            for fragment in _MARKS.split(sentence.text):
                found |= self._acts_of_fragment(fragment.strip())
        return frozenset(found)

    def _acts_of_fragment(self, fragment: str) -> set[str]:
        size = len(words(fragment))
        folded = fold(fragment)
        found = {
            each.key
            for each in self.acts.find(fragment)
            if (each.key in _LEADING and self._leads(each, fragment, size))
            or (each.key in _SHORT and size <= _words_of(each, fragment) + _SHORT[each.key])
        }
        found.discard("deny")
        if _BARE_CLOSE.match(folded):
            found.add("close")
        if _STRONG_NO.match(folded) or (size <= 6 and self._denies(fragment)):
            found.add("deny")
        if _STRONG_YES.match(folded):
            found.add("confirm")
        return found

    def _denies(self, fragment: str) -> bool:
        return any(
            each.key == "deny" and _words_of(each, fragment) > 1
            for each in self.acts.find(fragment)
        )

    @staticmethod
    def _leads(found: Found, fragment: str, size: int) -> bool:
        if has_no_words_before(fragment, found.start):
            said = _words_of(found, fragment)
            after = 0 if found.key == "confirm" and said == 1 else 2
            return size <= said + _MOST_WORDS_AFTER.get(found.key, after)
        return found.key == "thanks" and size <= 6


def has_no_words_before(text: str, position: int) -> bool:
    """Whether nothing but a filler stands before `position`."""
    before = [word.plain for word in words(text[:position])]
    return all(
        word in ("ok", "okay", "and", "well", "ah", "oh", "um", "so", "po", "ay") for word in before
    )


def _words_of(found: Found, text: str) -> int:
    return sum(max(1, len(words(text[start:end]))) for start, end in found.spans)


@lru_cache(maxsize=1)
def load_cues() -> Cues:
    """Return the clerk's cues, read once."""
    path = Path(__file__).with_name("cues.toml")
    tables = tomllib.loads(path.read_text(encoding="utf-8"))
    return Cues(
        *(Lexicon(tables[name], reach=60, gap=1) for name in ("acts", "feedback", "severity"))
    )
