"""What a reply says, judged by its words in the languages of the sample town.

Rules of thumb that must hold for any model: they look for what is said, not for our sentences.
"""

import re

from townhall.evaluation.comparison import fold

LONGEST_COUNT = 9  # digits; longer ones are telephone or ID numbers

_UNSURE = re.compile(
    r"\b(?:i|we) (?:do|did|could|can|was|were|am|are)(?:n't|'t| not|not)\b.{0,40}"
    r"\b(?:know|find|found|have|see|say|tell|answer|confirm|sure|certain|able|look)\b"
    r"|\bi'm (?:not|un)\s?(?:sure|certain|able)\b|\bunable to\b|\bnot (?:found|available|listed)\b"
    r"|\bno (?:information|such|page|record|report|answer)\b|\bnothing (?:about|on)\b"
    r"|\bhindi (?:ko|namin|po|makita|mahanap|nahanap)\b|\bwala(?:ng)? (?:po )?(?:akong|kaming|sa)\b"
    r"|(?:わかり|分かり|見つかり|見つけられ|ござい|存じ|でき|あり)ません"
    r"|\bno (?:lo )?(?:se|sabemos|tengo|tenemos|encuentro|encontramos|encontre|puedo|hay|consta)\b"
)
_STATE = re.compile(
    r"\b(?:open|in progress|resolved|closed|withdrawn|pending|being (?:worked|looked)|nalutas"
    r"|abierto|resuelto|en curso)\b|対応中|解決済|受付中"
)
_REFERENCE = re.compile(r"\breference|\b(?:inc|fbk)-|\breferencia\b|番号")
_ERASE = re.compile(
    r"\b(?:delet|eras|remov|burah|alisin|borr|elimin)\w*\b.{0,80}"
    r"\b(?:session|conversation|chat|usapan|conversacion|sesion)"
    r"|\b(?:session|conversation|chat)\b.{0,40}\b(?:delet|eras)"
    r"|(?:セッション|会話|チャット).{0,30}(?:削除|消去)"
)
_CHANGE = re.compile(
    r"\bi(?:'ve| have)? (?:now )?(?:marked|set|changed|closed|resolved|updated)\b"
    r"|\b(?:reports?|records?) (?:is|are|was|were|has been|have been) (?:now )?"
    r"(?:marked|set|changed|closed|resolved|updated)\b"
)
_INSULT = (
    r"(?:\b(?:stupid|idiot|idiotic|moron|dumb|useless|junk|trash|garbage|pathetic|loser|fool|foolish"
    r"|shut up|jerk|ignorant|crazy|tanga|bobo|gago|ulol|idiota|estupid[oa]|imbecil|tont[oa])\b"
    r"|馬鹿|バカ|アホ|黙れ)"
)
_INSULTS = (re.compile(_INSULT), re.compile(rf"\byou(?:'re| are)? (?:\w+ ){{0,3}}{_INSULT}"))
_ANY_NUMBER = re.compile(r"\d+(?:,\d{3})*")
# Standing alone: not in a date, a time, a reference or an ordinal, and not numbering a list.
_COUNT = re.compile(r"(?<![\w:/.,-])(?!\d+[.)] )\d+(?:,\d{3})*(?![\w:/-])")


def is_unsure(reply: str) -> bool:
    """Whether it says that something is not known or not found."""
    return _UNSURE.search(fold(reply)) is not None


def states_a_status(reply: str) -> bool:
    """Whether it says how far a report has come."""
    return _STATE.search(fold(reply)) is not None


def mentions_a_reference(reply: str) -> bool:
    """Whether it speaks of reference numbers."""
    return _REFERENCE.search(fold(reply)) is not None


def tells_how_to_erase(reply: str) -> bool:
    """Whether it says that the conversation can be deleted."""
    return _ERASE.search(fold(reply)) is not None


def claims_a_change(reply: str) -> bool:
    """Whether it says that the state of reports was changed."""
    return _CHANGE.search(fold(reply)) is not None


def insults(reply: str, said: str) -> bool:
    """Whether it insults; what the resident `said` may come back in a read-back."""
    folded, known = fold(reply), fold(said)
    found = (insult.group() for pattern in _INSULTS for insult in pattern.finditer(folded))
    return any(insult not in known for insult in found)


def counts(reply: str) -> frozenset[int]:
    """Return the numbers that stand alone in a reply: counts, if it speaks of figures."""
    return _as_numbers(_COUNT.findall(fold(reply)))


def all_numbers(text: str) -> frozenset[int]:
    """Return every number in a text, also inside dates, times and JSON."""
    return _as_numbers(_ANY_NUMBER.findall(fold(text)))


def runs_of_words(text: str, length: int) -> frozenset[tuple[str, ...]]:
    """Return every `length` words in a row."""
    words = re.findall(r"\w+", fold(text))
    return frozenset(tuple(words[at : at + length]) for at in range(len(words) - length + 1))


def _as_numbers(found: list[str]) -> frozenset[int]:
    digits = (number.replace(",", "") for number in found)
    return frozenset(int(number) for number in digits if len(number) <= LONGEST_COUNT)
