"""Different words for one thing become one term; a typo becomes the word that was meant."""

import pytest

from townhall.knowledge.spelling import mend
from townhall.knowledge.words import is_foreign, table, terms

KNOWN = frozenset({"library", "health", "garbage", "fight", "bench", "collection", "permit"})


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("garbage", "TRASH"),
        ("Rubbish collected", "waste collection"),
        ("streetlights", "street lamp"),
        ("amelyar", "real-property taxes"),
        ("business licence", "business permits"),
        ("the health centre's hours", "health center hours"),
        ("vacunación … vacuna", "vacunacion vaccine"),
        ("basura", "ゴミ"),
        ("水曜日", "on Wednesdays"),
        ("ｌｉｂｒａｒｙ", "the library"),
        ("neighbor’s dog", "neighbours dogs"),
    ],
)
def test_two_ways_to_say_it_are_one(one: str, other: str) -> None:
    """Synonyms, spellings, plurals, accents and languages meet in the same terms."""
    assert terms(one) == terms(other)
    assert terms(one) != []


@pytest.mark.parametrize(
    "text", ["", "what is it and where?", "magandang umaga po", "¿dónde está?"]
)
def test_small_words_say_nothing(text: str) -> None:
    """Stop words of every language leave no terms."""
    assert terms(text) == []


def test_scripts_without_spaces_are_cut_into_pairs() -> None:
    """Unknown Japanese text becomes overlapping pairs, known words in it their terms."""
    assert terms("鯉幟") == ["鯉幟"]
    assert terms("桜並木") == ["桜並", "並木"]
    assert terms("桜の図書館") == ["桜の", *terms("library")]


def test_no_word_of_the_table_is_lost() -> None:
    """Every entry of the table leads to the terms of its group."""
    words = table()
    assert len(words.canonical) > 400
    assert all(head for head in words.canonical.values())


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("libary", "library"),
        ("helth", "health"),
        ("grabage", "garbage"),
        ("garbege", "garbage"),
        ("colection", "collection"),
        ("permitt", "permit"),
        ("Libary HOURS", "library hours"),
    ],
)
def test_a_typo_is_mended(typed: str, meant: str) -> None:
    """Missing, doubled and swapped letters and wrong vowels are understood."""
    assert mend(typed, KNOWN)[0] == meant


@pytest.mark.parametrize("typed", ["beach", "flight", "permits", "helsinki", "12345"])
def test_another_word_is_not_a_typo(typed: str) -> None:
    """A word that is not known stays as it is, however near another one looks."""
    assert mend(typed, KNOWN) == (typed, frozenset())


def test_other_languages_are_noticed() -> None:
    """One small word of another language is enough; English has none of them."""
    assert is_foreign("saan ang library")
    assert is_foreign("horario de la biblioteca")
    assert not is_foreign("where is the library, and may I come in on Sunday?")
