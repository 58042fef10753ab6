"""Reference numbers: random, speakable, not enumerable. `INC-7KQ4-M2XD`, `FBK-...`."""

import re
import secrets

from townhall.records.schemas import RecordKind

# Without 0 1 I L O U: what is easily misread, misheard or turns into a word. 30^8 = 6.6e11.
ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
PREFIXES: dict[RecordKind, str] = {"incident": "INC", "feedback": "FBK"}
PATTERN = re.compile(
    rf"\b(INC|FBK)[- ]?([{ALPHABET}]{{4}})[- ]?([{ALPHABET}]{{4}})\b", re.IGNORECASE
)


def new_reference(kind: RecordKind) -> str:
    """Return a fresh reference number for a record of `kind`."""
    letters = "".join(secrets.choice(ALPHABET) for _ in range(8))
    return f"{PREFIXES[kind]}-{letters[:4]}-{letters[4:]}"
