"""What a hosted model is told, and how few calls a filing takes."""

import pytest
from pydantic import SecretStr

from tests.fakes.answers import Answer, Call, Condition, Rule
from tests.fakes.fake_openai import FakeOpenAI
from tests.server import serve
from townhall.assistant.desk import instructions
from townhall.assistant.tools import LABELS, TOOLS
from townhall.settings import Settings
from townhall.town import load_town

TOWN = load_town(None)
NOW = "Tuesday 2026-03-10, 10:00"
PROMPT = instructions(TOWN, NOW)


def test_nothing_is_left_to_fill_in() -> None:
    """Every placeholder of the prompt has its value."""
    assert "$" not in PROMPT


@pytest.mark.parametrize(
    "said", [NOW, TOWN.timezone, TOWN.name, TOWN.contact.phone, TOWN.contact.email, TOWN.tone]
)
def test_prompt_says(said: str) -> None:
    """The model knows the date with its weekday, the zone, the town and whom to call."""
    assert said in PROMPT


def test_prompt_has_the_taxonomy() -> None:
    """Every incident type with its place, severity and questions, and every topic."""
    for kind in TOWN.incident_types:
        place = "place needed" if kind.location in ("point", "street") else "place optional"
        assert f"- {kind.code}: {kind.name}; {place}; {kind.default_severity};" in PROMPT
        for attribute in kind.attributes:
            assert (f"{attribute.code}: {attribute.question}" in PROMPT) == attribute.required
    for topic in TOWN.feedback_topics:
        assert f"- {topic.code}: {topic.name}" in PROMPT


def test_prompt_names_every_tool_but_no_other() -> None:
    """A tool that is offered is explained, and none is promised that is not there."""
    assert {tool.name for tool in TOOLS} == set(LABELS)
    for tool in TOOLS:
        assert f"`{tool.name}`" in PROMPT


def test_static_part_comes_first() -> None:
    """Two turns of one day differ only in the last lines, so that a provider can cache the rest."""
    later = instructions(TOWN, "Tuesday 2026-03-10, 10:05")
    same = sum(1 for _ in zip(PROMPT.splitlines(), later.splitlines(), strict=True))
    different = [
        index
        for index, (one, other) in enumerate(
            zip(PROMPT.splitlines(), later.splitlines(), strict=True)
        )
        if one != other
    ]
    assert different == [same - 1]


def test_prompt_is_short() -> None:
    """Without the taxonomy the rules are under 4,000 characters: about 1,000 tokens."""
    rules, _, rest = PROMPT.partition("# Incident types")
    assert len(rules) + len(rest[rest.index("# Now") :]) < 4000


async def test_filing_takes_two_calls(sqlite_settings: Settings) -> None:
    """A complete message is filed with one call of the model that files and one that says so."""
    call = Call(
        "file_feedback",
        {
            "feedback_kind": "suggestion",
            "topic": "parks_recreation",
            "summary": "More benches in the park.",
            "sentiment": "neutral",
            "reporter_name": None,
        },
    )
    rules = (
        Rule(Answer(text="Filed."), when=Condition(last='"status":"filed"')),
        Rule(Answer(calls=(call,))),
    )
    async with FakeOpenAI(rules) as fake:
        hosted = {
            "model": "fake",
            "model_api": "responses",
            "openai_base_url": fake.base_url,
            "openai_api_key": SecretStr("x"),
            "traces": "off",
        }
        async with serve(sqlite_settings.model_copy(update=hosted)) as server:
            answer = (await server.say("More benches in the park please. That's all.")).json()
        assert [record["kind"] for record in answer["records"]] == ["feedback"]
        assert len(fake.requests) == 2
