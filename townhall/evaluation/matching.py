"""Which filed record is which expected one: by kind, then type, then place."""

from collections.abc import Sequence
from dataclasses import dataclass

from townhall.evaluation.cases import Expectation, ExpectedFeedback, ExpectedRecord
from townhall.evaluation.comparison import contains_any
from townhall.evaluation.played import StoredRecord


@dataclass(frozen=True)
class Matching:
    """`pairs` of required records, those `missing`, and those filed that nobody expected."""

    pairs: tuple[tuple[ExpectedRecord, StoredRecord], ...]
    missing: tuple[ExpectedRecord, ...]
    false: tuple[StoredRecord, ...]


def match(expect: Expectation, filed: Sequence[StoredRecord]) -> Matching:
    """Pair each filed record with at most one expected record of its kind, the likest first.

    An optional record excuses only a record of its own type.
    """
    required = len(expect.records)
    expected = [*expect.records, *expect.optional_records]
    candidates = [
        (_likeness(expected[i], filed[j]), i, j)
        for i in range(len(expected))
        for j in range(len(filed))
        if expected[i].kind == filed[j].kind
    ]
    found: dict[int, int] = {}
    for (has_type, _), i, j in sorted(candidates, key=_likest_first):
        if i not in found and j not in found.values() and (i < required or has_type):
            found[i] = j
    return Matching(
        pairs=tuple((expected[i], filed[j]) for i, j in sorted(found.items()) if i < required),
        missing=tuple(expected[i] for i in range(required) if i not in found),
        false=tuple(filed[j] for j in range(len(filed)) if j not in found.values()),
    )


def _likeness(expected: ExpectedRecord, filed: StoredRecord) -> tuple[bool, bool]:
    if isinstance(expected, ExpectedFeedback):
        return (
            filed.text("feedback_kind") == expected.feedback_kind,
            filed.text("topic") in expected.topics,
        )
    return (
        filed.text("incident_type") in expected.types,
        contains_any(filed.text("location"), expected.location_any),
    )


def _likest_first(candidate: tuple[tuple[bool, bool], int, int]) -> tuple[bool, bool, int, int]:
    (has_type, has_place), i, j = candidate
    return not has_type, not has_place, i, j
