"""The tokens that this desk signs itself: of anonymous residents and of named staff.

JWT, HS256, with the desk's own secret and name as issuer. The previous secret is still believed
until the deployer takes it away, so that a change of secrets signs nobody out.
"""

import secrets
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt

from townhall.access.callers import STAFF_PREFIX, Caller
from townhall.errors import TokenInvalid
from townhall.settings import Settings

ISSUER = "digital-town-hall"
ALGORITHM = "HS256"
ANONYMOUS_LIFE = timedelta(days=30)
CLOCK_LEEWAY = timedelta(seconds=30)
REQUIRED = ("exp", "iat", "sub", "iss", "aud")


class OwnTokens:
    """Signs and verifies them. `verify` lets PyJWT's own errors through."""

    def __init__(self, settings: Settings) -> None:
        previous = settings.secret_previous
        self._secret = _signing_secret(settings)
        self._believed = [self._secret]
        if previous is not None:
            self._believed.append(previous.get_secret_value())

    def for_anonymous(self, user_id: str) -> str:
        """Return a token that proves to be the anonymous user `user_id` for 30 days."""
        return self._signed(user_id, ANONYMOUS_LIFE)

    def for_staff(self, name: str, life: timedelta) -> str:
        """Return a token that proves to be the member of staff `name`."""
        return self._signed(STAFF_PREFIX + name, life, role="staff")

    def verify(self, token: str) -> Caller:
        """Return whose token it is."""
        claims = self._claims(token)
        is_staff = claims.get("role") == "staff"
        # The role and the name go together, or a user called "staff:ana" would become staff.
        if is_staff != claims["sub"].startswith(STAFF_PREFIX):
            raise TokenInvalid("Get a token from POST /sessions/create.")
        return Caller("staff" if is_staff else "anonymous", claims["sub"])

    def _signed(self, subject: str, life: timedelta, **more: str) -> str:
        now = datetime.now(UTC)
        claims = {"iss": ISSUER, "aud": ISSUER, "sub": subject, "iat": now, "exp": now + life}
        return jwt.encode(claims | more, self._secret, algorithm=ALGORITHM)

    def _claims(self, token: str) -> dict[str, Any]:
        *earlier, last = self._believed
        for secret in earlier:
            try:
                return _decoded(token, secret)
            except jwt.InvalidSignatureError:
                continue
        return _decoded(token, last)


def _decoded(token: str, secret: str) -> dict[str, Any]:
    return jwt.decode(
        token,
        secret,
        algorithms=[ALGORITHM],
        audience=ISSUER,
        issuer=ISSUER,
        leeway=CLOCK_LEEWAY,
        options={"require": list(REQUIRED)},
    )


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
