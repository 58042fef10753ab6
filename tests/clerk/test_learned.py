"""The clerk has learned from examples, and says so only where they can speak."""

from collections import Counter
from hashlib import sha256
from pathlib import Path

import pytest

from tests.clerk.desk import SAMPLE
from townhall.clerk.incidents import incident_words
from townhall.clerk.learned import NOTHING, leanings_of, shipped_lesson

EXAMPLES = Path(__file__).parents[2] / "training" / "examples.tsv"
OPINIONS = {"complaint", "suggestion", "praise"}


def test_the_weights_are_those_of_the_examples() -> None:
    """Whoever changes the examples runs `make learn`."""
    assert shipped_lesson().examples == sha256(EXAMPLES.read_bytes()).hexdigest()


def test_the_examples_are_of_every_type() -> None:
    """Each label is a type of the sample town, an opinion or nothing; each has enough examples."""
    lines = EXAMPLES.read_text(encoding="utf-8").splitlines()
    labels = Counter(line.split("\t")[0] for line in lines)
    types = {kind.code for kind in SAMPLE.incident_types}
    assert set(labels) == types | OPINIONS | set(NOTHING)
    assert min(labels.values()) >= 200
    assert all(line.count("\t") == 1 and line.split("\t")[1].strip() for line in lines)
    assert len(set(lines)) == len(lines)


@pytest.mark.parametrize(
    ("label", "text"),
    [
        ("animal_issue", "A brown stray with a torn ear bit me on the calf outside the bakery."),
        ("assault_threat", "My landlord told me he will have somebody break my legs."),
        ("public_facility", "The chain of one swing has snapped, a kid nearly fell off the seat."),
        ("theft", "May nanguha po ng bisikleta ko sa harap ng bahay kagabi"),
        ("street_light_out", "La farola de mi calle lleva una semana sin encender"),
        ("pothole", "道路に大きな穴があいていて危ないです"),
        ("complaint", "Three hours for a stamp, and the clerk would not even look up."),
        ("suggestion", "It would help if the library opened one hour earlier on Saturdays."),
        ("praise", "The nurse who vaccinated my twins was so gentle, please thank her."),
    ],
)
def test_it_is_understood_without_its_keyword(label: str, text: str) -> None:
    """What no pattern names is known by the company of its words."""
    leanings = leanings_of(text)
    assert max(leanings, key=lambda each: leanings[each]) == label
    assert leanings[label] > 0


@pytest.mark.parametrize(
    "text",
    [
        "What are the opening hours of the treasurer's office on Saturdays?",
        "In the film last night the whole town burned down and a dog saved everyone.",
        "The streetlight was repaired this morning already, thank you very much.",
    ],
)
def test_nothing_is_known_as_nothing(text: str) -> None:
    """Questions, stories and what is solved lean away from every record."""
    assert max(leanings_of(text).values()) < 0


@pytest.mark.parametrize("text", ["", "?!", "xyzzy plugh frobnicate", "Überall liegt Zeug herum"])
def test_of_other_words_nothing_is_said(text: str) -> None:
    """Where no word is known the examples have next to no say."""
    assert all(abs(leaning) < 0.5 for leaning in leanings_of(text).values())


@pytest.mark.parametrize(
    "text",
    [
        "What do I do, my baby is choking?",
        "My grandmother fainted and does not wake up, what do I do?",
        "My cousin wrote to me that their house is on fire",
    ],
)
def test_danger_to_life_is_not_talked_away(text: str) -> None:
    """Though it sounds like a question or a story, an emergency weighs what its words weigh."""
    assert leanings_of(text)["fire_medical"] < 0
    first = incident_words(SAMPLE).guesses(text)[0]
    assert (first.kind.code, first.weight) == ("fire_medical", first.said)
