"""`townhall eval FILE`. Light to import: the assistant is only loaded when the command runs."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from townhall.settings import Settings


def eval_command(
    file: Annotated[Path, typer.Argument(help="Labelled conversations, one JSON object a line.")],
    model: Annotated[
        str | None,
        typer.Option(help="clerk, echo or a model's name; otherwise as in the settings."),
    ] = None,
    json: Annotated[
        Path | None, typer.Option(help="Write figures and transcripts to this file.")
    ] = None,
    jobs: Annotated[int, typer.Option(help="How many conversations at a time.", min=1)] = 4,
    failures: Annotated[
        bool, typer.Option(help="Show each failed case with its transcript.")
    ] = True,
) -> None:
    """Measure the assistant on labelled conversations. The town's own database is not touched."""
    from townhall.evaluation.measurement import evaluate
    from townhall.telemetry.logs import configure_logs

    changes = {"log_level": "error", "model": model} if model else {"log_level": "error"}
    settings = Settings().model_copy(update=changes)
    configure_logs(settings)
    summary = asyncio.run(
        evaluate(settings, file, json_path=json, jobs=jobs, show_failures=failures)
    )
    if summary.unchecked:
        raise typer.Exit(1)
