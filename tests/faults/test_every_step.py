"""A filing turn whose model breaks off after each of its frames: one record, whatever happens."""

from pathlib import Path

import pytest

from tests.conftest import make_settings
from tests.fakes.answers import Answer, Api, Condition, Rule
from tests.fakes.fake_openai import FakeOpenAI
from tests.fakes.frames import responses_frames
from tests.faults.conftest import Figures
from tests.faults.resident import STREETS, THANKS, count, filing_rules, report
from tests.server import serve
from townhall.assistant.models import warm_up_clerk
from townhall.town import load_town

[CALLING, *_] = [rule.reply for rule in filing_rules()]
STEPS = {
    "the call": len(responses_frames((), CALLING.calls)),
    "the thanks": len(responses_frames(THANKS.split(), ())),
}


@pytest.mark.timeout(240)
@pytest.mark.parametrize("step", STEPS)
async def test_break_after_each_frame(tmp_path: Path, step: str, figures: Figures) -> None:
    """The clerk takes over or the text stays, and the report is on record exactly once."""
    warm_up_clerk(load_town(None))
    url = f"sqlite:///{tmp_path / 'townhall.db'}"
    turn_ids, ends = [], set()
    broken = [_broken(step, at) for at in range(STEPS[step])]
    async with FakeOpenAI([*broken, *filing_rules()], default=Answer(text="Good day.")) as fake:
        settings = make_settings(
            tmp_path,
            database_url=None,
            data=tmp_path,
            model="fake",
            model_api=Api.RESPONSES.value,
            openai_base_url=fake.base_url,
        )
        async with serve(settings) as server:
            for at in range(STEPS[step]):
                answer = (await server.say(report(STREETS[0]), f"sess-{at}")).json()
                turn_ids.append(answer["turn_id"])
                ends.add(answer["status"])
                # Failures in a row would open the breaker, and the model be left out.
                assert (await server.say("Hello.")).json()["text"] == "Good day."
    counted = await count(url)
    figures.note(frames=STEPS[step], ends=sorted(ends))
    assert {counted.records[turn_id] for turn_id in turn_ids} == {1}


def _broken(step: str, at: int) -> Rule:
    """Return the rule that breaks one answer off after `at` frames, once."""
    if step == "the call":
        answer = Answer(calls=CALLING.calls, cut_after=at)
        return Rule(
            answer, when=Condition(last=STREETS[0]), unless=Condition(last='"status"'), times=1
        )
    return Rule(Answer(text=THANKS, cut_after=at), when=Condition(last='"status"'), times=1)
