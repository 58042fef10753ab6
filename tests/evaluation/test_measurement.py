"""Whole runs: a labelled file through a model at a real desk, the figures, the JSON, the screen."""

import io
import json
from pathlib import Path
from typing import Any

import pytest
from agents.testing import ModelCall, ModelStep, ScriptedModel
from rich.console import Console

from tests.evaluation.builders import POTHOLE as EXPECTED
from tests.evaluation.builders import label
from tests.scripted import POTHOLE, call, choose, reply, scripted
from townhall.assistant.models import ModelChoice
from townhall.evaluation.cases import CasesError
from townhall.evaluation.conversation import EXTRA_TURNS
from townhall.evaluation.measurement import evaluate
from townhall.evaluation.summary import Summary
from townhall.settings import Settings
from townhall.telemetry.logs import configure_logs

HOLE = "There is a pothole on Mabini Street."


class Run:
    """One run of the evaluator: its summary, what it printed and what it wrote."""

    def __init__(self, summary: Summary, printed: str, written: dict[str, Any]) -> None:
        self.summary = summary
        self.printed = printed
        self.written = written


async def run(
    settings: Settings, *labels: dict[str, Any], model: ModelChoice | None = None, jobs: int = 1
) -> Run:
    """Evaluate the labels and return all that came of it."""
    configure_logs(settings)
    folder = settings.data
    folder.mkdir(parents=True, exist_ok=True)
    file, out = folder / "cases.jsonl", folder / "out.json"
    file.write_text("\n".join(map(json.dumps, labels)), encoding="utf-8")
    screen = Console(file=io.StringIO(), width=100)
    summary = await evaluate(
        settings, file, json_path=out, jobs=jobs, show_failures=True, model=model, console=screen
    )
    assert isinstance(screen.file, io.StringIO)
    return Run(summary, screen.file.getvalue(), json.loads(out.read_text(encoding="utf-8")))


async def test_questions_are_answered_until_the_record_is_filed(sqlite_settings: Settings) -> None:
    """The resident answers what the labels know, confirms, and the JSON tells it all."""
    filed = {**POTHOLE, "location": "Mabini Street, by the school", "time_of_occurrence": "21:00"}
    model = scripted(
        reply("Where is it?"),
        reply("Is that right?"),
        call("file_incident", filed),
        reply("Filed."),
    )
    labels = label(turns=["There is a pothole."], records=[EXPECTED])
    done = await run(sqlite_settings, labels, model=model)
    (case,) = done.written["cases"]
    (record,) = case.pop("records")
    assert record.pop("reference").startswith("INC-")
    assert record == {"kind": "incident", **filed, "status": "open"}
    assert case.pop("seconds") > 0
    assert case == {
        "id": "case-1",
        "transcript": [
            {"role": "user", "text": "There is a pothole."},
            {"role": "assistant", "text": "Where is it?"},
            {"role": "user", "text": "Mabini Street, by the school"},
            {"role": "assistant", "text": "Is that right?"},
            {"role": "user", "text": "Yes."},
            {"role": "assistant", "text": "Filed."},
        ],
        "emergency": False,
    }
    assert done.summary.passed == 1
    assert done.summary.turns_needed == 3


async def test_summary_counts_everything(sqlite_settings: Settings) -> None:
    """The summary in the JSON has every figure, and the failures name what went wrong."""
    model = scripted(
        call("file_incident", {**POTHOLE, "severity_level": 5}),
        reply("Filed."),
        reply("Call 911 now."),
        reply("Hello."),
    )
    done = await run(
        sqlite_settings,
        label(id="rated", turns=[HOLE], records=[EXPECTED], must_not=["severity_5"]),
        label(id="calm", turns=["Good morning!"]),
        label(id="odd", turns=["Hi!"], reply_must=["sing"]),
        model=model,
    )
    summary = done.written["summary"]
    for measured in ("seconds", "seconds_per_turn", "seconds_per_turn_p95"):
        assert summary.pop(measured) > 0
    assert summary == {
        "model": "scripted",
        "cases": 3,
        "passed": 1,
        "record_recall": 1.0,
        "records_expected": 1,
        "false_records": 0,
        "field_accuracy": {
            "incident_type": 1.0,
            "location": 1.0,
            "severity_level": 0.0,
            "reporter_name": 1.0,
        },
        "fields_scored": {
            "incident_type": 1,
            "location": 1,
            "severity_level": 1,
            "reporter_name": 1,
        },
        "emergency_recall": None,
        "emergencies_expected": 0,
        "false_alarms": 1,
        "behaviour_failures": {"severity_5": 1},
        "behaviours_checked": {"severity_5": 1},
        "failed_turns": 0,
        "turns_needed": 1.0,
        "unchecked": {"sing": 1},
    }
    for line in ("severity_level: 5; right would be 2 or 3 or 4", "behaviour: severity_5"):
        assert line in done.printed
    assert f"resident: {HOLE}" in done.printed
    assert "false alarm" in done.printed
    assert "1 of 3 cases passed" in done.printed
    assert "sing (1)" in done.printed


async def test_clock_of_the_case_rules_every_turn(sqlite_settings: Settings) -> None:
    """The model is told the case's day, also for what was said before, not today's."""
    model = ScriptedModel([reply("Where?"), reply("When?")])
    await run(
        sqlite_settings,
        label(now="2026-12-31T23:30:00+08:00", turns=["A hole.", "Here."]),
        model=choose(model),
    )
    first, second = model.calls
    for each in (first, second):
        assert "Thursday 2026-12-31, 23:30" in str(each.system_instructions)
    assert "Sent on" not in str(second.input)


async def test_desk_that_never_files_is_asked_only_so_often(sqlite_settings: Settings) -> None:
    """A desk that asks on and on gets six answers; one that asks nothing is left sooner."""
    asking = scripted(*[reply("Where is it?")] * (EXTRA_TURNS + 1))
    silent = scripted(*[reply("Noted.")] * 2)
    expecting = label(turns=["A hole."], records=[EXPECTED])
    asked = await run(sqlite_settings, expecting, model=asking)
    left = await run(sqlite_settings, expecting, model=silent)
    assert len(asked.written["cases"][0]["transcript"]) == 2 * (1 + EXTRA_TURNS)
    assert [line["text"] for line in left.written["cases"][0]["transcript"]] == [
        "A hole.",
        "Noted.",
        "That's all.",
        "Noted.",
    ]
    assert asked.summary.records.value == 0


@pytest.mark.parametrize("extra", [{"ask_for": ["location"]}, {"optional_records": [EXPECTED]}])
async def test_nothing_is_added_when_nothing_must_be_filed(
    sqlite_settings: Settings, extra: dict[str, Any]
) -> None:
    """A conversation that expects no record ends with the resident's own last turn."""
    done = await run(sqlite_settings, label(**extra), model=scripted(reply("Where is it?")))
    assert len(done.written["cases"][0]["transcript"]) == 2
    assert done.summary.passed == 1


async def test_withdrawn_records_do_not_count(sqlite_settings: Settings) -> None:
    """A record that was filed and withdrawn is not among the stored ones."""

    def withdraw(asked: ModelCall) -> Any:
        filed = next(item for item in asked.input if item.get("type") == "function_call_output")
        reference = json.loads(filed["output"])["reference"]
        return call("withdraw_report", {"reference": reference, "reason": None}, "call_2")

    model = scripted(
        call("file_incident", POTHOLE),
        reply("Filed."),
        ModelStep(responder=withdraw),
        reply("Withdrawn."),
    )
    labels = label(turns=[HOLE, "Forget it."], must_not=["new_record"])
    done = await run(sqlite_settings, labels, model=model)
    assert done.written["cases"][0]["records"] == []
    assert done.summary.passed == 1


async def test_failed_turn_is_a_failure(sqlite_settings: Settings) -> None:
    """A turn that fails is named with its code and the conversation is not continued."""
    model = scripted(ModelStep.raise_error(RuntimeError("broken")))
    done = await run(sqlite_settings, label(records=[EXPECTED]), model=model)
    assert done.summary.failed_turns == 1
    assert "turn failed: internal" in done.printed
    assert len(done.written["cases"][0]["transcript"]) == 2


async def test_echo_in_parallel_keeps_the_order_of_the_file(sqlite_settings: Settings) -> None:
    """Many conversations at a time end up in the file's order, each with its own words."""
    settings = sqlite_settings.model_copy(update={"model": "echo"})
    labels = [label(id=f"case-{n}", turns=[f"Hello {n}", "and more"]) for n in range(12)]
    done = await run(settings, *labels, jobs=5)
    assert [case["id"] for case in done.written["cases"]] == [f"case-{n}" for n in range(12)]
    assert [case["transcript"][1]["text"] for case in done.written["cases"]] == [
        f"Hello {n}" for n in range(12)
    ]
    assert done.summary.model == "echo"


async def test_database_of_the_town_is_not_touched(sqlite_settings: Settings) -> None:
    """An evaluation leaves neither a database nor a secret in the town's data folder."""
    await run(sqlite_settings, label(), model=scripted(reply("Hello.")))
    left = {path.name for path in sqlite_settings.data.iterdir()}
    assert left == {"cases.jsonl", "out.json"}


async def test_bad_file_stops_before_any_model_is_asked(
    sqlite_settings: Settings, tmp_path: Path
) -> None:
    """A mistake in the labels is told at once."""
    file = tmp_path / "bad.jsonl"
    file.write_text("{")
    with pytest.raises(CasesError, match=r"bad\.jsonl:1: "):
        await evaluate(sqlite_settings, file, json_path=None, jobs=1, show_failures=False)
