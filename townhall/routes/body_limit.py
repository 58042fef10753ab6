"""No body over the limit, whether its length was declared or not, and none that never ends.

FastAPI's own `max_body_size` answers a declared length with plain text, outside of CORS.
"""

import asyncio

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send


class BodyLimit:
    """Pure ASGI; whoever reads a body of more than `limit_bytes` meets HTTPException 413.

    And 408 whoever reads one that is not there after `limit_seconds`.
    """

    def __init__(self, app: ASGIApp, limit_bytes: int, limit_seconds: float) -> None:
        self._app = app
        self._limit_bytes = limit_bytes
        self._limit_seconds = limit_seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        size = _declared(scope) if scope["type"] == "http" else 0
        is_declared = size > 0
        is_whole = scope["type"] != "http"
        ends_at = asyncio.get_running_loop().time() + self._limit_seconds

        async def receive_within_limit() -> Message:
            nonlocal size, is_whole
            if size > self._limit_bytes:
                raise HTTPException(413)
            if is_whole:
                return await receive()
            try:
                async with asyncio.timeout_at(ends_at):
                    message = await receive()
            except TimeoutError:
                raise HTTPException(408) from None
            is_whole = not message.get("more_body", False)
            if not is_declared and message["type"] == "http.request":
                size += len(message.get("body", b""))
                if size > self._limit_bytes:
                    raise HTTPException(413)
            return message

        await self._app(scope, receive_within_limit, send)


def _declared(scope: Scope) -> int:
    lengths = [value for name, value in scope["headers"] if name == b"content-length"]
    return int(lengths[0]) if lengths and lengths[0].isdigit() else 0
