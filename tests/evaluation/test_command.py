"""`townhall eval` as a deployer types it."""

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from tests.evaluation.builders import label
from townhall.evaluation.command import eval_command


@pytest.fixture
def cases(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A labelled file in an empty folder, which is the working directory."""
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "cases.jsonl"
    file.write_text(json.dumps(label(turns=["Good morning!"])), encoding="utf-8")
    return file


def run(*arguments: str) -> tuple[int, str, BaseException | None]:
    """Run the command and return its exit code, what it printed and the error that it let out."""
    app = typer.Typer()
    app.command()(eval_command)
    result = CliRunner().invoke(app, ["--model", "echo", *arguments])
    return result.exit_code, result.output, result.exception


def test_figures_are_printed_and_written(cases: Path) -> None:
    """The command prints the figures, writes the JSON and says that all went well."""
    code, printed, _ = run(str(cases), "--json", "out.json")
    assert code == 0
    assert "1 of 1 cases passed" in printed
    assert json.loads(Path("out.json").read_text(encoding="utf-8"))["summary"]["model"] == "echo"


def test_labels_that_nothing_checks_fail_the_run(cases: Path) -> None:
    """A run with a behaviour that has no check names it and does not count as a success."""
    cases.write_text(json.dumps(label(must_not=["sing"])), encoding="utf-8")
    code, printed, _ = run(str(cases))
    assert code == 1
    assert "nothing here can check: sing (1)" in printed


def test_unwritable_output_is_refused_at_once(cases: Path) -> None:
    """A folder that is not there is named before any conversation is played."""
    _, printed, error = run(str(cases), "--json", "nowhere/out.json")
    assert isinstance(error, ValueError)
    assert "nowhere/out.json cannot be written" in str(error)
    assert "passed" not in printed
