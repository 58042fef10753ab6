"""Commands about what is kept: hand it out, erase it, let it go when its time has come."""

import json
import sys
from datetime import timedelta
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from townhall.db.engine import Database
from townhall.invocation import read_settings, run, with_database

if TYPE_CHECKING:  # who only starts a server does not wait for what a command imports
    from townhall.turns.erasure import Erased

console = Console()


class ExportFormat(StrEnum):
    """How `townhall export` writes."""

    csv = "csv"
    json = "json"


class ExportKind(StrEnum):
    """What `townhall export` writes."""

    incident = "incident"
    feedback = "feedback"


def export(
    kind: Annotated[ExportKind, typer.Option(help="Which records.")] = ExportKind.incident,
    form: Annotated[ExportFormat, typer.Option("--format", help="csv or json.")] = ExportFormat.csv,
    output: Annotated[Path | None, typer.Option(help="File; without it, the screen.")] = None,
    user: Annotated[
        str | None, typer.Option(help="All that is this user's, as JSON, instead of records.")
    ] = None,
) -> None:
    """Write all records of a kind, oldest first, as CSV or JSON. They contain personal data."""
    if user is not None:
        _export_user(user, output)
        return
    from townhall.records.export import export_records

    async def write(database: Database) -> int:
        if output is None:
            return await export_records(database, kind.value, form.value, sys.stdout)
        with output.open("w", encoding="utf-8", newline="") as file:
            return await export_records(database, kind.value, form.value, file)

    count = run(with_database(read_settings(), write))
    if output is not None:
        console.print(f"{count} records written to {output}")


def erase(
    user_id: Annotated[str, typer.Argument(help="Whose conversations and traces in records.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only count.")] = False,
) -> None:
    """Erase a user: all conversations, and the person from what they filed. It is for ever."""
    from townhall.turns.erasure import erase_user

    work = partial(erase_user, user_id=user_id, dry_run=dry_run)
    _print_erased(run(with_database(read_settings(), work)), dry_run)


def retention(
    conversations: Annotated[
        int, typer.Option(help="Days that a conversation is kept after its last message.", min=1)
    ] = 365,
    people: Annotated[
        int, typer.Option(help="Days that a closed record keeps its person.", min=1)
    ] = 1095,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only count.")] = False,
) -> None:
    """Erase what need not be kept: old conversations, the people of records closed long ago."""
    from townhall.turns.erasure import retire

    work = partial(
        retire,
        conversations_kept=timedelta(days=conversations),
        people_kept=timedelta(days=people),
        dry_run=dry_run,
    )
    _print_erased(run(with_database(read_settings(), work)), dry_run)


def _export_user(user_id: str, output: Path | None) -> None:
    from townhall.turns.belongings import belongings_of

    mine = run(with_database(read_settings(), partial(belongings_of, user_id=user_id)))
    text = json.dumps(mine, ensure_ascii=False, indent=2) + "\n"
    if output is None:
        sys.stdout.write(text)
    else:
        output.write_text(text, encoding="utf-8")


def _print_erased(erased: "Erased", dry_run: bool) -> None:
    verb = "Would erase" if dry_run else "Erased"
    console.print(
        f"{verb} {erased.sessions} conversations, {erased.events} rows of events, {erased.keys} "
        f"idempotency keys, and the person from {erased.people} records.",
        soft_wrap=True,
    )
