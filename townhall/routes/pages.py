"""The residents' pages at /app/: the built web folder, with its caching and its security headers.

The server also runs without the build; then /app/ says how to make one.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from markupsafe import Markup
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.staticfiles import StaticFiles

from townhall.errors import NotFound
from townhall.telemetry.logs import get_logger

logger = get_logger("townhall.http")

BUILD = Path(__file__).parent.parent / "web"
# The embeddable chat keeps its name across versions; what is under assets/ has a hash in its name.
EMBED = "town-hall-chat.js"
HASHED = "assets/"
CHATKIT_PAGE = "chatkit.html"
_PAGES = {"": "index.html", "chatkit": CHATKIT_PAGE}


def _written(policy: dict[str, str]) -> str:
    return "; ".join(f"{key} {value}" for key, value in policy.items())


_POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self'",
    "connect-src": "'self'",
    "base-uri": "'none'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
    "require-trusted-types-for": "'script'",
    "trusted-types": "lit-html dompurify",
}
_CHATKIT = "https://cdn.platform.openai.com"
# OpenAI's widget comes from OpenAI alone, as a script and a frame, and is not written for trusted
# types. The frame is told the page's origin, against which OpenAI checks the domain key.
_CHATKIT_POLICY = {
    **{key: value for key, value in _POLICY.items() if "trusted-types" not in key},
    "script-src": f"'self' {_CHATKIT}",
    "frame-src": _CHATKIT,
}
SECURITY_HEADERS = {
    "Content-Security-Policy": _written(_POLICY),
    "X-Content-Type-Options": "nosniff",
    # Not no-referrer: browsers would then send forms with `Origin: null`.
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cross-Origin-Opener-Policy": "same-origin",
}
CHATKIT_HEADERS = {
    **SECURITY_HEADERS,
    "Content-Security-Policy": _written(_CHATKIT_POLICY),
    "Referrer-Policy": "strict-origin-when-cross-origin",
}


@asynccontextmanager
async def _announce(_: FastAPI) -> AsyncIterator[None]:
    if not is_built():
        logger.warning("the web page is not built: /app/ has only the form", build="make web")
    yield


router = APIRouter(prefix="/app", include_in_schema=False, lifespan=_announce)


@router.get("")
async def without_slash() -> Response:
    """Send to the address under which relative links work."""
    return RedirectResponse("/app/")


@router.api_route("/{path:path}", methods=["GET", "HEAD"])
async def page(path: str, request: Request) -> Response:
    """Return a file of the build; the address itself is the chat."""
    if not is_built():
        return _how_to_build()
    response = await _found(_PAGES.get(path, path), request)
    is_chatkit = _PAGES.get(path, path) == CHATKIT_PAGE
    response.headers.update(CHATKIT_HEADERS if is_chatkit else SECURITY_HEADERS)
    is_hashed = path.startswith(HASHED)
    response.headers["Cache-Control"] = (
        "public, max-age=31536000, immutable" if is_hashed else "no-cache"
    )
    if path == EMBED:
        # Module scripts are fetched with CORS. What the page then may do is up to the API's own.
        response.headers["Access-Control-Allow-Origin"] = "*"
        response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


def is_built() -> bool:
    """Whether there is a page to serve."""
    return (BUILD / "index.html").is_file()


async def _found(path: str, request: Request) -> Response:
    try:
        return await _BuiltFiles(directory=BUILD).get_response(path, dict(request.scope))
    except HTTPException as error:
        raise NotFound("There is no such page.") from error


class _BuiltFiles(StaticFiles):
    """Sends what the build has compressed beforehand to those who take it."""

    def file_response(
        self, full_path: Any, stat_result: Any, scope: Any, status_code: int = 200
    ) -> Response:
        compressed = Path(f"{full_path}.gz")
        if not compressed.is_file():
            return super().file_response(full_path, stat_result, scope, status_code)
        if "gzip" not in Headers(scope=scope).get("accept-encoding", ""):
            response = super().file_response(full_path, stat_result, scope, status_code)
        else:
            response = super().file_response(compressed, compressed.stat(), scope, status_code)
            response.headers["Content-Encoding"] = "gzip"
        response.headers["Vary"] = "Accept-Encoding"
        return response


def _how_to_build() -> HTMLResponse:
    text = Markup(
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>Not built yet</title>'
        "<h1>The chat page is not built yet</h1>"
        "<p>The server runs, but its web page is missing. To build it, install Node.js 20 or "
        "later, run <code>make web</code> in the project's folder and load this page again.</p>"
        '<p>Until then a report can be sent with <a href="/app/form">the plain form</a>.</p></html>'
    )
    headers = {**SECURITY_HEADERS, "Cache-Control": "no-store"}
    return HTMLResponse(text, status_code=503, headers=headers)
