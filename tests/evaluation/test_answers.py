"""What the resident answers: what the labels know, else no or don't know, in their language."""

from typing import Any

import pytest

from tests.evaluation.builders import BENCHES, POTHOLE, case
from townhall.evaluation.answers import answer

THEFT: dict[str, Any] = {
    "kind": "incident",
    "incident_type": "theft",
    "location": "bicycle rack outside Central Park",
    "date_of_occurrence": "2026-03-09",
    "time": "21:00",
    "person_involved": "tall man in a red hoodie",
    "reporter_any": ["Maria Garcia", "Garcia"],
    "description_any": ["bicycle", "bike"],
}


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        ("Where did it happen?", "bicycle rack outside Central Park"),
        ("When did it happen?", "2026-03-09 21:00"),
        ("Who did it?", "tall man in a red hoodie"),
        ("What is your name?", "My name is Maria Garcia."),
        ("What happened exactly?", "theft, bicycle"),
        ("What happened, and where?", "bicycle rack outside Central Park theft, bicycle"),
        ("Is that right?", "Yes."),
        ("Is that right? And what is your name?", "Yes. My name is Maria Garcia."),
        ("What was it worth?", "I don't know."),
        ("Was anyone hurt?", "No."),
        ("Anything else?", "No. That's all."),
        ("Thank you, I have noted that.", "That's all."),
    ],
)
def test_labels_answer_questions(reply: str, said: str) -> None:
    """A question gets what the labels know about it and nothing more."""
    theft = case(records=[THEFT])
    assert answer(reply, theft, theft.expect.records) == said


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        ("When did it happen?", "I don't know."),
        ("Who did it?", "I don't know."),
        ("What is your name?", "No."),
        ("Where is it? And what is your name?", "Mabini Street, by the school"),
    ],
)
def test_unknown_is_not_made_up(reply: str, said: str) -> None:
    """What the labels do not know is declined, or left out beside what they do know."""
    pothole = case(records=[POTHOLE])
    assert answer(reply, pothole, pothole.expect.records) == said


@pytest.mark.parametrize(
    ("language", "said"), [("tl", "Oo."), ("ja", "はい。"), ("es", "Sí."), ("ko", "Yes.")]
)
def test_resident_keeps_their_language(language: str, said: str) -> None:
    """The resident speaks the language of the case, English where there are no phrases."""
    pothole = case(records=[POTHOLE], lang=language)
    assert answer("Is that right?", pothole, pothole.expect.records) == said


def test_reporter_of_an_emergency_denies_nothing() -> None:
    """ "Is anyone hurt?" is not answered with no when the labels tell of an emergency."""
    fire = case(records=[{**POTHOLE, "incident_type": "fire_medical"}], emergency=True)
    assert answer("Is anyone hurt?", fire, fire.expect.records) == "I don't know."


def test_answer_is_about_the_record_asked_for() -> None:
    """With two records missing, the words of the question choose which one is meant."""
    both = case(records=[POTHOLE, {**THEFT, "location": "the plaza"}])
    assert answer("Where was the bicycle stolen?", both, both.expect.records) == "the plaza"
    assert answer("Where is the first?", both, both.expect.records) == POTHOLE["location"]


def test_feedback_is_answered_by_its_kind() -> None:
    """Asked what kind of feedback it is, the resident says it; a place they do not know."""
    wish = case(records=[BENCHES])
    assert answer("Is it a complaint or a suggestion?", wish, wish.expect.records) == "suggestion"
    assert answer("Where is it?", wish, wish.expect.records) == "I don't know."
