"""What grows: the turns of one session, the sessions of one user."""

import asyncio
import statistics
import time
from collections.abc import Sequence
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
ROUNDS = 5
TOGETHER = 20  # turns of a round at each mark
SESSIONS = (10, 1_000, 20_000)
REQUESTS = 200


def measure_turns() -> dict[str, float]:
    """Return the CPU milliseconds of a hosted turn: the first of a session, and from each mark on.

    The marks take turns; medians of the rounds.
    """
    with place() as at, desk("hosted", at.folder, model=at.model) as server:
        for mark in MARKS:
            asyncio.run(_turns(server.port, [f"turn-{mark}"] * (mark - 1)))
        costs: dict[str, list[float]] = {f"turn-{mark}": [] for mark in MARKS}
        for round_ in range(ROUNDS):
            for name, found in costs.items():
                is_first = name == "turn-1"
                asked = [f"{round_}-{n}" if is_first else name for n in range(TOGETHER)]
                began = cpu_seconds(server.pid)
                asyncio.run(_turns(server.port, asked))
                found.append((cpu_seconds(server.pid) - began) / TOGETHER * 1000)
    return {name: round(statistics.median(found), 1) for name, found in costs.items()}


async def _turns(port: int, sessions: Sequence[str]) -> None:
    """Take one turn in each of `sessions`, one after another."""
    _, connection = await asyncio.get_running_loop().create_connection(
        Connection, "127.0.0.1", port
    )
    for session in sessions:
        assert await connection.ask(Visit().request(port, session, 0)) == 200
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
