"""The clerk's sentences: complete, fillable, and in the language that residents write."""

import string
import tomllib
from pathlib import Path

import pytest

import townhall.clerk
from townhall.clerk.language import language_of
from townhall.clerk.privacy import contact_in, without_private
from townhall.clerk.wording import Wording, spoken_languages

FOLDER = Path(townhall.clerk.__file__).parent / "wording"
ALWAYS = {"town", "phone", "email", "hours"}
# Period and filter of a figure come ready-made in English; other languages put them together.
OF_FIGURES = {"first", "last", "asked"}
SPOKEN = ("en", "tl", "ja", "es")


def _sentences(language: str) -> dict[str, str]:
    return tomllib.loads((FOLDER / f"{language}.toml").read_text(encoding="utf-8"))


def _names(sentence: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(sentence) if name}


def test_the_languages_with_sentences() -> None:
    """There is a file for each language of the sample town."""
    assert spoken_languages() == frozenset(SPOKEN)


@pytest.mark.parametrize("language", ["tl", "ja", "es"])
def test_a_translation_fills_in_the_same(language: str) -> None:
    """A translated sentence is one that English has, and asks for no other value."""
    english = _sentences("en")
    for key, sentence in _sentences(language).items():
        assert _names(sentence) <= _names(english[key]) | ALWAYS | OF_FIGURES, key


def test_english_stands_in() -> None:
    """A language without a file, and a sentence that is missing, are said in English."""
    wording = Wording("fr", {})
    assert not wording.is_spoken
    assert wording.say("ask_what") == "What happened exactly?"


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("there's a pothole on Rizal Avenue", "en"),
        ("May nakaharang na puno sa daan", "tl"),
        ("Walang tubig sa amin", "tl"),
        ("El semáforo no funciona", "es"),
        ("gracias", "es"),
        ("街灯が切れています", "ja"),
        ("hi", "en"),
        ("no more", "en"),
        ("Hallo, ich möchte etwas melden", "de"),
        ("Bonjour, il y a un nid de poule", "fr"),
    ],
)
def test_the_language_of_a_message(text: str, language: str) -> None:
    """The town's languages are told apart, and foreign ones are known as such."""
    assert language_of(text, SPOKEN) == language


def test_a_short_answer_keeps_the_language() -> None:
    """A name or a number says nothing of the language; the one before goes on."""
    assert language_of("Purok 3", SPOKEN, "tl") == "tl"
    assert language_of("12", SPOKEN, "ja") == "ja"


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("call me at 0917 555 0142 please", "please"),
        ("plate NBX 4471 on Orchard Close", "on Orchard Close"),
        ("my email is a.b@c.example", ""),
        ("at 12 Main on 2026-03-05", "at 12 Main on 2026-03-05"),
    ],
)
def test_private_numbers_are_taken_out(text: str, left: str) -> None:
    """Telephone numbers, plates and mail go; house numbers and days stay."""
    assert without_private(text) == left


def test_a_contact_is_found() -> None:
    """The number by which the resident can be reached is kept apart from the description."""
    assert contact_in("text me on 0918 555 0177 ok") == "0918 555 0177"
