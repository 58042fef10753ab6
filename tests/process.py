"""The server as its own process, as `make serve` starts it, and the command line beside it."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
from tenacity import Retrying, retry_if_exception_type, stop_after_delay, wait_fixed

START_SECONDS = 60  # a shared machine that imports the agents SDK from a cold disk


def environment(data: Path, **settings: str) -> dict[str, str]:
    """Return an environment in which nothing but `settings` is set; the clerk answers."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return {**kept, "TOWNHALL_DATA": str(data), "TOWNHALL_MODEL": "clerk", **settings}


def free_port() -> int:
    """Return a loopback port that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


@contextmanager
def server_process(env: dict[str, str], folder: Path, *options: str) -> Iterator[str]:
    """Run `townhall serve` in `folder` until the block ends; give its URL once it is ready."""
    port = free_port()
    command = [sys.executable, "-m", "townhall", "serve", "--port", str(port), *options]
    process = subprocess.Popen(command, env=env, cwd=folder)
    url = f"http://127.0.0.1:{port}"
    try:
        _wait_until_ready(url, process)
        yield url
    finally:
        process.terminate()
        process.wait(timeout=30)


def townhall(
    env: dict[str, str], folder: Path, *arguments: str
) -> subprocess.CompletedProcess[str]:
    """Run a `townhall` command in `folder` and return how it went."""
    command = [sys.executable, "-m", "townhall", *arguments]
    return subprocess.run(
        command, env=env, cwd=folder, capture_output=True, text=True, timeout=60, check=False
    )


def _wait_until_ready(url: str, process: "subprocess.Popen[bytes]") -> None:
    for attempt in Retrying(
        retry=retry_if_exception_type(httpx.HTTPError),
        stop=stop_after_delay(START_SECONDS),
        wait=wait_fixed(0.1),
        reraise=True,
    ):
        with attempt:
            if process.poll() is not None:
                raise RuntimeError(f"the server ended with {process.returncode}")
            httpx.get(f"{url}/ready").raise_for_status()
