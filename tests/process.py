"""The server as its own process, as `make serve` starts it, and the command line beside it."""

import os
import socket
import subprocess
import sys
from pathlib import Path

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


def townhall(
    env: dict[str, str], folder: Path, *arguments: str
) -> subprocess.CompletedProcess[str]:
    """Run a `townhall` command in `folder` and return how it went."""
    command = [sys.executable, "-m", "townhall", *arguments]
    return subprocess.run(
        command, env=env, cwd=folder, capture_output=True, text=True, timeout=60, check=False
    )
