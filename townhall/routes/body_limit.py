"""No body over the limit, whether its length was declared or not.

FastAPI's own `max_body_size` answers a declared length with plain text, outside of CORS.
"""

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send


class BodyLimit:
    """Pure ASGI; whoever reads a body of more than `limit_bytes` meets HTTPException 413."""

    def __init__(self, app: ASGIApp, limit_bytes: int) -> None:
        self._app = app
        self._limit_bytes = limit_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        size = _declared(scope) if scope["type"] == "http" else 0
        is_declared = size > 0

        async def receive_within_limit() -> Message:
            nonlocal size
            if size > self._limit_bytes:
                raise HTTPException(413)
            message = await receive()
            if not is_declared and message["type"] == "http.request":
                size += len(message.get("body", b""))
                if size > self._limit_bytes:
                    raise HTTPException(413)
            return message

        await self._app(scope, receive_within_limit, send)


def _declared(scope: Scope) -> int:
    lengths = [value for name, value in scope["headers"] if name == b"content-length"]
    return int(lengths[0]) if lengths and lengths[0].isdigit() else 0
