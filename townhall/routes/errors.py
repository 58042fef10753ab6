"""Every failure as a problem object (RFC 9457): the one place that turns errors into answers."""

from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException
from starlette.routing import Match
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from townhall.errors import (
    BodyTooLarge,
    FieldError,
    InternalError,
    MalformedJson,
    MethodNotAllowed,
    NotFound,
    Problem,
    RequestTimeout,
    TownHallError,
    ValidationFailed,
)
from townhall.telemetry.logs import get_logger

logger = get_logger("townhall.http")

MAX_ERRORS = 20  # a body of 256 KB has room for 30,000 mistakes, no reader has
POINTER_CHARACTERS = 200  # the longest of ours has about 80; the rest is the name of a wrong field


class ProblemResponse(JSONResponse):
    """A problem object with its status and, where it has one, its Retry-After."""

    media_type = "application/problem+json"

    def __init__(self, error: TownHallError, path: str) -> None:
        headers = {} if error.retry_after is None else {"Retry-After": str(error.retry_after)}
        if error.status == HTTPStatus.UNAUTHORIZED:
            headers["WWW-Authenticate"] = "Bearer"
        problem = Problem.of(error, instance=path)
        super().__init__(problem.as_json(), status_code=error.status, headers=headers)


def handle_errors(app: FastAPI) -> None:
    """Make `app` answer every failure with a problem object, and log the ones that are ours."""
    for kind in (TownHallError, RequestValidationError, HTTPException):
        app.add_exception_handler(kind, _answer)
    app.add_middleware(_BugAnswer)


class _BugAnswer:
    """Answers a bug of ours. FastAPI would do it outside of CORS, where no page can read it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        has_begun = False

        async def send_noting(message: Message) -> None:
            nonlocal has_begun
            has_begun = True
            await send(message)

        try:
            await self._app(scope, receive, send_noting)
        except Exception as error:
            if scope["type"] != "http" or has_begun:
                raise
            response = await _answer(Request(scope), error)
            await response(scope, receive, send)


async def _answer(request: Request, error: Exception) -> JSONResponse:
    known = _translated(error)
    if known.status == HTTPStatus.SERVICE_UNAVAILABLE:
        cause = error.__cause__ and type(error.__cause__).__name__
        logger.warning("request refused", code=known.code, path=request.url.path, cause=cause)
    elif known.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        logger.error("request failed", code=known.code, path=request.url.path, exc_info=error)
    response = ProblemResponse(known, request.url.path)
    if known.status == HTTPStatus.METHOD_NOT_ALLOWED:
        response.headers["Allow"] = _methods(request)
    return response


def _methods(request: Request) -> str:
    # Starlette names those of the first route with this path only.
    routes, scope = request.app.routes, request.scope
    found = [
        method
        for method in ("DELETE", "GET", "HEAD", "PATCH", "POST", "PUT")
        if any(route.matches({**scope, "method": method})[0] is Match.FULL for route in routes)
    ]
    return ", ".join(found)


def _translated(error: Exception) -> TownHallError:
    match error:
        case TownHallError():
            return error
        case RequestValidationError():
            return _validation(error)
        case HTTPException():
            return _http(error)
    return InternalError("Something went wrong on our side. Please try again.")


def _http(error: HTTPException) -> TownHallError:
    match error.status_code:
        case 400:
            return MalformedJson("The body could not be read as JSON in UTF-8.")
        case 404:
            return NotFound("There is nothing at this address.")
        case 405:
            return MethodNotAllowed("This address does not know that method.")
        case 408:
            return RequestTimeout("Send the whole body within 30 seconds.")
        case 413:
            return BodyTooLarge("The body may have at most 256 KB.")
    return InternalError("Something went wrong on our side. Please try again.")


def _validation(error: RequestValidationError) -> TownHallError:
    found = error.errors()
    if any(each["type"] == "json_invalid" for each in found):
        return MalformedJson("The body could not be read as JSON in UTF-8.")
    shown = found[:MAX_ERRORS]
    errors = tuple(FieldError(_pointer(each["loc"]), _reason(each["msg"])) for each in shown)
    return ValidationFailed("Mend what `errors` lists and send it again.", errors=errors)


def _pointer(loc: tuple[str | int, ...]) -> str:
    # RFC 6901; the first part says body, query, path or header, and the body is the document.
    # pydantic says "[key]" for the name of a member: no place of its own in a document.
    parts = [part for part in (loc[1:] if loc[:1] == ("body",) else loc) if part != "[key]"]
    pointer = "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in parts)
    return pointer if len(pointer) <= POINTER_CHARACTERS else pointer[:POINTER_CHARACTERS] + "…"


def _reason(message: str) -> str:
    return message.removeprefix("Value error, ")


def documented(*kinds: type[TownHallError]) -> dict[int | str, dict[str, Any]]:
    """Return the OpenAPI entries of these errors: a response a status, an example a code."""
    responses: dict[int | str, dict[str, Any]] = {}
    for kind in kinds:
        entry = responses.setdefault(
            kind.status,
            {
                "description": HTTPStatus(kind.status).phrase,
                "content": {
                    "application/problem+json": {
                        "schema": {"$ref": "#/components/schemas/Problem"},
                        "examples": {},
                    }
                },
            },
        )
        example = Problem.of(kind(), instance="/sessions/sess_0b6f").as_json()
        entry["content"]["application/problem+json"]["examples"][kind.code] = {"value": example}
    return responses


class ProblemBody(BaseModel):
    """A failure (RFC 9457). `code` is for programs, `title` and `detail` are for people."""

    model_config = ConfigDict(title="Problem")

    type: str
    title: str
    status: int
    code: str
    detail: str
    instance: str
    retryable: bool
    retry_after: int | None = Field(default=None, description="Seconds.")
    errors: list[FieldError] = Field(default=[], description="What is wrong where.")
