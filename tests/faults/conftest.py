"""Servers in processes of their own, with a scripted model beside them."""

import os
import sys
from collections.abc import AsyncIterator, Iterator, Sequence
from pathlib import Path
from typing import Protocol

import pytest

from tests.conftest import TEST_SECRET
from tests.fakes.fake_openai import FakeOpenAI
from tests.faults.forge import Forge
from tests.faults.worker import Worker

# For what the database hardly changes: Postgres in the long runs only.
SQLITE_FIRST = pytest.mark.parametrize(
    "database_url", ["sqlite", pytest.param("postgres", marks=pytest.mark.long)], indirect=True
)


class Start(Protocol):
    """Starts `number` workers on one database with `fake` as their model."""

    async def __call__(
        self,
        fake: FakeOpenAI,
        url: str,
        number: int = 1,
        options: Sequence[str] = (),
        **settings: str,
    ) -> list[Worker]:
        """Return them, ready, started with `options`; they end with the test."""


class Figures:
    """What a run measured, for the summary at its end."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._figures: dict[str, object] = {}

    def note(self, **figures: object) -> None:
        """Note figures of this test."""
        self._figures |= figures

    def __str__(self) -> str:
        """One line for people."""
        return f"{self._name}: " + ", ".join(f"{k} {v}" for k, v in self._figures.items())


@pytest.fixture
def figures(request: pytest.FixtureRequest) -> Iterator[Figures]:
    """A place for figures; `pytest -rA` or a failure shows them."""
    figures = Figures(request.node.name)
    yield figures
    sys.stdout.write(f"\nFIGURES {figures}\n")


@pytest.fixture
async def start(forge: Forge, tmp_path: Path) -> AsyncIterator[Start]:
    """A way to start workers."""
    workers: list[Worker] = []

    async def begin(
        fake: FakeOpenAI, url: str, number: int = 1, options: Sequence[str] = (), **settings: str
    ) -> list[Worker]:
        environment = worker_environment(fake, url, tmp_path, **settings)
        new = [Worker(forge, environment, tmp_path, options) for _ in range(number)]
        workers.extend(new)
        for worker in new:
            await worker.start()
        return new

    yield begin
    for worker in workers:
        await worker.kill_if_alive()


def worker_environment(fake: FakeOpenAI, url: str, folder: Path, **settings: str) -> dict[str, str]:
    """Return the environment of a server that asks `fake`; nothing else of this machine."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return {
        **kept,
        "DATABASE_URL": url,
        "TOWNHALL_DATA": str(folder / "data"),
        "TOWNHALL_SECRET": TEST_SECRET,
        "TOWNHALL_MODEL": "fake",
        "TOWNHALL_MODEL_API": "responses",
        "TOWNHALL_LOG_LEVEL": "warning",
        "OPENAI_BASE_URL": fake.base_url,
        **settings,
    }
