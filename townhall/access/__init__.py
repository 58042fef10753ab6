"""Who is asking. The mode of authentication chooses who you are, never whether rows are filtered.

`Access.authenticate` looks at one HTTP request and returns its `Caller`, or raises the refusal.
The rules are documented in docs/access.md.
"""

import re
from typing import Any

import jwt

from townhall.access.callers import Caller, CallerKind, new_anonymous_user
from townhall.access.identity import IdentityProvider
from townhall.access.local_rule import is_foreign_page, is_local, read_host, values
from townhall.access.tokens import ISSUER, OwnTokens
from townhall.errors import CrossOrigin, TokenExpired, TokenInvalid, TokenRequired
from townhall.settings import Settings

__all__ = ["Access", "Caller", "CallerKind", "new_anonymous_user"]

BEARER = re.compile(r"bearer (.+)", re.IGNORECASE)
# Three parts of base64url without padding. The longest of a provider's has about 2,000 characters.
TOKEN = re.compile(r"(?=.{1,8192}$)([A-Za-z0-9_-]+\.){2}[A-Za-z0-9_-]+")
GET_ONE = "Get a token from POST /sessions/create."
HOW_TO_GET_IN = (
    "Only requests from this very machine are served without a token. Get a token from "
    "POST /sessions/create and send it as 'Authorization: Bearer <token>'. If you run this desk "
    "behind a proxy, set TOWNHALL_TRUSTED_PROXIES."
)
HOW_TO_OPEN = (
    "Every request needs a token here. Get one from POST /sessions/create and send it as "
    "'Authorization: Bearer <token>'."
)


class Access:
    """Decides who is asking, by token or by the local rule."""

    def __init__(self, settings: Settings) -> None:
        self.tokens = OwnTokens(settings)
        self._mode = settings.access_mode
        public = {settings.public_origin} if settings.public_origin else set()
        self._origins = frozenset(settings.cors_origins) | public
        issuer = settings.oidc_issuer
        self._provider = None if issuer is None else IdentityProvider(settings, issuer)

    async def authenticate(self, scope: dict[str, Any]) -> Caller:
        """Return the caller of the request with this ASGI `scope`.

        InvalidHost, CrossOrigin, TokenInvalid, TokenExpired or TokenRequired if it is refused;
        IdentityUnavailable if the provider's keys are needed and cannot be had.
        """
        host = read_host(scope)
        if is_foreign_page(scope["headers"], self._origins | {f"{scope['scheme']}://{host}"}):
            raise CrossOrigin(
                "Add the page's origin to TOWNHALL_CORS_ORIGINS to allow it. If the page is this "
                "desk's own, behind a proxy, set TOWNHALL_PUBLIC_ORIGIN to its origin."
            )
        authorization = values(scope["headers"], b"authorization")
        if authorization:
            return await self.verify(authorization)
        if self._mode == "auto" and is_local(scope, host):
            return Caller("local", None)
        raise TokenRequired(HOW_TO_GET_IN if self._mode == "auto" else HOW_TO_OPEN)

    async def verify(self, authorization: list[str]) -> Caller:
        """Return whose token the `Authorization` headers carry; TokenInvalid or TokenExpired."""
        bearer = BEARER.fullmatch(authorization[0])
        if len(authorization) > 1 or bearer is None:
            raise TokenInvalid("Send exactly one 'Authorization: Bearer <token>' header.")
        if TOKEN.fullmatch(bearer[1]) is None:
            raise TokenInvalid(GET_ONE)
        try:
            return await self._judge(bearer[1])
        except jwt.ExpiredSignatureError as error:
            raise TokenExpired("Get a new token from POST /sessions/create.") from error
        except (jwt.PyJWTError, OverflowError) as error:
            # OverflowError: a date beyond all calendars.
            raise TokenInvalid(GET_ONE) from error

    async def _judge(self, token: str) -> Caller:
        # Read without belief, to choose the verifier; each asks for its own issuer again.
        claimed = jwt.decode_complete(token, options={"verify_signature": False})
        issuer = claimed["payload"].get("iss")
        if self._provider is not None and issuer == self._provider.issuer:
            return await self._provider.verify(token, claimed["header"])
        if issuer == ISSUER:
            return self.tokens.verify(token)
        raise TokenInvalid(GET_ONE)
