"""Reference numbers as people write them down."""

import pytest

from townhall.records.references import kind_of, new_reference, read_reference


@pytest.mark.parametrize(
    "written",
    [
        "INC-7KQ4-M2XD",
        "inc-7kq4-m2xd",
        "inc7kq4m2xd",
        "INC 7KQ4 M2XD",
        " inc_7kq4/m2xd. ",
        "#INC-7KQ4-M2XD",
        "INC‑7KQ4–M2XD",
        "ＩＮＣ－７ＫＱ４－Ｍ２ＸＤ",
        "1nc-7kq4-m2xd",
        "lnc-7kq4-m2xd",
    ],
)
def test_a_reference_however_written(written: str) -> None:
    """Case, dashes, spaces, full width and a misread prefix do not matter."""
    assert read_reference(written) == "INC-7KQ4-M2XD"


@pytest.mark.parametrize(
    "written",
    [
        *("", "INC", "INC-7KQ4-M2X", "INC-7KQ4-M2XDA", "ABC-7KQ4-M2XD", "INC-7KQ4-M2X0"),
        *("INC-7KQ4-M2XO", "INC-7KQ4-M2X1", "INC-7KQ4-M2XI", "INC-7KQ4-M2XL", "INC-7KQ4-M2XU"),
        *("INC-7KQ4-M2XD INC-7KQ4-M2XD", "\x00", "INC-7KQ4-\ud800M2X", "７" * 65, "I" * 99),
    ],
)
def test_what_is_no_reference(written: str) -> None:
    """0, 1, I, L, O and U are not guessed at, because they stand in no reference."""
    assert read_reference(written) is None


def test_new_references_read_as_themselves() -> None:
    """Every new reference is in its one true form and tells its kind."""
    for kind in ("incident", "feedback"):
        reference = new_reference(kind)
        assert read_reference(reference.lower()) == reference
        assert kind_of(reference) == kind


def test_a_feedback_reference_with_an_eight_for_its_b() -> None:
    """In the prefix it is known what was meant."""
    assert read_reference("f8k-7kq4-m2xd") == "FBK-7KQ4-M2XD"
