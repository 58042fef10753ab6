"""A stand-in for the OpenAI HTTP API, on loopback: real bytes, scripted words, scripted faults.

In a test:

    rules = [Rule(Answer(text="Noted."), when=Condition(last="pothole"))]
    async with FakeOpenAI(rules) as fake:
        client = AsyncOpenAI(base_url=fake.base_url, api_key="x")

For benchmarks: `python -m tests.fakes.fake_openai --port 18100 [--rules FILE]`, with GET /__stats,
/__last?n=5 and /__reset beside the API. Every answer is rendered before it is asked for, so that a
plain turn costs one replace and one write.
"""

import argparse
import asyncio
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Self

from tests.fakes.answers import Answer, Rule, read_rules
from tests.fakes.connection import Connection
from tests.fakes.model import FakeModel

FILLER = Answer()


class FakeOpenAI(FakeModel):
    """The server, on an ephemeral port unless `port` is given; as a context it starts and stops."""

    def __init__(
        self,
        rules: Sequence[Rule] = (),
        *,
        default: Answer = FILLER,
        port: int = 0,
        keep: int = 100,
    ) -> None:
        super().__init__(rules, default, keep)
        self.port = port
        self._connections: set[Connection] = set()
        self._server: asyncio.Server | None = None

    @property
    def base_url(self) -> str:
        """What a client takes as OPENAI_BASE_URL."""
        return f"http://127.0.0.1:{self.port}/v1"

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def start(self) -> None:
        """Listen; after a `stop` on the same port as before."""
        self._server = await asyncio.get_running_loop().create_server(
            lambda: Connection(self, self._connections), "127.0.0.1", self.port, backlog=4096
        )
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Cut every connection and refuse new ones."""
        if self._server is None:
            return
        self._server.close()
        for connection in tuple(self._connections):
            connection.abort()
        await self._server.wait_closed()
        self._server = None

    def break_off(self, answer: Answer) -> None:
        """Cut every connection, and give `answer` to whatever is asked from now on."""
        self.always(answer)
        for connection in tuple(self._connections):
            connection.abort()

    def release(self) -> None:
        """Let every answer that stalls now say the rest of it."""
        for connection in tuple(self._connections):
            connection.resume()


def main() -> None:
    """Serve until SIGTERM or SIGINT."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--port", type=int, default=18100)
    parser.add_argument("--tokens", type=int, default=60, help="words of the default answer")
    parser.add_argument("--first-delay", type=float, default=0, help="seconds before an answer")
    parser.add_argument("--delay", type=float, default=0, help="seconds after each delta")
    parser.add_argument("--rules", type=Path, help="JSON file: a list of rules as in answers.py")
    parser.add_argument("--keep", type=int, default=0, help="requests to remember for /__last")
    options = parser.parse_args()
    filler = Answer(tokens=options.tokens, first_delay=options.first_delay, delay=options.delay)
    rules = read_rules(options.rules) if options.rules else ()
    try:
        import uvloop
    except ImportError:
        run = asyncio.run
    else:
        run = uvloop.run
    run(_serve(FakeOpenAI(rules, default=filler, port=options.port, keep=options.keep)))


async def _serve(fake: FakeOpenAI) -> None:
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    async with fake:
        sys.stdout.write(f"{fake.base_url} pid={os.getpid()}\n")
        sys.stdout.flush()
        await stopped.wait()


if __name__ == "__main__":
    main()
