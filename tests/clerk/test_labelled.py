"""The clerk measured on labelled conversations; the bars are the project's."""

import json
from datetime import datetime
from pathlib import Path

import pytest

from tests.clerk.desk import Desk
from tests.clerk.scoring import Score, score
from townhall.clerk.text import fold

DEVELOPMENT = Path(__file__).parents[1] / "data" / "dev.jsonl"
MESSAGES = Path(__file__).with_name("messages.jsonl")
NOW = datetime.fromisoformat("2026-03-10T10:00:00+08:00")


@pytest.mark.timeout(600)
def test_the_development_set() -> None:
    """Nine of ten records are filed, nothing else is, and the fields are right."""
    total = Score()
    lines = DEVELOPMENT.read_text(encoding="utf-8").splitlines()
    score([json.loads(line) for line in lines if line.strip()], total)
    assert total.recall >= 0.9, total.failures
    assert total.false_records <= 3, total.failures
    for name in total.fields:
        assert total.accuracy(name) >= 0.85, (name, total.failures)


@pytest.mark.timeout(600)
def test_many_ways_to_say_it() -> None:
    """Of the short messages at most one in twenty is taken for something else."""
    lines = MESSAGES.read_text(encoding="utf-8").splitlines()
    wrong = [line for line in lines if not _is_understood(json.loads(line))]
    assert len(wrong) <= len(lines) / 20, wrong


def _is_understood(case: dict[str, list[dict[str, str | None]]]) -> bool:
    desk = Desk(NOW)
    for turn in case["turns"]:
        desk.say(str(turn))
    for _ in range(6):
        if len(desk.live()) >= len(case["records"]):
            break
        place = case["records"][0]["place"]
        asks_where = "here" in desk.replies[-1] or "どこ" in desk.replies[-1]
        desk.say(place if place and asks_where else "yes")
    left = desk.live()
    for record in case["records"]:
        kinds = record["is"] or ""
        fitting = [r for r in left if (r.get("incident_type") or r["feedback_kind"]) in kinds]
        if not fitting or fold(record["place"] or "") not in fold(fitting[0].get("location") or ""):
            return False
        left.remove(fitting[0])
    return not left
