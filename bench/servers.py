"""The processes of a measurement: the fake model's server, the floors, the desk itself."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

ROOT = Path(__file__).parents[1]
START_SECONDS = 60
SERVER_CORES = {0}
CLIENT_CORES = {1} if (os.cpu_count() or 1) > 1 else {0}
ALL_CORES = SERVER_CORES | CLIENT_CORES


@dataclass(frozen=True)
class Process:
    """A server that runs."""

    port: int
    pid: int


@contextmanager
def fake_model(*options: str) -> Iterator[Process]:
    """Run the fake model's server on the client's core; it says 60 words at once."""
    port = free_port()
    command = ["-m", "tests.fakes.fake_openai", "--port", str(port), *options]
    with _running(command, {}, port, CLIENT_CORES) as process:
        yield process


@contextmanager
def floor(name: str, model: Process, folder: Path) -> Iterator[Process]:
    """Run the floor `name` of floors.py on the server's core."""
    port = free_port()
    settings = {
        "FLOOR": name,
        "OPENAI_BASE_URL": f"http://127.0.0.1:{model.port}/v1",
        "OPENAI_API_KEY": "none",
        "OPENAI_AGENTS_DISABLE_TRACING": "1",
        "DATABASE_URL": f"sqlite+aiosqlite:///{folder / 'floor.db'}",
    }
    options = ["--port", str(port), "--no-access-log", "--log-level", "warning"]
    with _running(["-m", "uvicorn", "bench.floors:app", *options], settings, port) as process:
        yield process


@contextmanager
def desk(
    kind: str,
    folder: Path,
    *,
    model: Process | None = None,
    database_url: str | None = None,
    workers: int = 1,
    cores: set[int] = SERVER_CORES,
) -> Iterator[Process]:
    """Run the desk with the model `kind`: `echo`, `clerk` or `hosted` by the fake `model`."""
    port = free_port()
    # The floors write no log either.
    settings = {
        "TOWNHALL_DATA": str(folder),
        "TOWNHALL_MODEL": kind,
        "TOWNHALL_LOG_LEVEL": "warning",
    }
    if database_url is not None:
        settings["DATABASE_URL"] = database_url
    if kind == "hosted":
        assert model is not None
        address = f"http://127.0.0.1:{model.port}/v1"
        settings |= {
            "TOWNHALL_MODEL": "gpt-4.1",
            "TOWNHALL_MODEL_API": "responses",
            "OPENAI_BASE_URL": address,
        }
    options = ["--port", str(port), "--workers", str(workers)]
    with _running(["-m", "townhall", "serve", *options], settings, port, cores) as process:
        _wait_until_ready(port)
        yield process


def environment(settings: Mapping[str, str]) -> dict[str, str]:
    """Return an environment in which nothing but `settings` is set."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return {**kept, "PYTHONPATH": str(ROOT), **settings}


@contextmanager
def _running(
    arguments: list[str], settings: Mapping[str, str], port: int, cores: set[int] = SERVER_CORES
) -> Iterator[Process]:
    process = subprocess.Popen(
        [sys.executable, *arguments],
        cwd=ROOT,
        env=environment(settings),
        preexec_fn=lambda: os.sched_setaffinity(0, cores),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait_until_listening(port, process)
        yield Process(port, process.pid)
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            process.kill()


def _wait_until_listening(port: int, process: "subprocess.Popen[bytes]") -> None:
    ends_at = time.monotonic() + START_SECONDS
    while time.monotonic() < ends_at:
        if process.poll() is not None:
            break
        try:
            socket.create_connection(("127.0.0.1", port), 0.2).close()
        except OSError:
            time.sleep(0.02)
        else:
            return
    raise RuntimeError(f"{process.args!r} did not start")


def _wait_until_ready(port: int) -> None:
    ends_at = time.monotonic() + START_SECONDS
    while httpx.get(f"http://127.0.0.1:{port}/ready", timeout=60).status_code != 200:
        if time.monotonic() > ends_at:
            raise RuntimeError("the desk did not become ready")
        time.sleep(0.05)


def free_port() -> int:
    """Return a loopback port that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port
