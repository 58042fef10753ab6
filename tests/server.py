"""The application behind a real uvicorn, in the test's own event loop."""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import httpx
import uvicorn
from httpx_sse import EventSource, ServerSentEvent
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from townhall.app import create_app
from townhall.assistant.models import ModelChoice
from townhall.connections import connection_options
from townhall.frontdesk import FrontDesk
from townhall.settings import Settings

# All is on loopback: clients need not read the world's certificates, which takes 30 ms each time.
NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


class Settled(Settings):
    """Settings as given: neither the environment nor a file has a say."""

    model_config = SettingsConfigDict(env_file=None)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Read what the test gave, nothing else."""
        return (init_settings,)


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ending = asyncio.Event()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        # Signals are for the test runner.
        yield

    async def main_loop(self) -> None:
        # Without uvicorn's looking ten times a second whether it is to end.
        await self.on_tick(0)
        await self.ending.wait()


@dataclass(frozen=True)
class Running:
    """A server that runs: its address, a client for it, and the desk behind it."""

    url: str
    client: httpx.AsyncClient
    desk: FrontDesk

    async def say(self, message: str, session_id: str | None = None, **more: Any) -> httpx.Response:
        """Send a message to /chat and return the whole answer as JSON."""
        body = {"message": message, **more}
        if session_id is not None:
            body["session_id"] = session_id
        response = await self.client.post(
            "/chat", json=body, headers={"Accept": "application/json"}
        )
        response.raise_for_status()
        return response

    async def events(self, method: str, path: str, **request: Any) -> list[ServerSentEvent]:
        """Return all events of a stream, which must be answered with 200."""
        async with self.client.stream(method, path, **request) as response:
            assert response.status_code == 200, await response.aread()
            return [event async for event in EventSource(response).aiter_sse()]


@asynccontextmanager
async def serve(
    settings: Settings,
    *,
    model: ModelChoice | None = None,
    clock: Callable[[], datetime] | None = None,
) -> AsyncIterator[Running]:
    """Serve the application on a free loopback port until the block ends."""
    app = create_app(settings, model=model, clock=clock)
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    config = uvicorn.Config(app, timeout_graceful_shutdown=5, **connection_options())
    server = _Server(config)
    task = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        while not server.started:
            if task.done():
                await task
                raise RuntimeError("the server did not start; its log says why")
            await asyncio.sleep(0.01)
        async with httpx.AsyncClient(base_url=url, timeout=120, verify=NO_TLS) as client:
            yield Running(url, client, app.state.desk)
    finally:
        server.ending.set()
        await task
        listener.close()
