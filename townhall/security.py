"""What every answer tells a browser, whatever made it: show nothing, frame nothing, guess nothing.

A route that serves a page sets its own, wider policy; what it sets stays.
"""

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

DEFAULTS = {
    "Content-Security-Policy": "default-src 'none'; base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    # Answers are somebody's own; the few that are everybody's say so themselves.
    "Cache-Control": "no-store",
}
HTTPS_ONLY = "max-age=31536000"


class SecurityHeaders:
    """Pure ASGI; adds the headers that an answer does not have."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        await self._app(scope, receive, secured(scope, send))


def secured(scope: Scope, send: Send) -> Send:
    """Return a `send` that adds the headers."""

    async def send_with_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in DEFAULTS.items():
                headers.setdefault(name, value)
            if scope["scheme"] == "https":
                headers.setdefault("Strict-Transport-Security", HTTPS_ONLY)
        await send(message)

    return send_with_headers
