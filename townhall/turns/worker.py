"""The name that a process signs its leases with, and what that name tells the others."""

import hashlib
import os
import secrets
import socket
from functools import cache
from pathlib import Path


def new_worker_name() -> str:
    """Return the name of this process: machine, pid, and what no other process ever had."""
    return f"{_machine()}:{os.getpid()}:{secrets.token_hex(4)}"


def is_known_dead(worker: str) -> bool:
    """Whether the process of that name has ended for certain.

    Nothing is known of other machines, nor if another process has the pid by now.
    """
    machine, pid, _ = worker.rsplit(":", 2)
    if machine != _machine():
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        pass  # it lives, as another user
    return False


@cache
def _machine() -> str:
    # Two processes with equal names see each other's pids: one boot of one host, and not two
    # containers on it. Where there is no /proc nobody is a neighbour.
    host = socket.gethostname()
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text()
        pids = Path("/proc/self/ns/pid").stat().st_ino
    except OSError:
        return f"{host[:32]}-{secrets.token_hex(4)}"
    whole = f"{host} {boot} {pids}"
    return f"{host[:32]}-{hashlib.sha256(whole.encode()).hexdigest()[:8]}"
