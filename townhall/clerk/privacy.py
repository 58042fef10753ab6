"""What does not belong into a description: numbers of telephones, papers and plates, mail."""

import re

from townhall.clerk.vocabulary import load_vocabulary

_VOCABULARY = load_vocabulary("privacy")
_PRIVATE = _VOCABULARY.pattern("private", re.IGNORECASE)
_CONTACT = _VOCABULARY.pattern("contact")
_LOOSE_ENDS = _VOCABULARY.pattern("loose_ends")


def without_private(text: str) -> str:
    """Return `text` without telephone, identity and plate numbers and mail addresses."""
    cleaned = _PRIVATE.sub("", text)
    if cleaned == text:
        return text
    cleaned = _LOOSE_ENDS.sub("", cleaned)
    cleaned = re.sub(r"^(?:\s*(?:(?:and|y|at|you can)\b|[,.;]))+\s*", "", cleaned)
    return re.sub(r"\s{2,}", " ", cleaned).strip()


def contact_in(text: str) -> str | None:
    """Return the telephone number or mail address in `text`, if there is one."""
    match = _CONTACT.search(text)
    return match.group().strip() if match else None
