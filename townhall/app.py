"""The web application: the front desk, opened for as long as the server runs, behind its routes."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware
from pydantic.json_schema import models_json_schema
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from townhall import __version__
from townhall.assistant.models import ModelChoice
from townhall.frontdesk import open_front_desk
from townhall.process import end_in_order, patience_seconds
from townhall.routes import ROUTERS
from townhall.routes.body_limit import BodyLimit
from townhall.routes.dependencies import BODY_BYTES, BODY_SECONDS
from townhall.routes.errors import ProblemBody, handle_errors
from townhall.routes.limits import Limits
from townhall.routes.request_log import RequestLog
from townhall.security import SecurityHeaders
from townhall.settings import Settings
from townhall.telemetry.logs import configure_logs

REQUEST_HEADERS = ["Authorization", "Content-Type", "Idempotency-Key", "Last-Event-ID"]
RESPONSE_HEADERS = [
    "X-Session-Id",
    "X-User-Id",
    "X-Turn-Id",
    "X-Request-Id",
    "Location",
    "Retry-After",
]


def create_app(
    settings: Settings | None = None,
    *,
    model: ModelChoice | None = None,
    clock: Callable[[], datetime] | None = None,
) -> FastAPI:
    """Return the application. Nothing is opened before the server starts it.

    `settings` default to the environment; `model` and `clock` replace the ones that they name.
    """
    settings = settings or Settings()
    configure_logs(settings)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        given = {} if clock is None else {"clock": clock}
        async with open_front_desk(settings, model=model, **given) as desk:
            app.state.desk = desk
            with end_in_order(lambda: desk.runner.begin_drain(patience_seconds(settings))):
                yield

    app = FastAPI(
        title="Digital Town Hall",
        version=__version__,
        summary="The front desk of a town: talk to it, report to it, ask it.",
        lifespan=lifespan,
        redirect_slashes=False,
        docs_url=None,
        redoc_url=None,
    )
    app.state.limits = Limits(settings)
    for router in ROUTERS:
        app.include_router(router)
    # Each layer is around the ones before.
    app.add_middleware(BodyLimit, limit_bytes=BODY_BYTES, limit_seconds=BODY_SECONDS)
    handle_errors(app)
    _describe_problems(app)
    app.add_middleware(
        CORSMiddleware,
        allow_origins=list(settings.cors_origins),
        allow_credentials=True,
        allow_methods=["GET", "POST", "PATCH", "DELETE"],
        allow_headers=REQUEST_HEADERS,
        expose_headers=RESPONSE_HEADERS,
    )
    app.add_middleware(SecurityHeaders)
    app.add_middleware(RequestLog)
    if settings.trusted_proxies:
        app.add_middleware(ProxyHeadersMiddleware, trusted_hosts=list(settings.trusted_proxies))
    return app


def _describe_problems(app: FastAPI) -> None:
    generate = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is not None:
            return app.openapi_schema
        document = generate()
        _, problem = models_json_schema(
            [(ProblemBody, "serialization")], ref_template="#/components/schemas/{model}"
        )
        schemas = document["components"]["schemas"]
        schemas.update(problem["$defs"])
        schemas["Problem"] = schemas.pop("ProblemBody")
        # FastAPI's own 422 is never sent.
        for name in ("HTTPValidationError", "ValidationError"):
            schemas.pop(name, None)
        return document

    app.openapi = openapi  # type: ignore[method-assign]
