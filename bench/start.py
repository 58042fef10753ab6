"""How soon a server answers: from the start of its process to its first answers."""

import os
import subprocess
import sys
import time
from tempfile import TemporaryDirectory

import httpx

from bench.machine import cpu_seconds
from bench.servers import ROOT, SERVER_CORES, environment, free_port


def measure_starts(rounds: int) -> list[dict[str, object]]:
    """Return the seconds to `/health` and the CPU of it, to a first turn sent then, and so on."""
    found: list[dict[str, object]] = []
    for kind in ("echo", "clerk"):
        with TemporaryDirectory() as folder:
            # The first start makes the database and is not what is asked for.
            found += [_start(kind, folder) for _ in range(rounds + 1)][1:]
    return found


def _start(kind: str, folder: str) -> dict[str, object]:
    port = free_port()
    client = httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60)
    began = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "townhall", "serve", "--port", str(port)],
        cwd=ROOT,
        env=environment({"TOWNHALL_DATA": folder, "TOWNHALL_MODEL": kind}),
        preexec_fn=lambda: os.sched_setaffinity(0, SERVER_CORES),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        health = _until_healthy(client, began)
        health_cpu = cpu_seconds(process.pid)
        _say_hello(client)
        first_turn = time.perf_counter() - began
        client.get("/ready").raise_for_status()
        ready = time.perf_counter() - began
        second_turn = _say_hello(client)
    finally:
        client.close()
        process.terminate()
        process.wait(timeout=30)
    seconds = {
        "health": health,
        "health_cpu": health_cpu,
        "first_turn": first_turn,
        "ready": ready,
        "later_turn": second_turn,
    }
    return {"model": kind, **{name: round(value, 3) for name, value in seconds.items()}}


def _until_healthy(client: httpx.Client, began: float) -> float:
    while time.perf_counter() - began < 60:
        try:
            client.get("/health").raise_for_status()
        except httpx.TransportError:
            time.sleep(0.01)
        else:
            return time.perf_counter() - began
    raise RuntimeError("the server did not start")


def _say_hello(client: httpx.Client) -> float:
    began = time.perf_counter()
    client.post("/chat", json={"message": "Hello"}).raise_for_status()
    return time.perf_counter() - began
