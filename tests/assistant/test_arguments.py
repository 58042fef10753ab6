"""Arguments that nobody can parse: the model is told so and files with its next call."""

import pytest
from pydantic import SecretStr

from tests.fakes.answers import Answer, Call, Condition, Rule
from tests.fakes.fake_openai import FakeOpenAI
from tests.scripted import POTHOLE
from tests.server import serve
from townhall.assistant.arguments import DEEPEST, is_readable
from townhall.settings import Settings

UNREADABLE = {
    "half a surrogate pair": '{"description": "\\ud800 hole"}',
    "open brackets": "[" * 2000,
    "objects in objects": '{"a":' * 2000,
    "five hundred lists": '{"details": ' + "[" * 500 + "]" * 500 + "}",
    "no JSON": '{"description": "\\"}',
}


@pytest.mark.parametrize("api", ["responses", "chat"])
async def test_unreadable_arguments_are_mended_by_the_model(
    sqlite_settings: Settings, api: str
) -> None:
    """The tool refuses them, the next call files, and the turn completes."""
    mended = Answer(calls=(Call("file_incident", POTHOLE),))
    rules = [
        Rule(mended, when=Condition(last='"refused"')),
        Rule(Answer(text="Filed."), when=Condition(last='"reference"')),
        *[
            Rule(Answer(calls=(Call("file_incident", arguments),)), when=Condition(last=name))
            for name, arguments in UNREADABLE.items()
        ],
    ]
    async with FakeOpenAI(rules) as fake:
        hosted = {
            "model": "fake",
            "model_api": api,
            "openai_base_url": fake.base_url,
            "openai_api_key": SecretStr("x"),
            "traces": "off",
        }
        async with serve(sqlite_settings.model_copy(update=hosted)) as server:
            for name in UNREADABLE:
                said = f"There is a pothole on Mabini Street. Send me {name}."
                answer = (await server.say(said)).json()
                assert answer["status"] == "completed", name
                assert [record["kind"] for record in answer["records"]] == ["incident"], name


@pytest.mark.parametrize("arguments", UNREADABLE.values(), ids=UNREADABLE)
def test_what_no_parser_takes_is_unreadable(arguments: str) -> None:
    """Half a character, endless brackets, no JSON."""
    assert not is_readable(arguments)


def test_what_tools_are_given_is_readable() -> None:
    """Also brackets within a text, and as many levels as are allowed."""
    assert is_readable('{"description": "' + "[" * 8000 + '", "details": [{"code": "a"}]}')
    assert is_readable("[" * DEEPEST + "]" * DEEPEST)
    assert not is_readable("[" * (DEEPEST + 1) + "]" * (DEEPEST + 1))
