"""How long each figure takes on 100,000 records, on SQLite and Postgres: python -m bench.figures

Prints, for each figure, period and filter, the fastest and the median of 20 runs in milliseconds.
The bar is 50 ms on a machine that does nothing else; on a busy one the fastest run tells more.
"""

import asyncio
import statistics
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import get_args

from sqlalchemy import make_url, text

from tests.insights.generated import generate, save
from tests.postgres import PostgresServer
from tests.server import Settled
from townhall.db.engine import Database, database_url
from townhall.db.schema import migrate
from townhall.insights.figures import count_figure
from townhall.insights.periods import Period
from townhall.insights.questions import Figure, Question
from townhall.town import load_town

RECORDS = 100_000
RUNS = 20
BAR_MS = 50
PERIODS: tuple[Period, ...] = ("this_month", "this_year", "all")
TOWN = load_town(None)
NOW = datetime(2026, 3, 11, 6, 30, tzinfo=UTC).astimezone(TOWN.zone)


def questions() -> list[Question]:
    """Return what is measured."""
    asked = []
    for figure in get_args(Figure):
        for period in PERIODS:
            if (figure, period) == ("trend", "all"):
                continue
            asked.append(Question(figure, period))
            if figure != "sentiment":
                asked.append(Question(figure, period, place="Mabini Street"))
                asked.append(Question(figure, period, incident_type="pothole"))
    return asked


async def measure(database: Database, question: Question) -> tuple[float, float]:
    """Return the fastest and the median of the runs, in milliseconds."""
    times = []
    for _ in range(RUNS + 1):
        begun = time.perf_counter()
        await count_figure(database, TOWN, question, NOW)
        times.append((time.perf_counter() - begun) * 1000)
    warm = times[1:]  # the first compiles the query
    return min(warm), statistics.median(warm)


@asynccontextmanager
async def filled(url: str) -> AsyncIterator[Database]:
    """Give a database with all the records."""
    settings = Settled(database_url=make_url(url).render_as_string(hide_password=False))
    database = Database.open(database_url(settings))
    try:
        await migrate(database)
        await save(database, generate(TOWN, NOW, RECORDS))
        if url.startswith("postgres"):
            # Autovacuum does so within a minute of such a load.
            async with database.writing() as connection:
                await connection.execute(text("ANALYZE"))
        yield database
    finally:
        await database.close()


async def main() -> None:
    """Measure both databases and print one table."""
    with (
        tempfile.TemporaryDirectory() as folder,
        PostgresServer(Path(folder) / "pg") as server,
        server.new_database() as postgres,
    ):
        await _print_table(f"sqlite:///{folder}/figures.db", postgres)


async def _print_table(sqlite: str, postgres: str) -> None:
    slowest = [0.0, 0.0]
    async with filled(sqlite) as one, filled(postgres) as other:
        print(f"{RECORDS} records, {RUNS} runs, milliseconds (fastest / median)")
        print(f"{'figure':12}{'period':12}{'filter':16}{'SQLite':>16}{'Postgres':>16}")
        for question in questions():
            row = [await measure(database, question) for database in (one, other)]
            slowest = [max(known, new[0]) for known, new in zip(slowest, row, strict=True)]
            asked = question.place or question.incident_type or ""
            cells = "".join(f"{fastest:8.1f} /{median:6.1f}" for fastest, median in row)
            print(f"{question.figure:12}{question.period:12}{asked:16}{cells}")
    print(f"slowest of the fastest: {slowest[0]:.1f} and {slowest[1]:.1f} ms; the bar is {BAR_MS}")


if __name__ == "__main__":
    asyncio.run(main())
