"""What does not belong into a description: telephone and identity numbers, addresses of mail, plates."""

import re

_PHONE = r"(?:\+?\d[\s\-.()]?){9,15}\d|\b0\d{2,3}[\s\-.]?\d{3}[\s\-.]?\d{4}\b|\(\d{2,4}\)\s?\d{3}[\s\-]?\d{3,4}"
_ID = r"\b\d{3,4}(?:[\s\-]\d{3,4}){2,4}\b|\b\d{8,16}\b"
_MAIL = r"[\w.+\-]+@[\w\-]+(?:\.[\w\-]+)+"
_PLATE = (
    r"(?<=plate )(?:number |no\.? |is |# ?)*[A-Z]{2,3}[\s\-]?\d{3,4}\b|\b[A-Z]{3}[\s\-]?\d{3,4}\b"
)
_LEAD = (
    r"(?:(?:,\s*)?\b(?:my |the )?(?:phone|cell(?:phone)?|mobile|contact|telephone|number|id|email|e-mail|plates?)(?: number| no\.?)?"
    r"(?: is|'s|:)?\s*|\b(?:you can |please )?(?:call|text|mail|reach|contact|email)(?: me)?(?: at| on)?\s*)?"
)
_PRIVATE = re.compile(rf"{_LEAD}(?:{_MAIL}|{_PHONE}|{_ID}|{_PLATE})", re.IGNORECASE)
_CONTACT = re.compile(rf"(?:{_MAIL}|{_PHONE})")
_LOOSE_ENDS = re.compile(r"\s+(?=[,.;!?])|(?:^|(?<=[.!?]))\s*(?:and|,)\s+(?=[.,])|\(\s*\)")


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
