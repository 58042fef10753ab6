"""The plain form at /app/form: a conversation with the desk in a browser without JavaScript.

The resident's token is in a cookie that only this path gets, no script can read and no other site
can make a browser send. The page is built with markupsafe, so that text is never markup.
"""

import asyncio
import secrets
import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Annotated
from urllib.parse import parse_qs, urlsplit

from fastapi import APIRouter, Header, Request
from fastapi.responses import FileResponse, HTMLResponse, RedirectResponse, Response
from markupsafe import Markup
from pydantic import TypeAdapter, ValidationError

from townhall.access import Caller
from townhall.errors import CrossOrigin, FieldError, TokenExpired, TokenInvalid, ValidationFailed
from townhall.events import Notice, RecordFiled, RecordUpdated
from townhall.frontdesk import FrontDesk
from townhall.routes.dependencies import Desk, MessageText
from townhall.routes.limits import RateLimits
from townhall.routes.pages import SECURITY_HEADERS
from townhall.turns.admission import Message
from townhall.turns.sessions import UNFINISHED
from townhall.turns.transcripts import StoredTurn

HERE = Path(__file__).parent
COOKIE = "townhall_form"
PATH = "/app/form"
PATIENCE_SECONDS = 15  # for the answer; after that the page says that it is still to come
REFRESH = Markup('<meta http-equiv="refresh" content="3">')
SHOWN_TURNS = 20

Words = Mapping[str, str]

router = APIRouter(prefix="/app", include_in_schema=False)
_message = TypeAdapter(MessageText)


@router.get("/form.css")
async def style() -> Response:
    """Return the looks of the form."""
    return FileResponse(HERE / "form.css", headers={"Cache-Control": "no-cache"})


@router.get("/form")
async def show(
    request: Request, desk: Desk, accept_language: Annotated[str, Header()] = ""
) -> Response:
    """Show the conversation so far and the form to go on with it."""
    caller = await _resident(request, desk)
    turns = [] if caller is None else await _conversation(desk, caller)
    words, language = _words(accept_language, desk.town.languages)
    shown = [_shown(turn, words, is_last=turn is turns[-1]) for turn in turns]
    is_waiting = any(turn.status in UNFINISHED for turn in turns)
    template = Markup((HERE / "form.html").read_text(encoding="utf-8"))  # noqa: S704  # our own file
    page = template.format(
        **words | {"leave": _leave(words) if turns else ""},
        language=language,
        town=desk.town.name,
        number=desk.town.emergency.number,
        refresh=REFRESH if is_waiting else "",
        conversation=Markup("").join(shown),
        key=secrets.token_urlsafe(16),
    )
    headers = {**SECURITY_HEADERS, "Cache-Control": "no-store"}
    return HTMLResponse(page, headers=headers)


@router.post("/form")
async def send(request: Request, desk: Desk, counted: RateLimits) -> Response:
    """Say something to the desk; the first message opens a conversation."""
    _refuse_other_sites(request)
    fields = parse_qs((await request.body()).decode("utf-8", "replace"), max_num_fields=10)
    text, key = _field(fields, "message"), _field(fields, "key")
    if not text.strip():
        return RedirectResponse(PATH, status_code=303)
    text = _checked(text)
    response = RedirectResponse(f"{PATH}#latest", status_code=303)
    caller = await _resident(request, desk)
    if caller is None:
        await counted.count_token(None, request)
        session = await desk.sessions.create(None)
        caller = Caller("anonymous", session.user_id)
        response.set_cookie(
            COOKIE,
            desk.access.tokens.for_anonymous(session.user_id),
            path=PATH,
            httponly=True,
            samesite="strict",
            secure=request.headers.get("origin", request.url.scheme).startswith("https"),
        )
    await counted.count_turn(caller, request)
    page = await desk.sessions.list(caller, None, 1, None)
    session_id = page.items[0].session_id if page.items else None
    message = Message(text=text, session_id=session_id)
    turn = await desk.runner.accept(caller, message, idempotency_key=key[:128] or None)
    await _wait_for(desk, turn.id)
    return response


@router.post("/form/leave")
async def leave(request: Request) -> Response:
    """Forget who wrote here: the next message opens a new conversation."""
    _refuse_other_sites(request)
    response = RedirectResponse(PATH, status_code=303)
    response.delete_cookie(COOKIE, path=PATH)
    return response


def _refuse_other_sites(request: Request) -> None:
    # Behind a proxy the scheme here may not be the browser's; the host is.
    origin = request.headers.get("origin")
    is_ours = origin is None or urlsplit(origin).netloc == request.headers.get("host")
    if not is_ours or request.headers.get("sec-fetch-site", "same-origin") != "same-origin":
        raise CrossOrigin("Open the form itself and send the message from there.")


async def _resident(request: Request, desk: FrontDesk) -> Caller | None:
    token = request.cookies.get(COOKIE)
    if token is None:
        return None
    try:
        return await desk.access.verify([f"Bearer {token}"])
    except (TokenExpired, TokenInvalid):
        return None


def _field(fields: dict[str, list[str]], name: str) -> str:
    return fields.get(name, [""])[0]


def _checked(text: str) -> str:
    try:
        return _message.validate_python(text.replace("\r\n", "\n"))
    except ValidationError as error:
        reason = error.errors()[0]["msg"].removeprefix("Value error, ")
        wrong = FieldError("/message", reason)
        raise ValidationFailed("Go back and mend the message.", errors=(wrong,)) from None


async def _wait_for(desk: FrontDesk, turn_id: str) -> None:
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            async for _ in desk.log.follow(turn_id):
                pass
    except TimeoutError:
        return


async def _conversation(desk: FrontDesk, caller: Caller) -> list[StoredTurn]:
    page = await desk.sessions.list(caller, None, 1, None)
    if not page.items:
        return []
    turns: list[StoredTurn] = []
    after: str | None = None
    while True:
        found = await desk.transcripts.read(caller, page.items[0].session_id, None, 200, after)
        turns = [*turns, *found.items][-SHOWN_TURNS:]
        after = found.next
        if after is None:
            return turns


def _shown(turn: StoredTurn, words: Words, *, is_last: bool) -> Markup:
    if turn.status in UNFINISHED:
        answer = Markup('<p class="wait" role="status">{}</p>').format(words["wait"])
    else:
        answer = _answer(turn, words)
    return Markup(
        '<section><h2>{you}</h2><p class="text" dir="auto">{message}</p>'
        "<h2{id}>{desk}</h2>{answer}</section>"
    ).format(
        you=words["you"],
        message=turn.message,
        id=Markup(' id="latest"') if is_last else "",
        desk=words["desk"],
        answer=answer,
    )


def _answer(turn: StoredTurn, words: Words) -> Markup:
    parts: list[Markup] = []
    for event in turn.shown:
        match event:
            case Notice():
                parts.append(Markup('<p class="urgent">{}</p>').format(event.text))
            case RecordFiled() | RecordUpdated():
                parts.append(_receipt(event.reference, words))
    text = turn.reply or (words["failed"] if turn.status == "failed" else "")
    return Markup("").join([Markup('<p class="text" dir="auto">{}</p>').format(text), *parts])


def _receipt(reference: str, words: Words) -> Markup:
    return Markup('<p class="receipt">{}<br><strong>{}</strong><br>{}</p>').format(
        words["reference"], reference, words["keep"]
    )


def _leave(words: Words) -> Markup:
    return Markup(
        '<form class="leave" method="post" action="form/leave"><button>{}</button></form>'
    ).format(words["leave"])


def _words(accept_language: str, languages: tuple[str, ...]) -> tuple[dict[str, str], str]:
    """Return the words in the first language that reader, town and form share, and its code."""
    known = _all_words()
    wishes = [part.split(";")[0].split("-")[0].strip() for part in accept_language.split(",")]
    wishes = ["tl" if wish == "fil" else wish for wish in wishes]
    language = next((wish for wish in wishes if wish in languages and wish in known), "en")
    return known[language], language


@cache
def _all_words() -> dict[str, dict[str, str]]:
    return tomllib.loads((HERE / "form.toml").read_text(encoding="utf-8"))
