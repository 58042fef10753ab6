"""The original walk-through, with curl against a real server, and what it leaves behind."""

import asyncio
import csv
import json
import sqlite3
import subprocess
import sys
from asyncio.subprocess import PIPE
from pathlib import Path

import httpx

from tests.faults.conftest import SQLITE_FIRST
from tests.faults.forge import Forge
from tests.faults.worker import Worker
from tests.process import environment, townhall

SCRIPT = Path(__file__).parent.parent / "docs" / "walkthrough.sh"


def spoken(output: str, message_start: str) -> str:
    """Return the reply that the script's `output` shows to the message with that beginning."""
    after = output.split(f"\n> {message_start}", 1)[1].split("data: [DONE]", 1)[0]
    return "".join(
        line.removeprefix("data: ") for line in after.splitlines() if line.startswith("data: ")
    )


async def test_walk_through(forge: Forge, tmp_path: Path, database_url: str) -> None:
    """Every command of the README's walk-through does what it says, on both databases."""
    env = environment(tmp_path / "data", DATABASE_URL=database_url)
    server = Worker(forge, env, tmp_path)
    await server.start()
    done = await asyncio.create_subprocess_exec("bash", SCRIPT, server.url, stdout=PIPE)
    output = (await done.communicate())[0].decode()
    assert done.returncode == 0
    assert '"status":"ok","service":"Digital Town Hall API"' in output
    assert '{"status":"healthy"}' in output
    assert "Mabini Street" in spoken(output, "There is a huge pothole")
    assert '"Hi there"' in spoken(output, "What did I just say?")
    reply = spoken(output, "hi there i would like to give some feedback")
    async with httpx.AsyncClient(base_url=server.url) as client:
        sessions = (await client.get("/sessions", params={"limit": 10})).json()
        named = (await client.get("/sessions", params={"user_id": "alice"})).json()
    await server.terminate()
    exported = townhall(env, tmp_path, "export", "--kind", "feedback", "--format", "json")
    [feedback] = json.loads(exported.stdout)
    assert feedback["feedback_kind"] == "suggestion"
    assert "lockers" in feedback["summary"]
    assert feedback["reporter_name"] == "Jao Garcia"
    assert feedback["reference"] in reply
    assert "test-user-123" in [session["session_id"] for session in sessions["sessions"]]
    assert [session["user_id"] for session in named["sessions"]] == ["alice"]
    checked = townhall(env, tmp_path, "check")
    assert checked.returncode == 0, checked.stdout
    assert [line.split()[3] for line in checked.stdout.splitlines() if "feedback" in line] == ["1"]


async def test_what_was_filed_is_found(forge: Forge, tmp_path: Path) -> None:
    """It is a row that any SQLite client can read, and a line of the export without a formula."""
    env = environment(tmp_path / "data")
    body = {"message": "=HYPERLINK(1) I suggest more benches. My name is Ana Cruz. That's all."}
    server = Worker(forge, env, tmp_path)
    await server.start()
    async with httpx.AsyncClient(base_url=server.url, timeout=30) as client:
        (await client.post("/chat", json=body)).raise_for_status()
    await server.terminate()
    with sqlite3.connect(tmp_path / "data" / "townhall.db") as database:
        rows = database.execute("SELECT feedback_kind, reporter_name FROM feedback").fetchall()
    database.close()
    assert rows == [("suggestion", "Ana Cruz")]
    out = tmp_path / "out.csv"
    townhall(env, tmp_path, "export", "--kind", "feedback", "--output", str(out))
    [row] = csv.DictReader(out.read_text().splitlines())
    assert "more benches" in row["summary"]
    assert not row["summary"].startswith("=")


@SQLITE_FIRST
async def test_restart_keeps_context(forge: Forge, tmp_path: Path, database_url: str) -> None:
    """After a restart the sessions are there, and the desk knows what was said."""
    server = Worker(forge, environment(tmp_path / "data", DATABASE_URL=database_url), tmp_path)
    await server.start()
    async with httpx.AsyncClient(base_url=server.url, timeout=30) as client:
        said = {"message": "Hi there", "session_id": "s1"}
        (await client.post("/chat", json=said)).raise_for_status()
        await server.terminate()
        await server.start()
        asked = {"message": "What did I just say?", "session_id": "s1"}
        answered = await client.post("/chat", json=asked, headers={"Accept": "application/json"})
        answer = answered.json()
        listed = (await client.get("/sessions")).json()
    await server.terminate()
    assert '"Hi there"' in answer["text"]
    assert [(s["session_id"], s["message_count"]) for s in listed["sessions"]] == [("s1", 4)]


def test_api_has_the_application(tmp_path: Path) -> None:
    """`uvicorn api:app` finds it in a clone, as the original plan has it."""
    root = Path(__file__).parent.parent
    probe = "import api; print(type(api.app).__name__)"
    done = subprocess.run(
        [sys.executable, "-c", probe],
        env=environment(tmp_path),
        cwd=root,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert done.stdout.strip() == "FastAPI"
