"""What most people type first: a few plain words. None of these is among the training examples."""

from datetime import datetime
from pathlib import Path

import pytest

from tests.clerk.desk import SAMPLE
from townhall.clerk.understanding import reader_of

NOW = datetime.fromisoformat("2026-03-10T10:00:00+08:00")
LINES = Path(__file__).with_name("plain.tsv").read_text(encoding="utf-8").splitlines()
EXAMPLES = Path(__file__).parents[2] / "training" / "examples.tsv"


@pytest.mark.parametrize("line", LINES)
def test_a_plain_message_is_understood(line: str) -> None:
    """One matter of the right type or kind, or a question, or nothing at all."""
    label, text = line.split("\t")
    reading = reader_of(SAMPLE).read(text, NOW)
    found = [report.kind.code for report in reading.reports]
    found += [opinion.kind for opinion in reading.opinions]
    if label == "question":
        assert reading.questions
    assert found == ([] if label in ("question", "nothing") else [label])


def test_the_messages_are_new_to_the_clerk() -> None:
    """No line is one of the examples that the clerk has learned from."""
    learned = {text.casefold().strip(" .!") for text in EXAMPLES.read_text("utf-8").splitlines()}
    assert not learned & {line.casefold().strip(" .!") for line in LINES}
