"""How a connection is served: uvicorn's way, with an end to patience.

uvicorn itself waits for ever for the rest of a request's head, and keeps whatever it has of it.
"""

import asyncio
from http import HTTPStatus
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEAD_SECONDS = 10.0  # from the first byte, or the connection, to the end of the headers
HEAD_BYTES = 64 * 1024  # what has no end by then is no request of ours
# Longer than a proxy keeps an idle connection (nginx: 60 s). It would send a turn into one that is
# being closed, and must not send it twice.
KEEP_ALIVE_SECONDS = 75


class BoundedHttp(HttpToolsProtocol):
    """Gives up heads of requests that come too slowly or do not end, with 408 and 431."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for the first request."""
        super().connection_made(transport)
        self._head_bytes = 0
        self._patience: asyncio.TimerHandle | None = None
        self._wait_for_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no more."""
        self._wait_no_more()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Read on, unless this head will have no end."""
        self._head_bytes += len(data)
        super().data_received(data)
        if self.transport.is_closing() or not self._is_waiting():
            self._head_bytes = 0
        elif self._head_bytes > HEAD_BYTES:
            self._refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)
        else:
            self._wait_for_head()

    def on_headers_complete(self) -> None:
        """Serve the request; its body is the application's to wait for."""
        self._wait_no_more()
        super().on_headers_complete()

    def _is_waiting(self) -> bool:
        return self.cycle is None or self.cycle.response_complete

    def _wait_for_head(self) -> None:
        if self._patience is None:
            self._patience = self.loop.call_later(
                HEAD_SECONDS, self._refuse, HTTPStatus.REQUEST_TIMEOUT
            )

    def _wait_no_more(self) -> None:
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None

    def _refuse(self, status: HTTPStatus) -> None:
        self._wait_no_more()
        if not self.transport.is_closing():
            head = f"HTTP/1.1 {status.value} {status.phrase}"
            self.transport.write(
                f"{head}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n".encode()
            )
            self.transport.close()


def connection_options() -> dict[str, Any]:
    """Return the options with which every uvicorn of ours is started."""
    return {
        "http": BoundedHttp,
        "ws": "none",
        "log_config": None,
        "timeout_keep_alive": KEEP_ALIVE_SECONDS,
        # Who is asking is decided by our own settings, which must see the socket's real peer.
        "proxy_headers": False,
        "server_header": False,
    }
