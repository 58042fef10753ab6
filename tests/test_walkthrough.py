"""The original walk-through, with curl against a real server, and what it leaves behind."""

import csv
import json
import sqlite3
import subprocess
import sys
from pathlib import Path

import httpx

from tests.faults.conftest import SQLITE_FIRST
from tests.process import environment, server_process, townhall

SCRIPT = Path(__file__).parent.parent / "docs" / "walkthrough.sh"


def spoken(output: str, message_start: str) -> str:
    """Return the reply that the script's `output` shows to the message with that beginning."""
    after = output.split(f"\n> {message_start}", 1)[1].split("data: [DONE]", 1)[0]
    return "".join(
        line.removeprefix("data: ") for line in after.splitlines() if line.startswith("data: ")
    )


def test_walk_through(tmp_path: Path, database_url: str) -> None:
    """Every command of the README's walk-through does what it says, on both databases."""
    env = environment(tmp_path / "data", DATABASE_URL=database_url)
    with server_process(env, tmp_path) as url:
        done = subprocess.run(
            ["bash", str(SCRIPT), url], capture_output=True, text=True, timeout=60, check=True
        )
        output = done.stdout
        assert '"status":"ok","service":"Digital Town Hall API"' in output
        assert '{"status":"healthy"}' in output
        assert "Mabini Street" in spoken(output, "There is a huge pothole")
        assert '"Hi there"' in spoken(output, "What did I just say?")
        reply = spoken(output, "hi there i would like to give some feedback")
        sessions = httpx.get(f"{url}/sessions", params={"limit": 10}).json()
        named = httpx.get(f"{url}/sessions", params={"user_id": "alice"}).json()
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


def test_what_was_filed_is_found(tmp_path: Path) -> None:
    """It is a row that any SQLite client can read, and a line of the export without a formula."""
    env = environment(tmp_path / "data")
    body = {"message": "=HYPERLINK(1) I suggest more benches. My name is Ana Cruz. That's all."}
    with server_process(env, tmp_path) as url:
        httpx.post(f"{url}/chat", json=body, timeout=30)
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
def test_restart_keeps_context(tmp_path: Path, database_url: str) -> None:
    """After a restart the sessions are there, and the desk knows what was said."""
    env = environment(tmp_path / "data", DATABASE_URL=database_url)
    with server_process(env, tmp_path) as url:
        httpx.post(f"{url}/chat", json={"message": "Hi there", "session_id": "s1"}, timeout=30)
    with server_process(env, tmp_path) as url:
        asked = {"message": "What did I just say?", "session_id": "s1"}
        answer = httpx.post(
            f"{url}/chat", json=asked, headers={"Accept": "application/json"}, timeout=30
        ).json()
        listed = httpx.get(f"{url}/sessions").json()
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
