"""One server process on a port of its own: begun, waited for, killed, ended."""

import asyncio
import contextlib
import os
import signal
from collections.abc import Sequence
from pathlib import Path

import httpx

from tests.faults.forge import Forge
from tests.process import free_port
from tests.server import NO_TLS

READY_SECONDS = 90  # on a machine that does much else
END_SECONDS = 40


class Worker:
    """A `townhall serve` at `url`; after its end `start` begins another one at the same address."""

    def __init__(
        self, forge: Forge, environment: dict[str, str], folder: Path, options: Sequence[str] = ()
    ) -> None:
        self._forge = forge
        self._environment = environment
        self._options = options
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = folder / f"worker-{self.port}.log"
        self.pid = 0
        self._process: int | None = None  # a file of the process: a pid may be another's by now

    async def start(self) -> None:
        """Begin, and return when it is ready."""
        self.begin()
        await self.ready()

    def begin(self) -> None:
        """Begin without waiting."""
        arguments = ["serve", "--port", str(self.port), *self._options]
        self.pid = self._forge.fork(arguments, self._environment, self.log)
        self._process = os.pidfd_open(self.pid)

    async def ready(self) -> None:
        """Return when it answers at /ready."""
        client = httpx.AsyncClient(base_url=self.url, verify=NO_TLS)
        async with asyncio.timeout(READY_SECONDS), client:
            while not await _is_ready(client):
                await asyncio.sleep(0.02)

    async def kill(self) -> None:
        """End it with SIGKILL, at once."""
        self.signal(signal.SIGKILL)
        await self.ended()

    async def kill_if_alive(self) -> None:
        """End it if it was begun and has not ended."""
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                self.signal(signal.SIGKILL)
            await self.ended()

    async def terminate(self) -> float:
        """Ask it to end, and return after how many seconds it did."""
        began = asyncio.get_running_loop().time()
        self.signal(signal.SIGTERM)
        await self.ended()
        return asyncio.get_running_loop().time() - began

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal."""
        assert self._process is not None, "only a process that was begun gets signals"
        signal.pidfd_send_signal(self._process, number)

    def bugs(self) -> list[str]:
        """Return the errors of its log."""
        return [line for line in self.log.read_text().splitlines() if "[error" in line]

    async def ended(self) -> None:
        """Return when the process is no more."""
        assert self._process is not None, "only a process that was begun can end"
        await _readable(self._process, END_SECONDS)
        os.close(self._process)
        self._process = None


async def process_ended(pid: int, seconds: float = END_SECONDS) -> None:
    """Return when the process `pid` is no more; TimeoutError after so many seconds."""
    try:
        file = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    try:
        await _readable(file, seconds)
    finally:
        os.close(file)


async def _readable(file: int, seconds: float) -> None:
    loop, gone = asyncio.get_running_loop(), asyncio.Event()
    loop.add_reader(file, gone.set)
    try:
        async with asyncio.timeout(seconds):
            await gone.wait()
    finally:
        loop.remove_reader(file)


async def _is_ready(client: httpx.AsyncClient) -> bool:
    try:
        return (await client.get("/ready")).status_code == httpx.codes.OK
    except httpx.HTTPError:
        return False
