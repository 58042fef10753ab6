"""The door of a server process: open at once, while the desk behind it is still being set up.

The application takes seconds to import. Until it is open `/health` is answered here, `/ready` says
no, and every other request waits for it.
"""

import asyncio
import gc
import os
import signal
from typing import Any

import orjson
from starlette.types import Receive, Scope, Send

from townhall.errors import DeskOpening, Problem
from townhall.security import secured
from townhall.telemetry.logs import get_logger

# A turn makes thousands of objects of which hardly one is garbage that only the collector finds.
COLLECTED_OBJECTS = 20_000
HEALTHY = b'{"status":"healthy"}'

logger = get_logger("townhall")


class Door:
    """The ASGI application that `townhall serve` runs in each process."""

    def __init__(self) -> None:
        self._app: Any = None
        self._is_settled = asyncio.Event()
        self._closing = asyncio.Event()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or the life of the process."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
            return
        if not self._is_settled.is_set():
            if scope["path"] == "/health":
                await _answer(secured(scope, send), 200, b"application/json", HEALTHY)
                return
            if scope["path"] == "/ready":
                problem = Problem.of(DeskOpening("Try again soon."), instance="/ready")
                body = orjson.dumps(problem.as_json())
                await _answer(secured(scope, send), 503, b"application/problem+json", body)
                return
            await self._is_settled.wait()
        if self._app is not None:
            await self._app(scope, receive, send)

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        opening = asyncio.create_task(self._open())
        await send({"type": "lifespan.startup.complete"})
        await receive()
        self._closing.set()
        await opening
        await send({"type": "lifespan.shutdown.complete"})

    async def _open(self) -> None:
        """Open the application and keep it open until the process ends."""
        gc.disable()  # loading makes a million objects and next to no garbage
        try:
            # Beside the event loop, which answers meanwhile.
            app = await asyncio.to_thread(_import_application)
            async with app.router.lifespan_context(app):
                self._app = app
                self._is_settled.set()
                logger.info("open")
                await asyncio.wait([app.state.desk.warming])
                gc.freeze()  # what is loaded now stays: no collection need look at it again
                gc.set_threshold(COLLECTED_OBJECTS)
                gc.enable()
                await self._closing.wait()
        except Exception:
            logger.exception("the desk could not be opened")
            os.kill(os.getpid(), signal.SIGTERM)
        finally:
            gc.enable()
            self._is_settled.set()


def _import_application() -> Any:
    from townhall.app import create_app

    return create_app()


async def _answer(send: Send, status: int, media_type: bytes, body: bytes) -> None:
    headers = [(b"content-type", media_type), (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
