"""Runs a labelled file through a model: every case at one front desk of its own, some at a time."""

import asyncio
import time
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import orjson
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from townhall.assistant.models import ModelChoice
from townhall.evaluation.cases import Case, read_cases
from townhall.evaluation.conversation import play
from townhall.evaluation.played import PlayedCase
from townhall.evaluation.report import print_failures, print_summary
from townhall.evaluation.scoring import score_case
from townhall.evaluation.summary import Summary, report_json, summarise
from townhall.frontdesk import FrontDesk, open_front_desk
from townhall.settings import Settings


async def evaluate(
    settings: Settings,
    cases_file: Path,
    *,
    json_path: Path | None,
    jobs: int,
    show_failures: bool,
    model: ModelChoice | None = None,
    console: Console | None = None,
) -> Summary:
    """Play the cases of the file, `jobs` at a time; print the figures, write them as JSON.

    The town and the model are those of `settings` (`model` replaces it), the database never is:
    the cases go into one that is gone afterwards. CasesError if the file cannot be used.
    """
    console = console or Console()
    cases = read_cases(cases_file)
    if json_path is not None:
        _refuse_unwritable(json_path)
    with TemporaryDirectory(prefix="townhall-eval-") as folder:
        apart = settings.model_copy(update={"data": Path(folder), "database_url": None})
        async with open_front_desk(apart, model=model) as desk:
            began = time.monotonic()
            played = await _play_all(desk, cases, jobs)
            seconds = time.monotonic() - began
            scores = [score_case(each, desk.town) for each in played]
            summary = summarise(desk.model_name, scores, seconds)
    if json_path is not None:
        _write(json_path, report_json(summary, scores))
    if show_failures:
        print_failures(console, scores)
    print_summary(console, summary)
    return summary


async def _play_all(desk: FrontDesk, cases: Sequence[Case], jobs: int) -> list[PlayedCase]:
    """Return the played cases in the order of `cases`."""
    columns = (TextColumn("Cases"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("Cases", total=len(cases))
        free = asyncio.Semaphore(jobs)

        async def play_one(case: Case) -> PlayedCase:
            async with free:
                played = await play(desk, case)
            progress.advance(task)
            return played

        return list(await asyncio.gather(*(play_one(case) for case in cases)))


def _refuse_unwritable(path: Path) -> None:
    # A run may take long and cost money: better to know before it than after.
    try:
        path.touch()
    except OSError as error:
        raise ValueError(f"{path} cannot be written: {error.strerror}") from error


def _write(path: Path, report: dict[str, object]) -> None:
    path.write_bytes(orjson.dumps(report, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))
