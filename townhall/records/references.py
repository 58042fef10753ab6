"""Reference numbers: random, speakable, not enumerable. `INC-7KQ4-M2XD`, `FBK-...`."""

import re
import secrets
import unicodedata

from townhall.records.schemas import RecordKind

# Without 0 1 I L O U: what is easily misread, misheard or turns into a word. 30^8 = 6.6e11.
ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
PREFIXES: dict[RecordKind, str] = {"incident": "INC", "feedback": "FBK"}
PATTERN = re.compile(
    rf"\b(INC|FBK)[- ]?([{ALPHABET}]{{4}})[- ]?([{ALPHABET}]{{4}})\b", re.IGNORECASE
)
LONGEST = 64  # characters of a reference as somebody may write it, with spaces and a full stop
# An I may be read as 1 or l and a B as 8: in the prefix we know what was meant.
_WRITTEN = re.compile(rf"([I1L]NC|F[B8]K)([{ALPHABET}]{{4}})([{ALPHABET}]{{4}})")


def new_reference(kind: RecordKind) -> str:
    """Return a fresh reference number for a record of `kind`."""
    letters = "".join(secrets.choice(ALPHABET) for _ in range(8))
    return f"{PREFIXES[kind]}-{letters[:4]}-{letters[4:]}"


def read_reference(text: str) -> str | None:
    """Return the reference that somebody wrote, in its one true form; None if it is none.

    Case, dashes, spaces and full-width letters do not matter. 0, 1, I, L, O and U stand in no
    reference and resemble none of its letters more than others, so they are not guessed at.
    """
    if len(text) > LONGEST:
        return None
    plain = unicodedata.normalize("NFKC", text).upper()
    match = _WRITTEN.fullmatch("".join(filter(str.isalnum, plain)))
    if match is None:
        return None
    prefix = "INC" if match[1].endswith("NC") else "FBK"
    return f"{prefix}-{match[2]}-{match[3]}"


def kind_of(reference: str) -> RecordKind:
    """Return what a reference in its true form refers to."""
    return "incident" if reference.startswith(PREFIXES["incident"]) else "feedback"
