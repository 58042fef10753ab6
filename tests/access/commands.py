"""The command line without a process of its own: commands that need no server are quick so."""

from pathlib import Path

from typer.testing import CliRunner, Result

from tests.conftest import TEST_SECRET
from townhall.cli import app


def townhall_here(folder: Path, *arguments: str) -> Result:
    """Run a `townhall` command on the data of `folder` and return how it went."""
    names = ("DATABASE_URL", "TOWNHALL_TOWN", "TOWNHALL_OIDC_ISSUER", "TOWNHALL_OIDC_SECRET")
    settings = {"TOWNHALL_DATA": str(folder / "data"), "TOWNHALL_SECRET": TEST_SECRET}
    return CliRunner(env=dict.fromkeys(names, "") | settings).invoke(app, arguments)
