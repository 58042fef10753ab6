"""The labelled file: what is read, and how every mistake is named with its line."""

import json
from pathlib import Path

import pytest

from tests.evaluation.builders import BENCHES, POTHOLE, label
from townhall.evaluation.cases import CasesError, ExpectedIncident, read_cases

DATA = Path(__file__).parents[1] / "data"


def write(tmp_path: Path, *lines: object) -> Path:
    """Write the lines, as JSON unless they are text, and return the file."""
    file = tmp_path / "cases.jsonl"
    texts = [line if isinstance(line, str) else json.dumps(line) for line in lines]
    file.write_text("\n".join(texts), encoding="utf-8")
    return file


def test_own_labels_are_read() -> None:
    """The project's own labelled file is read whole, with nothing that goes unchecked."""
    cases = read_cases(DATA / "dev.jsonl")
    assert len(cases) >= 85
    assert {key for case in cases for key in case.unknown_keys} == set()


def test_order_and_values_are_kept(tmp_path: Path) -> None:
    """Cases come in the file's order with their records; empty lines do not count."""
    first = label(id="a", records=[POTHOLE, BENCHES])
    cases = read_cases(write(tmp_path, first, "", label(id="b"), ""))
    assert [case.id for case in cases] == ["a", "b"]
    pothole = cases[0].expect.records[0]
    assert isinstance(pothole, ExpectedIncident)
    assert pothole.types == {"pothole", "road_hazard"}
    assert cases[0].now.isoformat() == "2026-03-10T10:00:00+08:00"


def test_unusual_line_ends_stay_in_their_line(tmp_path: Path) -> None:
    """A Unicode line separator inside a message does not end the line of the file."""
    file = tmp_path / "cases.jsonl"
    file.write_text(json.dumps(label(turns=["one\u2028two"]), ensure_ascii=False), encoding="utf-8")
    assert read_cases(file)[0].turns == ("one\u2028two",)


@pytest.mark.parametrize(
    ("line", "named"),
    [
        ("{", "Invalid JSON"),
        (label(now="2026-03-10T10:00:00"), "now: Input should have timezone info"),
        (label(now="yesterday"), "now: "),
        (label(turns=[]), "turns: "),
        (label(records=[{**POTHOLE, "kind": "wish"}]), "expect.records.0: "),
        (
            label(records=[{**POTHOLE, "severity_level": [0, 9]}]),
            "expect.records.0.incident.severity_level.0: ",
        ),
        ({"id": "x", "now": "2026-03-10T10:00:00+08:00", "turns": ["a"]}, "expect: Field required"),
    ],
)
def test_mistakes_are_named_with_their_line(tmp_path: Path, line: object, named: str) -> None:
    """What is wrong is said with file, line and place, whatever comes before it."""
    file = write(tmp_path, label(id="fine"), line)
    with pytest.raises(CasesError) as caught:
        read_cases(file)
    assert str(caught.value).startswith("cases.jsonl:2: ")
    assert named in str(caught.value)


def test_all_mistakes_are_named_at_once(tmp_path: Path) -> None:
    """One reading tells of every line at fault, a doubled id included."""
    file = write(tmp_path, label(id="a"), "{", label(id="a"))
    with pytest.raises(CasesError) as caught:
        read_cases(file)
    lines = str(caught.value).split("\n")
    assert len(lines) == 2
    assert lines[0].startswith("cases.jsonl:2: Invalid JSON")
    assert lines[1] == "cases.jsonl:3: id: a is also in line 1"


@pytest.mark.parametrize("content", [b"", b"\n\n", b"\xff\xfe"])
def test_file_without_conversations_is_refused(tmp_path: Path, content: bytes) -> None:
    """An empty file, and one that is not UTF-8 text, is an error and not a run of nothing."""
    file = tmp_path / "cases.jsonl"
    file.write_bytes(content)
    with pytest.raises(CasesError):
        read_cases(file)


def test_missing_file_is_named(tmp_path: Path) -> None:
    """A file that is not there is an error that names it."""
    with pytest.raises(CasesError, match=r"nowhere\.jsonl"):
        read_cases(tmp_path / "nowhere.jsonl")


def test_unknown_keys_are_reported(tmp_path: Path) -> None:
    """A label's key that nothing reads is kept by name; a note on the case is not a label."""
    line = label(records=[{**POTHOLE, "loction_any": ["x"]}], ask_fro=["what"]) | {"note": "hm"}
    (case,) = read_cases(write(tmp_path, line))
    assert case.unknown_keys == ("ask_fro", "loction_any")
