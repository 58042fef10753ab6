"""The emergency gate, on sentences of our own in six languages.

tests/data/gate.jsonl says of each sentence when it was written: "held back" and "unseen" ones were
measured before any rule was mended for them (the figures are in the commit that added them).
"""

import time
import tomllib
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter

from townhall.assistant import gate
from townhall.assistant.gate import Alarm, check_emergency, emergency_text
from townhall.town import Emergency, load_town

LANGUAGES = ("en", "tl", "ja", "es", "fr", "de")
SENTENCES = Path(__file__).parent.parent / "data" / "gate.jsonl"
RULES = Path(gate.__file__).with_name("emergencies.toml")


@dataclass(frozen=True)
class Labelled:
    """A sentence, and whether it is an emergency; `open` ones are known to be judged wrong."""

    text: str
    language: str
    alarm: bool
    kind: str | None
    written: str
    open: bool = False


def read_labelled() -> list[Labelled]:
    """Return the labelled sentences."""
    adapter = TypeAdapter(Labelled)
    return [adapter.validate_json(line) for line in SENTENCES.read_text("utf-8").splitlines()]


LABELLED = read_labelled()
SETTLED = [sentence for sentence in LABELLED if not sentence.open]


@pytest.mark.parametrize("sentence", [s for s in SETTLED if s.alarm], ids=lambda s: s.text)
def test_an_emergency_fires(sentence: Labelled) -> None:
    """A sentence about a danger now raises the alarm, of its kind and in its language."""
    alarm = check_emergency(sentence.text, LANGUAGES)
    assert alarm is not None
    if sentence.kind is not None:
        assert alarm == Alarm(sentence.kind, sentence.language)


@pytest.mark.parametrize("sentence", [s for s in SETTLED if not s.alarm], ids=lambda s: s.text)
def test_what_is_no_emergency_does_not_fire(sentence: Labelled) -> None:
    """Idioms, the past, requests and lesser trouble raise no alarm."""
    assert check_emergency(sentence.text, LANGUAGES) is None


@pytest.mark.xfail(strict=True, reason="known to be judged wrong")
@pytest.mark.parametrize("sentence", [s for s in LABELLED if s.open], ids=lambda s: s.text)
def test_what_is_still_judged_wrong(sentence: Labelled) -> None:
    """These are here so that nobody takes the gate for more than it is."""
    assert (check_emergency(sentence.text, LANGUAGES) is not None) == sentence.alarm


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_language_is_enough_for_its_own_sentences(language: str) -> None:
    """With one language in the town's list its emergencies fire and its idioms do not."""
    own = [s for s in SETTLED if s.language == language and s.written == "before the rules"]
    wrong = [s.text for s in own if (check_emergency(s.text, [language]) is not None) != s.alarm]
    assert wrong == []


@pytest.mark.parametrize(
    "text",
    [
        "MY HOUSE IS ON FIRE",
        "my house is on fiiiiire!!!",
        "my  house , is on fire",
        "ｍｙ ｈｏｕｓｅ ｉｓ ｏｎ ｆｉｒｅ",
        "Last week I asked about bins. My house is on fire.",
        "The fire station opens at nine, and my house is on fire",
        "his breething stoped, he is unconsious",
        "isn’t breathing",
        "ISNT BREATHING",
    ],
)
def test_the_way_of_typing_does_not_matter(text: str) -> None:
    """Capitals, stretched letters, wide letters, typos and other matters hide no emergency."""
    assert check_emergency(text, LANGUAGES) is not None


def test_languages_are_those_of_the_town() -> None:
    """A language that the town does not have is not looked for."""
    text = "Das Haus gegenüber brennt"
    assert check_emergency(text, ["de"]) == Alarm("fire", "de")
    assert check_emergency(text, ["en", "ja"]) is None


def test_a_town_without_a_known_language_has_the_english_gate() -> None:
    """No word list for any language of the town leaves English, not nothing."""
    assert check_emergency("He is not breathing", ["xx"]) == Alarm("medical", "en")


def test_empty_texts_are_no_emergency() -> None:
    """Nothing, spaces and punctuation raise nothing."""
    for text in ("", "  \n", "!?…", "。"):
        assert check_emergency(text, LANGUAGES) is None


@pytest.mark.parametrize("language", [*LANGUAGES, "xx"])
def test_the_number_is_in_the_first_line(language: str) -> None:
    """Each language says the town's own number first, then what this desk does not do."""
    town = load_town(None).model_copy(update={"emergency": Emergency(number="117-0")})
    lines = emergency_text(Alarm("fire", language), town).splitlines()
    assert "117-0" in lines[0]
    assert len(lines) == 3
    assert not any("{" in line for line in lines)


def test_the_first_words_are_these() -> None:
    """The English text, whole."""
    assert emergency_text(Alarm("gas", "en"), load_town(None)) == (
        "Call 911 now.\n"
        "This desk is not monitored and sends nobody.\n"
        "If you are safe, tell me more and I will take your report as usual."
    )


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_kind_can_be_told_in_every_language(language: str) -> None:
    """Each kind of emergency has a rule whose classes all have words in the language."""
    data = tomllib.loads(RULES.read_text("utf-8"))
    words = data["words"][language]

    def has_words(rule: str) -> bool:
        return all(any(c in words for c in t.strip().split("|")) for t in rule.split("+"))

    kinds = {alarm["kind"] for alarm in data["alarms"]}
    told = {a["kind"] for a in data["alarms"] if any(has_words(rule) for rule in a["when"])}
    assert told == kinds
    assert set(data["replies"]) == set(LANGUAGES)


HOSTILE = {
    "one word": "a",
    "cues": "child not is on the ",
    "vetoed": "house fire last year ",
    "gaps": "not not he is not is not ",
    "stretched": "fire" + "e" * 40 + " ",
    "kana": "火が電線が人が",
    "idioms": "fire station heart attack when i saw the gas bill ",
    "apostrophes": "l'd'j'",
    "full stops": ". a ",
}


@pytest.mark.parametrize("pattern", HOSTILE.values(), ids=HOSTILE)
def test_hostile_text_costs_no_more_than_its_length(pattern: str) -> None:
    """Four times the text costs about four times the time, and 8,000 characters never a second."""
    text = (pattern * 8000)[:8000]
    short, long = seconds_for(text[:2000]), seconds_for(text)
    assert long < 0.5
    assert long < 10 * short + 0.005


def test_ordinary_text_is_cheap() -> None:
    """A page of the town costs a few milliseconds, on any machine that can run the tests."""
    pages = sorted(load_town(None).folder.glob("knowledge/*.md"))
    text = "\n".join(page.read_text("utf-8") for page in pages)[:8000]
    assert seconds_for(text) < 0.003 * len(text) / 1000


def seconds_for(text: str) -> float:
    """Return the least processor time of a check, of three."""
    times = []
    for _ in range(3):
        began = time.process_time()
        check_emergency(text, LANGUAGES)
        times.append(time.process_time() - began)
    return min(times)


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=400))
def test_no_text_breaks_the_gate(text: str) -> None:
    """Whatever is typed, the answer is an alarm or none."""
    assert check_emergency(text, LANGUAGES) is None or text.strip() != ""
