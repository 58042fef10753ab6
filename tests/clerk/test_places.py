"""Places in the resident's own words."""

import pytest

from townhall.clerk.places import places_in
from townhall.clerk.understanding import best_place


def _place(text: str) -> str | None:
    found = best_place(places_in(text))
    return found.text if found else None


@pytest.mark.parametrize(
    ("text", "place"),
    [
        (
            "a pothole on MacArthur Highway right in front of the Jollibee",
            "MacArthur Highway right in front of the Jollibee",
        ),
        ("streetlight is dead on Oak Street, corner of 5th", "Oak Street, corner of 5th"),
        ("graffiti on the library wall on Rizal Avenue", "the library wall on Rizal Avenue"),
        ("at the corner of Luna and Hidalgo is smashed", "at the corner of Luna and Hidalgo"),
        ("burst outside 27 Bonifacio St since 6", "outside 27 Bonifacio St"),
        ("a fire at 33 Willow Bend, two men", "33 Willow Bend"),
        ("water in Purok 3, Barangay Dau", "Purok 3, Barangay Dau"),
        ("trash at Block 3 Lot 8, Villa Verde.", "Block 3 Lot 8, Villa Verde"),
        ("the guy in unit 4B at Sunrise Apartments is selling", "unit 4B at Sunrise Apartments"),
        (
            "outside the pawnshop on Del Pilar street, tonight",
            "outside the pawnshop on Del Pilar street",
        ),
        ("in front of St. Joseph's Church and there are sparks", "in front of St. Joseph's Church"),
        ("bus stop at Church Street has broken glass", "Church Street"),
        ("at kalayaan n quezon stuck on red", "kalayaan n quezon"),
        ("one swing in Ferry Park hangs by one chain", "Ferry Park"),
        ("sa harap ng palengke", "sa harap ng palengke"),
        ("Kalye Hidalgo malapit sa botika", "Kalye Hidalgo malapit sa botika"),
        ("un bache en la calle Rizal frente a la farmacia", "calle Rizal frente a la farmacia"),
        ("昨日の夜、渋谷駅前で財布を落としました", "渋谷駅前"),
        ("桜通り12番地の2階です", "桜通り12番地"),
    ],
)
def test_a_place(text: str, place: str) -> None:
    """Streets, landmarks, lots and Japanese places are found as they were written."""
    assert _place(text) == place


@pytest.mark.parametrize(
    "text",
    [
        "I fell on my face in the morning",
        "someone stole my bike at night",
        "he was in a red hoodie",
        "it has been there for two weeks",
        "I waited three hours on Monday",
        "thank you in advance",
        "名前は言いたくないです",
    ],
)
def test_no_place(text: str) -> None:
    """Times, clothes and phrases are no places."""
    assert _place(text) is None


def test_a_place_without_a_name_gives_way() -> None:
    """A street named later is preferred to "the road"."""
    assert (
        _place("I go by the road, it is at the end of Luna Street") == "at the end of Luna Street"
    )


def test_days_and_names_are_no_part_of_a_place() -> None:
    """What the caller skips ends a place."""
    text = "behind the wet market yesterday"
    assert places_in(text, ((22, 31),))[0].text == "behind the wet market"
