"""What grows: the turns of one session, the sessions of one user."""

import asyncio
import statistics
import time
from datetime import UTC, datetime
from pathlib import Path

import httpx
from sqlalchemy import insert

from bench.client import Connection, Visit
from bench.machine import cpu_seconds
from bench.servers import desk
from bench.turns import place
from townhall.db.engine import Database, database_url
from townhall.db.tables import sessions
from townhall.settings import Settings

MARKS = (1, 50, 200, 500)
AROUND = 20  # turns that are measured together at each mark
SESSIONS = (10, 1_000, 20_000)
REQUESTS = 200


def measure_turns() -> dict[str, float]:
    """Return the CPU milliseconds of a hosted turn around each mark of one session."""
    with place() as at, desk("hosted", at.folder, model=at.model) as server:
        asyncio.run(_turns(server.port, "warm", 1, 100))
        costs: dict[str, float] = {}
        said = 0
        for mark in MARKS:
            asyncio.run(_turns(server.port, "long", said, mark - 1))
            began = cpu_seconds(server.pid)
            asyncio.run(_turns(server.port, "long", mark - 1, mark - 1 + AROUND))
            said = mark - 1 + AROUND
            costs[f"turn {mark}"] = round((cpu_seconds(server.pid) - began) / AROUND * 1000, 1)
    return costs


async def _turns(port: int, session: str, first: int, end: int) -> None:
    _, connection = await asyncio.get_running_loop().create_connection(
        Connection, "127.0.0.1", port
    )
    for turn in range(first, end):
        assert await connection.ask(Visit().request(port, session, turn)) == 200
    connection.transport.close()


def measure_lists() -> dict[str, float]:
    """Return the milliseconds of the first page of so many sessions, medians."""
    medians: dict[str, float] = {}
    for count in SESSIONS:
        with place() as at, desk("echo", at.folder / "data", model=at.model) as server:
            asyncio.run(_add_sessions(at.folder / "data", count))
            with httpx.Client(base_url=f"http://127.0.0.1:{server.port}") as client:
                times = [_first_page(client, count) for _ in range(REQUESTS)]
        medians[f"{count} sessions"] = round(statistics.median(times) * 1000, 2)
    return medians


def _first_page(client: httpx.Client, count: int) -> float:
    began = time.perf_counter()
    page = client.get("/sessions", params={"limit": 10}).json()
    assert page["total"] == count
    return time.perf_counter() - began


async def _add_sessions(folder: Path, count: int) -> None:
    now = datetime.now(UTC)
    same = {"user_id": "u", "title": "A pothole", "created_at": now, "last_active": now}
    rows = [
        {**same, "session_id": f"s{n}", "message_count": 2, "turn_count": 1} for n in range(count)
    ]
    database = Database.open(database_url(Settings(data=folder)))
    await database.write(lambda connection: connection.execute(insert(sessions), rows))
    await database.close()
