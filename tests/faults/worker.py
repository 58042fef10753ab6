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

READY_SECONDS = 40  # on a machine that does much else
END_SECONDS = 40


class Worker:
    """A `townhall serve` at `url`; after its end `start` begins another one at the same address."""

    def __init__(
        self, forge: Forge, environment: dict[str, str], folder: Path, options: Sequence[str]
    ) -> None:
        self._forge = forge
        self._environment = environment
        self._options = options
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = folder / f"worker-{self.port}.log"
        self.pid = 0

    async def start(self) -> None:
        """Begin, and return when it is ready."""
        self.begin()
        await self.ready()

    def begin(self) -> None:
        """Begin without waiting."""
        arguments = ["serve", "--port", str(self.port), *self._options]
        self.pid = self._forge.fork(arguments, self._environment, self.log)

    async def ready(self) -> None:
        """Return when it answers at /ready."""
        async with asyncio.timeout(READY_SECONDS), httpx.AsyncClient(base_url=self.url) as client:
            while not await _is_ready(client):
                await asyncio.sleep(0.02)

    async def kill(self) -> None:
        """End it with SIGKILL, at once."""
        self.signal(signal.SIGKILL)
        await self.ended()

    async def kill_if_alive(self) -> None:
        """End it if it has not ended."""
        with contextlib.suppress(ProcessLookupError):
            await self.kill()

    async def terminate(self) -> float:
        """Ask it to end, and return after how many seconds it did."""
        began = asyncio.get_running_loop().time()
        self.signal(signal.SIGTERM)
        await self.ended()
        return asyncio.get_running_loop().time() - began

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal."""
        os.kill(self.pid, number)

    def bugs(self) -> list[str]:
        """Return the errors of its log but for refused requests, which clients were told of."""
        lines = self.log.read_text().splitlines()
        return [line for line in lines if "[error" in line and "request failed" not in line]

    async def ended(self) -> None:
        """Return when the process is no more."""
        await process_ended(self.pid)


async def process_ended(pid: int, seconds: float = END_SECONDS) -> None:
    """Return when the process `pid` is no more; TimeoutError after so many seconds."""
    try:
        file = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    loop, gone = asyncio.get_running_loop(), asyncio.Event()
    loop.add_reader(file, gone.set)
    try:
        async with asyncio.timeout(seconds):
            await gone.wait()
    finally:
        loop.remove_reader(file)
        os.close(file)


async def _is_ready(client: httpx.AsyncClient) -> bool:
    try:
        return (await client.get("/ready")).status_code == httpx.codes.OK
    except httpx.HTTPError:
        return False
