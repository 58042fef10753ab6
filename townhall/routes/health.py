"""Is it there, is it alive, is it ready. Open to everybody."""

from typing import Literal

from fastapi import APIRouter, Request
from fastapi.responses import PlainTextResponse, RedirectResponse, Response
from pydantic import BaseModel

from townhall import __version__
from townhall.db.schema import current_revision, newest_revision
from townhall.errors import DatabaseUnavailable, DeskOpening
from townhall.routes.dependencies import Desk
from townhall.routes.errors import documented
from townhall.telemetry.metrics import CONTENT_TYPE, exposition

router = APIRouter(tags=["health"])


class Greeting(BaseModel):
    """What answers here."""

    status: Literal["ok"] = "ok"
    service: Literal["Digital Town Hall API"] = "Digital Town Hall API"
    version: str
    model: str


class Health(BaseModel):
    """The process answers."""

    status: Literal["healthy"] = "healthy"


class Readiness(BaseModel):
    """The database answers, and its schema is ours."""

    status: Literal["ready"] = "ready"
    schema_revision: str


@router.get("/", response_model=Greeting)
async def root(request: Request, desk: Desk) -> Greeting | Response:
    """Say what this is; a browser is sent to the page for residents."""
    if "text/html" in request.headers.get("accept", ""):
        return RedirectResponse("/app/")
    return Greeting(version=__version__, model=desk.model_name)


@router.get("/health")
async def health() -> Health:
    """Answer while the process lives, whatever the database does."""
    return Health()


@router.get("/ready", responses=documented(DatabaseUnavailable, DeskOpening))
async def ready(desk: Desk) -> Readiness:
    """Answer 200 while requests can be served without delay."""
    if not desk.warming.done():
        raise DeskOpening("What the first turn needs is still being loaded.", retry_after=1)
    revision = await current_revision(desk.database)
    if revision is None or revision != newest_revision():
        raise DatabaseUnavailable("The database's schema is not the one this version needs.")
    return Readiness(schema_revision=revision)


@router.get("/metrics", response_class=PlainTextResponse)
async def metrics() -> Response:
    """Give the figures of this process to Prometheus."""
    return Response(exposition(), media_type=CONTENT_TYPE)
