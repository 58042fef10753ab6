"""HTTP/1.1 with one client of the fake model server, as little of it as such a client needs."""

import asyncio
import itertools
import os
import re
import socket
import struct
from typing import cast

import orjson

from tests.fakes.answers import Api, Request
from tests.fakes.frames import PLACEHOLDER
from tests.fakes.model import FakeModel
from tests.fakes.scripts import End, Script, http_error

_PATHS = {b"/v1/responses": Api.RESPONSES, b"/v1/chat/completions": Api.CHAT}
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_LINGER_RESET = struct.pack("ii", 1, 0)


class Connection(asyncio.Protocol):
    """One client's connection: requests in, the picked answers out, one after another.

    It enters itself in `others` while it is open.
    """

    _ids = itertools.count(int.from_bytes(os.urandom(6), "big"))

    def __init__(self, model: FakeModel, others: "set[Connection]") -> None:
        self._model = model
        self._others = others
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport
        self._buffer = b""
        self._script: Script | None = None
        self._id = b"0" * len(PLACEHOLDER)
        self._timer: asyncio.Handle | None = None
        self._stalls = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Open for requests."""
        # uvloop's transports have all of its methods and are not of its class.
        self._transport = cast(asyncio.Transport, transport)
        self._others.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """Count the answer that nobody reads any more."""
        if self._timer is not None:
            self._timer.cancel()
        if self._script is not None:
            self._model.count(dropped=1, open_now=-1)
        self._others.discard(self)

    def data_received(self, data: bytes) -> None:
        """Answer each request that is complete."""
        self._buffer += data
        while self._script is None and not self._transport.is_closing():
            head, found, rest = self._buffer.partition(b"\r\n\r\n")
            length = _LENGTH.search(head)
            size = int(length[1]) if length else 0
            if not found or len(rest) < size:
                return
            self._buffer = rest[size:]
            self._receive(head, rest[:size])

    def _receive(self, head: bytes, body: bytes) -> None:
        method, path, _ = head.split(b" ", 2)
        if method == b"GET":
            self._write(self._model.side_door(path.decode()))
            return
        api = _PATHS.get(path)
        if api is None:
            self._write(http_error(404, "no such route"))
            return
        try:
            script = self._model.pick(Request(api, head, body))
        except orjson.JSONDecodeError:
            self._write(http_error(400, "the body is not JSON"))
            return
        self._script = script
        self._id = b"%032x" % next(self._ids)
        self._model.count(open_now=1)
        if script.first_delay:
            self._timer = self._loop.call_later(script.first_delay, self._send, script, 0)
        else:
            self._send(script, 0)

    def _send(self, script: Script, at: int) -> None:
        self._write(script.bursts[at])
        if at + 1 < len(script.bursts):
            self._timer = self._loop.call_later(script.delay, self._send, script, at + 1)
            return
        match script.end:
            case End.COMPLETE:
                self._complete()
            case End.STALL:
                self._stalls = True
            case End.CLOSE:
                self._break_off()
                self._transport.close()
            case End.RESET:
                self._break_off()
                self._reset()

    def _complete(self) -> None:
        self._script = None
        self._model.count(completed=1, open_now=-1)
        if self._buffer:
            self._timer = self._loop.call_soon(self.data_received, b"")

    def resume(self) -> None:
        """Say the rest of an answer that stalls."""
        if self._script is not None and self._stalls:
            self._stalls = False
            self._write(self._script.rest)
            self._complete()

    def abort(self) -> None:
        """Close now, with no word to the client."""
        if self._script is not None:
            self._break_off()
        self._transport.abort()

    def _break_off(self) -> None:
        self._script = None
        self._model.count(broken=1, open_now=-1)

    def _reset(self) -> None:
        # A reset throws away what is not yet with the kernel, and the client is owed its frames.
        if self._transport.get_write_buffer_size():
            self._timer = self._loop.call_later(0.001, self._reset)
            return
        connection = self._transport.get_extra_info("socket")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_RESET)
        self._transport.abort()

    def _write(self, data: bytes) -> None:
        self._transport.write(data.replace(PLACEHOLDER.encode(), self._id))
