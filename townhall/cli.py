"""The command line. Each command says what it will do, does it, and exits 1 when it could not."""

import json
import re
import sys
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer
from rich.console import Console
from rich.table import Table

from townhall import __version__
from townhall.db.engine import database_url
from townhall.db.schema import migrate as bring_up_to_date
from townhall.errors import DatabaseUnavailable, TownHallError
from townhall.evaluation.command import eval_command
from townhall.invocation import read_settings, run, with_database
from townhall.keeping import erase, export, retention
from townhall.settings import Settings
from townhall.town import TownConfigError, copy_sample_town, load_town

if TYPE_CHECKING:  # who only starts a server does not wait for what a command imports
    from townhall.db.verification import Verification

app = typer.Typer(
    name="townhall",
    help="Digital Town Hall: a front desk for a town.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command("eval")(eval_command)
for command in (export, erase, retention):
    app.command()(command)
console = Console()
T = TypeVar("T")

STAFF_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", re.ASCII)
DOOR = "townhall.door:Door"
GRACE_SECONDS = 25  # for open streams, when the server is asked to end
WORKER_START_SECONDS = 20


@app.command()
def serve(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on.", min=0, max=65535)] = 8000,
    workers: Annotated[int, typer.Option(help="Processes that serve.", min=1)] = 1,
    reload: Annotated[bool, typer.Option(help="Start anew when the code changes.")] = False,
) -> None:
    """Start the server. The database is brought up to date first."""
    import uvicorn

    from townhall.connections import connection_options
    from townhall.process import begin_processes_quickly, serve_together

    if reload and workers > 1:
        raise typer.BadParameter("--reload watches one process; leave out --workers.")
    settings = read_settings()
    _prepare_database(settings)
    _print_banner(settings, host, port)
    if reload or workers > 1:
        begin_processes_quickly()
    options = connection_options() | {
        "factory": True,
        "host": host,
        "port": port,
        "reload": reload,
        "workers": workers,
        "timeout_graceful_shutdown": GRACE_SECONDS,
        # A worker answers its parent once it has imported: slow on a busy machine, but not dead. A
        # worker that is killed while it is asked is missed for as long.
        "timeout_worker_healthcheck": WORKER_START_SECONDS,
    }
    if workers > 1:
        serve_together(uvicorn.Config(DOOR, **options))
    else:
        uvicorn.run(DOOR, **options)


@app.command()
def chat(
    session: Annotated[
        str | None, typer.Option(help="Continue this session instead of a new one.")
    ] = None,
) -> None:
    """Talk to the desk in this terminal; no server is needed."""
    from townhall.telemetry.logs import configure_logs
    from townhall.terminal import converse

    settings = read_settings().model_copy(update={"log_level": "error"})
    configure_logs(settings)
    run(converse(settings, session, console))


@app.command()
def check() -> None:
    """Verify the town's files and the database; exit 1 if something is wrong."""
    from townhall.db.verification import verify

    settings = read_settings()
    town = load_town(settings.town)
    console.print(f"Town: {town.name}, {len(town.incident_types)} incident types, files are sound")
    _print_address(settings)
    found = run(with_database(settings, verify))
    _print_verification(found)
    if not found.is_sound:
        raise typer.Exit(1)


@app.command()
def migrate() -> None:
    """Bring the database's schema up to date."""
    settings = read_settings()
    _print_address(settings)
    console.print(f"Schema: {run(with_database(settings, bring_up_to_date))}")


@app.command()
def init(
    folder: Annotated[Path, typer.Argument(help="A new or empty folder.")],
) -> None:
    """Copy the sample town into FOLDER, to be made your own."""
    copy_sample_town(folder)
    console.print(f"Edit the files in {folder}, then start with TOWNHALL_TOWN={folder}")


@app.command()
def token(
    staff: Annotated[str, typer.Option(help="Name in the history: letters, digits, ._-")],
    hours: Annotated[int, typer.Option(help="How long it is good.", min=1, max=24 * 365)] = 12,
) -> None:
    """Print a token for a member of staff. Who has it may read and move all records."""
    from townhall.access.tokens import OwnTokens

    if not STAFF_NAME.fullmatch(staff):
        raise typer.BadParameter("1 to 64 of: letters, digits, dot, dash, underscore.")
    tokens = OwnTokens(read_settings())
    # Nothing else goes to the screen, so that a script can take it.
    sys.stdout.write(tokens.for_staff(staff, timedelta(hours=hours)) + "\n")


@app.command()
def openapi() -> None:
    """Print the OpenAPI document of the HTTP interface."""
    from townhall.app import create_app

    sys.stdout.write(json.dumps(create_app(read_settings()).openapi(), indent=2) + "\n")


@app.command()
def version() -> None:
    """Print the version."""
    console.print(__version__)


def main() -> None:
    """Run the command line; a mistake of the deployer's is one red line, not a traceback."""
    try:
        app()
    except (TownConfigError, TownHallError, ValueError) as error:
        Console(stderr=True).print(str(error), style="red", markup=False, highlight=False)
        sys.exit(1)


def _prepare_database(settings: Settings) -> None:
    # Once for all workers, and where the deployer sees what is wrong.
    try:
        run(with_database(settings, bring_up_to_date))
    except DatabaseUnavailable as error:
        cause = f"\n({error.__cause__})" if error.__cause__ else ""
        raise DatabaseUnavailable(f"{_address(settings)}: {error.detail}{cause}") from error


def _print_banner(settings: Settings, host: str, port: int) -> None:
    town = load_town(settings.town)
    access = {
        "auto": "whoever is on this very machine may do all, others need a token",
        "token": "every request needs a token",
    }
    why = f" (because of {settings.why_token})" if settings.why_token else ""
    shown = f"[{host}]" if ":" in host else host
    table = Table.grid(padding=(0, 2))
    table.add_row("Town", town.name)
    table.add_row("URL", f"http://{shown}:{port}/  (interface: /docs)")
    table.add_row("Model", settings.model_name or "hosted: the SDK's default")
    table.add_row("Database", _address(settings))
    table.add_row("Access", f"{settings.access_mode}: {access[settings.access_mode]}{why}")
    table.add_row("Sign-in", settings.oidc_issuer or "anonymous tokens and staff tokens only")
    table.add_row("Traces", settings.trace_destination)
    console.print(f"\nDigital Town Hall {__version__}", style="bold")
    console.print(table, "")


def _address(settings: Settings) -> str:
    return database_url(settings).render_as_string(hide_password=True)


def _print_address(settings: Settings) -> None:
    console.print(f"Database: {_address(settings)}", soft_wrap=True, highlight=False)


def _print_verification(found: "Verification") -> None:
    is_current = found.revision == found.newest
    console.print(f"Schema: {found.revision or 'none'}" + (", current" if is_current else ""))
    if not is_current:
        console.print(f"It should be {found.newest}: run `townhall migrate`.", style="red")
        return
    table = Table("Table", "Rows")
    table.columns[1].justify = "right"
    for name, count in found.counts.items():
        table.add_row(name, str(count))
    console.print(table)
    for finding in found.findings:
        console.print(f"{finding.count} {finding.what}", style="red")
    if not found.findings:
        console.print("No orphans, no stuck turns, nothing out of place.", style="green")
