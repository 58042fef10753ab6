"""Which filed record is which expected one."""

from typing import Any

import pytest

from tests.evaluation.builders import BENCHES, POTHOLE, case, feedback, incident
from townhall.evaluation.matching import match
from townhall.evaluation.played import StoredRecord

LAMP: dict[str, Any] = {
    "kind": "incident",
    "incident_type": "street_light_out",
    "location": "Elm Street",
    "location_any": ["Elm"],
}
HOLE = incident()
DARK = incident(incident_type="street_light_out", location="Elm Street")


@pytest.mark.parametrize(
    ("expected", "optional", "filed", "counts"),
    [
        ([], [], (), (0, 0, 0)),
        ([POTHOLE], [], (HOLE,), (1, 0, 0)),
        ([POTHOLE], [], (), (0, 1, 0)),
        ([], [], (HOLE,), (0, 0, 1)),
        ([POTHOLE], [], (HOLE, HOLE), (1, 0, 1)),
        ([POTHOLE], [], (feedback(),), (0, 1, 1)),
        ([POTHOLE], [], (incident(incident_type="graffiti"),), (1, 0, 0)),
        ([POTHOLE, LAMP, BENCHES], [], (feedback(), DARK, HOLE), (3, 0, 0)),
        ([], [BENCHES], (), (0, 0, 0)),
        ([], [BENCHES], (feedback(),), (0, 0, 0)),
        ([], [BENCHES], (feedback(feedback_kind="praise"),), (0, 0, 1)),
        ([POTHOLE], [LAMP], (HOLE, DARK), (1, 0, 0)),
        ([POTHOLE], [LAMP], (DARK,), (0, 1, 0)),
    ],
)
def test_found_missing_and_false_are_counted(
    expected: list[dict[str, Any]],
    optional: list[dict[str, Any]],
    filed: tuple[StoredRecord, ...],
    counts: tuple[int, int, int],
) -> None:
    """Each filed record counts once; an optional one excuses only a record of its own type."""
    matching = match(case(records=expected, optional_records=optional).expect, filed)
    assert (len(matching.pairs), len(matching.missing), len(matching.false)) == counts


def test_type_goes_before_place() -> None:
    """Two incidents told in the other order are matched by type, whatever their places."""
    filed = (incident(incident_type="street_light_out"), incident(location="Elm Street"))
    matching = match(case(records=[POTHOLE, LAMP]).expect, filed)
    assert [found.text("incident_type") for _, found in matching.pairs] == [
        "pothole",
        "street_light_out",
    ]


def test_place_decides_between_records_of_one_type() -> None:
    """Two potholes are told apart by their streets, without case and accents."""
    other = {**POTHOLE, "location_any": ["NÚÑEZ"]}
    filed = (incident(location="nunez street"), incident())
    matching = match(case(records=[POTHOLE, other]).expect, filed)
    assert [found.text("location") for _, found in matching.pairs] == [
        "Mabini Street",
        "nunez street",
    ]
