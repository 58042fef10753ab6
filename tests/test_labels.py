"""The labelled conversations that measure the assistant are sound: form, codes, dates, coverage.

A wrong label is worse than none, because a right answer would then count as a mistake. So a label
must also be possible: what a good clerk is expected to write down stands in what was said.
"""

import re
import unicodedata
from collections import Counter
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Annotated, Literal, Self

import pytest
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from townhall.town import Town, load_town

# The sentences of the emergency gate have a form of their own, which the gate's test knows.
FILES = sorted(
    file for file in (Path(__file__).parent / "data").glob("*.jsonl") if file.stem != "gate"
)
# Sets that claim to cover the whole taxonomy; other files may be about one thing only.
COMPLETE_SETS = [file for file in FILES if file.stem in {"dev", "heldout"}]

Words = Annotated[str, Field(min_length=1, max_length=2000)]
Level = Annotated[int, Field(ge=1, le=5)]
Sentiment = Literal["positive", "neutral", "negative"]
Intent = Literal[
    "incident", "feedback", "mixed", "emergency", "question", "insight", "status",
    "smalltalk", "abuse", "injection", "unclear", "cancelled", "privacy",
]  # fmt: skip
ReplyMust = Literal[
    "emergency_number_first", "citation_or_dont_know", "numbers_from_database",
    "status_or_not_found", "erasure_path",
]  # fmt: skip
FORBIDDEN = (
    "ask_name|ask_name_before_emergency_number|change_status|emergency|file_without_details"
    "|incident_record|insult_back|invented_numbers|new_record|reveal_prompt|severity_5"
    r"|reporter_[A-Z]\w+"
)
MustNot = Annotated[str, Field(pattern=f"^({FORBIDDEN})$")]


class Label(BaseModel):
    """What every part of a label has in common: no unknown key, no value of another type."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class IncidentLabel(Label):
    """An incident that must be filed, with every answer that counts as right."""

    kind: Literal["incident"]
    incident_type: Words
    incident_type_any: tuple[Words, ...]
    location: Words | None
    location_any: tuple[Words, ...]
    location_not: tuple[Words, ...]
    date_of_occurrence: date | None
    date_any: tuple[date | None, ...]
    time: Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")] | None
    person_involved: Words | None
    person_any: tuple[Words, ...]
    reporter_name: Words | None
    reporter_any: tuple[Words, ...]
    severity_level: tuple[Level, Level]
    description_any: tuple[Words, ...]
    anonymous: bool
    public_not: tuple[Words, ...]

    @model_validator(mode="after")
    def _agrees_with_itself(self) -> Self:
        assert self.incident_type in self.incident_type_any
        assert self.date_of_occurrence in self.date_any
        assert (self.location is None) == (not self.location_any)
        assert (self.person_involved is None) == (not self.person_any)
        assert (self.reporter_name is None) == (not self.reporter_any)
        assert self.reporter_name in (*self.reporter_any, None)
        assert not (self.anonymous and self.reporter_name)
        assert self.severity_level[0] <= self.severity_level[1]
        assert not set(self.location_any) & set(self.location_not)
        return self


class FeedbackLabel(Label):
    """An opinion that must be filed, with every answer that counts as right."""

    kind: Literal["feedback"]
    feedback_kind: Literal["suggestion", "complaint", "praise"]
    topic: Words
    topic_any: tuple[Words, ...]
    sentiment: Sentiment
    sentiment_any: tuple[Sentiment, ...]
    summary_any: tuple[Words, ...]
    reporter_name: Words | None

    @model_validator(mode="after")
    def _agrees_with_itself(self) -> Self:
        assert self.topic in self.topic_any
        assert self.sentiment in self.sentiment_any
        return self


RecordLabel = Annotated[IncidentLabel | FeedbackLabel, Field(discriminator="kind")]


class Expectation(Label):
    """What a good clerk makes of the conversation."""

    intent: Intent
    emergency: bool
    records: tuple[RecordLabel, ...]
    optional_records: tuple[RecordLabel, ...]
    ask_for: tuple[Literal["what", "location"], ...]
    reply_must: tuple[ReplyMust, ...]
    must_not: tuple[MustNot, ...]

    @model_validator(mode="after")
    def _agrees_with_itself(self) -> Self:
        kinds = {record.kind for record in self.records}
        assert self.emergency == (self.intent == "emergency")
        assert self.emergency == ("emergency_number_first" in self.reply_must)
        assert not (self.emergency and "emergency" in self.must_not)
        assert not (kinds and "new_record" in self.must_not)
        assert not ("incident" in kinds and "incident_record" in self.must_not)
        if self.intent in {"incident", "feedback"}:
            assert kinds == {self.intent}
        elif self.intent in {"mixed", "emergency"}:
            assert kinds
        else:
            assert not kinds
        return self


class Conversation(Label):
    """What one resident says, in order, and what should come of it."""

    id: Annotated[str, Field(pattern=r"^[a-z]+(-[a-z]+)*-\d{2,3}$")]
    now: AwareDatetime
    lang: Annotated[str, Field(pattern=r"^[a-z]{2}$")]
    tags: tuple[Annotated[str, Field(pattern=r"^[a-z]+(-[a-z]+)*$")], ...]
    turns: Annotated[tuple[Words, ...], Field(min_length=1, max_length=5)]
    expect: Expectation

    @model_validator(mode="after")
    def _tags_tell_the_form(self) -> Self:
        assert ("multi-turn" in self.tags) == (len(self.turns) > 1)
        assert ("non-english" in self.tags) == (self.lang != "en")
        assert ("emergency" in self.tags) == self.expect.emergency
        assert len(set(self.tags)) == len(self.tags)
        return self


def _read(file: Path) -> list[Conversation]:
    lines = file.read_text(encoding="utf-8").splitlines()
    return [Conversation.model_validate_json(line) for line in lines]


def _folded(text: str) -> str:
    """Return the text without case and accents, as the evaluator compares."""
    parts = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in parts if not unicodedata.combining(letter))


def _incidents(talk: Conversation) -> list[IncidentLabel]:
    return [record for record in talk.expect.records if record.kind == "incident"]


@pytest.fixture(scope="module")
def town() -> Town:
    """The sample town, whose codes the labels use."""
    return load_town(None)


@pytest.fixture(params=FILES, ids=lambda file: file.stem)
def talks(request: pytest.FixtureRequest) -> list[Conversation]:
    """The conversations of one file; reading them checks their form."""
    return _read(request.param)


def test_labels_use_codes_of_the_town(talks: list[Conversation], town: Town) -> None:
    """Every incident type and every topic of a label is one of the sample town's."""
    for talk in talks:
        for record in (*talk.expect.records, *talk.expect.optional_records):
            if record.kind == "incident":
                unknown = [
                    code for code in record.incident_type_any if not town.incident_type(code)
                ]
            else:
                unknown = [code for code in record.topic_any if not town.feedback_topic(code)]
            assert not unknown, talk.id


def test_labels_stand_in_what_was_said(talks: list[Conversation]) -> None:
    """A place, person or name that is expected was said, unless the clerk has to ask for it."""
    for talk in talks:
        said = _folded(" ".join(talk.turns))
        for record in _incidents(talk):
            expected = [record.person_any, record.reporter_any, record.public_not]
            if "location" not in talk.expect.ask_for:
                expected.append(record.location_any)
            expected += [(place,) for place in record.location_not]
            for choices in filter(None, expected):
                assert any(_folded(choice) in said for choice in choices), (talk.id, choices)


def test_labels_keep_forbidden_names_apart(talks: list[Conversation]) -> None:
    """A name that must not become the reporter is said, and is not the reporter expected."""
    for talk in talks:
        for name in re.findall(r"reporter_(\w+)", " ".join(talk.expect.must_not)):
            if "prompt-injection" not in talk.tags:
                assert name in " ".join(talk.turns), talk.id
            assert not any(name in (record.reporter_name or "") for record in talk.expect.records)


def test_dates_belong_to_the_clock_of_the_conversation(talks: list[Conversation]) -> None:
    """The clock is the sample town's, and nothing happened after it or over a year before."""
    for talk in talks:
        assert talk.now.utcoffset() == timedelta(hours=8), talk.id
        today = talk.now.date()
        for day in {day for record in _incidents(talk) for day in record.date_any if day}:
            assert today - timedelta(days=365) <= day <= today, talk.id


def test_times_are_not_in_the_future(talks: list[Conversation]) -> None:
    """A time of today is before the clock of the conversation."""
    for talk in talks:
        for record in _incidents(talk):
            if record.time and record.date_of_occurrence == talk.now.date():
                at = datetime.fromisoformat(f"{record.date_of_occurrence}T{record.time}+08:00")
                assert at <= talk.now, talk.id


@pytest.mark.parametrize("file", COMPLETE_SETS, ids=lambda file: file.stem)
def test_each_complete_set_covers_the_taxonomy(file: Path, town: Town) -> None:
    """Every incident type, topic and language of the town occurs in 85 or more conversations."""
    talks = _read(file)
    records = [record for talk in talks for record in talk.expect.records]
    types = {record.incident_type for record in records if record.kind == "incident"}
    topics = {record.topic for record in records if record.kind == "feedback"}
    assert len(talks) >= 85
    assert types == {kind.code for kind in town.incident_types}
    assert topics == {topic.code for topic in town.feedback_topics}
    assert {talk.lang for talk in talks} >= set(town.languages)


def test_ids_are_unique() -> None:
    """No id names two conversations, in one file or in two."""
    counts = Counter(talk.id for file in FILES for talk in _read(file))
    assert [name for name, count in counts.items() if count > 1] == []


def test_no_sentence_is_in_two_files() -> None:
    """What measures the clerk was not also used to write its rules: files share no turn."""
    seen: dict[str, Path] = {}
    for file in FILES:
        for turn in {
            " ".join(_folded(turn).split()) for talk in _read(file) for turn in talk.turns
        }:
            assert seen.setdefault(turn, file) == file, turn
