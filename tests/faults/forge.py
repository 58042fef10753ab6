"""A process that has everything imported and forks `townhall serve` on command.

A server is ready in half a second instead of the eight that its imports and its clerk take; it is
the real command in a real process, to be killed and signalled as one. Run as a module: a JSON line
of `arguments`, `environment` and `log` in, the pid out; it kills its children when its input ends.
"""

import contextlib
import gc
import importlib
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from tests.faults.steps import let_turns_die
from townhall.assistant.models import warm_up_clerk
from townhall.town import load_town

DIES_AT_STEP = "TEST_DIES_AT_STEP"  # a server with this kills itself at that step of a turn


class Forge:
    """The forging process, seen from the tests."""

    def __enter__(self) -> Self:
        """Start, and return when everything is imported."""
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.forge"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._ask("ready?")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Kill whatever it forked, and end it."""
        self._pipe(self._process.stdin).close()
        self._process.wait(timeout=10)
        self._pipe(self._process.stdout).close()

    def fork(self, arguments: list[str], environment: dict[str, str], log: Path) -> int:
        """Begin `townhall ARGUMENTS` and return its pid."""
        command = {"arguments": arguments, "environment": environment, "log": str(log)}
        return int(self._ask(json.dumps(command)))

    def _ask(self, line: str) -> str:
        question = self._pipe(self._process.stdin)
        question.write(line + "\n")
        question.flush()
        return self._pipe(self._process.stdout).readline().strip()

    @staticmethod
    def _pipe(pipe: IO[str] | None) -> IO[str]:
        assert pipe is not None, "the process was started with pipes"
        return pipe


def main() -> None:
    """Import, then fork until the input ends."""
    for module in ("townhall.app", "townhall.cli", "uvicorn.protocols.http.httptools_impl"):
        importlib.import_module(module)
    warm_up_clerk(load_town(None))
    gc.freeze()
    sys.stdin.readline()
    _answer("ready")
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    children: list[int] = []
    for line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            _become(**json.loads(line))
        children.append(os.pidfd_open(pid))
        _answer(str(pid))
    for child in children:
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(child, signal.SIGKILL)


def _answer(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def _become(arguments: list[str], environment: dict[str, str], log: str) -> None:
    from townhall.cli import main as townhall

    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    with Path(os.devnull).open() as nothing, Path(log).open("a") as said:
        os.dup2(nothing.fileno(), 0)
        os.dup2(said.fileno(), 1)
        os.dup2(said.fileno(), 2)
    os.chdir(Path(log).parent)
    os.environ.clear()
    os.environ.update(environment)
    if DIES_AT_STEP in environment:
        let_turns_die(int(environment[DIES_AT_STEP]))
    sys.argv = ["townhall", *arguments]
    code = 1
    try:
        townhall()
    except SystemExit as end:
        code = int(end.code or 0)
    finally:
        os._exit(code)


if __name__ == "__main__":
    main()
