"""Who is asking. The mode of authentication chooses who you are, never whether rows are filtered.

`Access.authenticate` looks at one HTTP request and returns its `Caller`, or raises the refusal.
The local rule is documented in docs/access.md.
"""

import secrets
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import IPv6Address, ip_address
from typing import Any, Literal
from urllib.parse import urlsplit

import jwt

from townhall.errors import (
    CrossOrigin,
    InvalidHost,
    TokenExpired,
    TokenInvalid,
    TokenRequired,
    UserIdMismatch,
)
from townhall.settings import Settings

TOKEN_LIFE = timedelta(days=30)
CLOCK_LEEWAY = timedelta(seconds=30)
ISSUER = "digital-town-hall"
LOCAL_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})
FORWARDING_HEADERS = frozenset(
    {b"forwarded", b"via", b"x-real-ip", b"true-client-ip", b"x-client-ip", b"x-cluster-client-ip"}
)
FORWARDING_PREFIXES = (b"x-forwarded-", b"cf-", b"x-original-", b"x-envoy-", b"fly-", b"fastly-")

Headers = Sequence[tuple[bytes, bytes]]


@dataclass(frozen=True)
class Caller:
    """Who a request acts for. A local caller is the developer: every session, no fixed user."""

    kind: Literal["local", "anonymous"]
    user_id: str | None

    @property
    def principal(self) -> str:
        """The name under which idempotency keys and history entries are kept."""
        # No user can be called "(local)": ids have no parentheses.
        return self.user_id or f"({self.kind})"

    def acting_as(self, user_id: str | None) -> str | None:
        """Return the user that the caller acts as, given the `user_id` that it named.

        None: a local caller who named nobody. UserIdMismatch if the name is not the caller's.
        """
        if self.kind == "local":
            return user_id
        if user_id is not None and user_id != self.user_id:
            raise UserIdMismatch("Leave user_id out, or send the one that the token was made for.")
        return self.user_id


def new_anonymous_user() -> str:
    """Return a fresh user id for somebody who did not say who they are."""
    return f"anonymous-{uuid.uuid4()}"


class Access:
    """Decides who is asking, by token or by the local rule, and signs anonymous tokens."""

    def __init__(self, settings: Settings) -> None:
        self._mode = settings.access
        self._origins = frozenset(settings.cors_origins)
        self._secret = _signing_secret(settings)

    def authenticate(self, scope: dict[str, Any]) -> Caller:
        """Return the caller of the request with this ASGI `scope`.

        InvalidHost, CrossOrigin, TokenInvalid, TokenExpired or TokenRequired if it is refused.
        """
        headers: Headers = scope["headers"]
        host = _host(scope)
        if _is_foreign_page(headers, self._origins | {f"{scope['scheme']}://{host}"}):
            raise CrossOrigin("Add the page's origin to TOWNHALL_CORS_ORIGINS to allow it.")
        authorization = _values(headers, b"authorization")
        if authorization:
            return self._verify(authorization)
        if self._mode == "auto" and is_local(scope, host):
            return Caller("local", None)
        raise TokenRequired(
            "Only requests from this very machine are served without a token. Get a token from "
            "POST /sessions/create and send it as 'Authorization: Bearer <token>'."
        )

    def issue_token(self, user_id: str) -> str:
        """Return a token that proves to be the anonymous user `user_id` for 30 days."""
        now = datetime.now(UTC)
        claims = {
            "iss": ISSUER,
            "aud": ISSUER,
            "sub": user_id,
            "iat": now,
            "exp": now + TOKEN_LIFE,
        }
        return jwt.encode(claims, self._secret, algorithm="HS256")

    def _verify(self, authorization: list[str]) -> Caller:
        scheme, _, token = authorization[0].partition(" ")
        if len(authorization) > 1 or scheme.lower() != "bearer":
            raise TokenInvalid("Send exactly one 'Authorization: Bearer <token>' header.")
        try:
            claims = jwt.decode(
                token.strip(),
                self._secret,
                algorithms=["HS256"],
                audience=ISSUER,
                issuer=ISSUER,
                leeway=CLOCK_LEEWAY,
                options={"require": ["exp", "iat", "sub", "iss", "aud"]},
            )
        except jwt.ExpiredSignatureError as error:
            raise TokenExpired("Get a new token from POST /sessions/create.") from error
        except jwt.InvalidTokenError as error:
            raise TokenInvalid("Get a token from POST /sessions/create.") from error
        return Caller("anonymous", claims["sub"])


def is_local(scope: dict[str, Any], host: str) -> bool:
    """Whether the request is the developer's own: every end and every name is this machine's.

    `host` is the request's Host header. Origin and Referer have been checked before.
    """
    ends = (scope.get("client"), scope.get("server"))
    return (
        all(end is not None and _is_loopback(end[0]) for end in ends)
        and scope["http_version"] != "1.0"
        and _host_name(host) in LOCAL_NAMES
        and not any(_is_forwarding(name) for name, _ in scope["headers"])
    )


def _is_loopback(address: str) -> bool:
    try:
        ip = ip_address(address)
    except ValueError:
        return False
    if isinstance(ip, IPv6Address) and ip.ipv4_mapped is not None:
        ip = ip.ipv4_mapped
    return ip.is_loopback


def _is_forwarding(name: bytes) -> bool:
    return name in FORWARDING_HEADERS or name.startswith(FORWARDING_PREFIXES)


def _host(scope: dict[str, Any]) -> str:
    hosts = _values(scope["headers"], b"host")
    if len(hosts) != 1 or _host_name(hosts[0]) is None:
        raise InvalidHost("Send exactly one Host header with a host name and, if any, a port.")
    return hosts[0]


def _host_name(host: str) -> str | None:
    if not host or any(c.isspace() or c in "/\\@?#,'\"<>" for c in host):
        return None
    try:
        parts = urlsplit(f"//{host}")
        _ = parts.port  # raises for a port that is not a number up to 65535
    except ValueError:
        return None
    return parts.hostname


def _is_foreign_page(headers: Headers, allowed: frozenset[str]) -> bool:
    origins = _values(headers, b"origin")
    if origins:
        return any(origin not in allowed for origin in origins)
    if any(_origin_of(referer) not in allowed for referer in _values(headers, b"referer")):
        return True
    return "cross-site" in _values(headers, b"sec-fetch-site")


def _origin_of(url: str) -> str:
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    return f"{parts.scheme}://{parts.netloc}"


def _values(headers: Headers, name: bytes) -> list[str]:
    return [value.decode("latin-1") for key, value in headers if key == name]


def _signing_secret(settings: Settings) -> str:
    if settings.secret is not None:
        return settings.secret.get_secret_value()
    path = settings.data / "secret"
    if not path.exists():
        settings.data.mkdir(parents=True, exist_ok=True)
        # Written aside and linked, so that two processes that start together agree on one secret.
        draft = path.with_name(f"secret.{secrets.token_hex(4)}")
        draft.touch(mode=0o600)
        draft.write_text(secrets.token_urlsafe(48))
        try:
            path.hardlink_to(draft)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return path.read_text().strip()
