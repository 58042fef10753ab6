"""The town's identity provider: whoever signed in there proves it by the provider's JWT.

Two verifiers that share nothing but the claims they ask for: public keys (JWKS; ES256, RS256) and
the legacy shared secret (HS256). Each takes its own algorithms only, so no key is ever read as
another kind of key.
"""

import asyncio
import time
from collections.abc import Callable
from typing import Any

import httpx
import jwt
import structlog

from townhall.access.callers import SUBJECT, Caller, is_ours_alone
from townhall.access.tokens import CLOCK_LEEWAY
from townhall.errors import IdentityUnavailable, TokenInvalid
from townhall.settings import Settings

# Tuples, because what a token says its algorithm or role is may not even be hashable.
PUBLIC_KEY_ALGORITHMS = ("ES256", "RS256")
KEYS_FRESH_SECONDS = 600.0  # how long a key that the provider takes back is still believed
FETCH_PAUSE_SECONDS = 30.0  # between two fetches for keys that are not known
FETCH_SECONDS = 5.0
# Supabase's API keys are JWTs too. They name no person, and one of them may do everything.
API_KEY_ROLES = ("anon", "service_role", "supabase_admin")

logger = structlog.stdlib.get_logger("townhall.access")


class KeySet:
    """The provider's public keys by their ids, fetched when they are needed and seldom.

    Whoever makes up key ids causes one fetch in 30 s and delays nobody whose key is known.
    """

    def __init__(self, url: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._url = url
        self._clock = clock
        self._keys: dict[str, jwt.PyJWK] | None = None
        self._tried_at = float("-inf")
        self._fetching = asyncio.Lock()

    async def find(self, key_id: str) -> jwt.PyJWK | None:
        """Return the key of that id; IdentityUnavailable if no keys could be had so far."""
        known = (self._keys or {}).get(key_id)
        pause = FETCH_PAUSE_SECONDS if known is None else KEYS_FRESH_SECONDS
        if self._is_due(pause) or (known is None and self._fetching.locked()):
            async with self._fetching:
                if self._is_due(pause):
                    await self._fetch()
        if self._keys is None:
            raise IdentityUnavailable(
                "Try again in a minute.", retry_after=int(FETCH_PAUSE_SECONDS)
            )
        return self._keys.get(key_id)

    def _is_due(self, pause: float) -> bool:
        return self._clock() - self._tried_at >= pause

    async def _fetch(self) -> None:
        self._tried_at = self._clock()
        try:
            async with httpx.AsyncClient(timeout=FETCH_SECONDS) as client:
                response = await client.get(self._url)
            self._keys = _usable_keys(response.raise_for_status().json())
        except (httpx.HTTPError, ValueError) as error:
            # Those that are known go on being believed: a provider that is away signs nobody out.
            logger.warning("keys could not be fetched", url=self._url, exc_info=error)


class IdentityProvider:
    """Verifies the tokens of one issuer."""

    def __init__(self, settings: Settings, issuer: str) -> None:
        self.issuer = issuer
        self._audience = settings.oidc_audience
        self._staff_role = settings.staff_role
        self._keys = KeySet(settings.oidc_jwks_url or f"{issuer.rstrip('/')}/.well-known/jwks.json")
        self._secret = settings.oidc_secret

    async def verify(self, token: str, header: dict[str, Any]) -> Caller:
        """Return whose token it is; PyJWT's own errors, or TokenInvalid, if it is not good."""
        algorithm = header.get("alg")
        if algorithm == "HS256" and self._secret is not None:
            return self._caller(self._decoded(token, self._secret.get_secret_value(), "HS256"))
        if algorithm not in PUBLIC_KEY_ALGORITHMS or not isinstance(header.get("kid"), str):
            raise TokenInvalid("Sign in again.")
        key = await self._keys.find(header["kid"])
        if key is None:
            raise TokenInvalid("Sign in again.")
        return self._caller(self._decoded(token, key, algorithm))

    def _decoded(self, token: str, key: jwt.PyJWK | str, algorithm: str) -> dict[str, Any]:
        return jwt.decode(
            token,
            key,
            algorithms=[algorithm],
            audience=self._audience,
            issuer=self.issuer,
            leeway=CLOCK_LEEWAY,
            options={
                "require": ["exp", "sub", "iss", "aud"],
                "enforce_minimum_key_length": True,
            },
        )

    def _caller(self, claims: dict[str, Any]) -> Caller:
        user_id = claims["sub"]
        is_person = SUBJECT.fullmatch(user_id) and not is_ours_alone(user_id)
        if not is_person or claims.get("role") in API_KEY_ROLES:
            raise TokenInvalid("This token does not name a person.")
        return Caller("staff" if self._is_staff(claims) else "resident", user_id)

    def _is_staff(self, claims: dict[str, Any]) -> bool:
        # Only app_metadata is the provider's own; user_metadata is what users say of themselves.
        metadata = claims.get("app_metadata")
        if not isinstance(metadata, dict):
            return False
        roles = metadata.get("roles")
        return self._staff_role in [
            metadata.get("role"),
            *(roles if isinstance(roles, list) else ()),
        ]


def _usable_keys(document: Any) -> dict[str, jwt.PyJWK]:
    """Return the signing keys of a JWKS; what is of another kind or broken is left out."""
    given = document.get("keys") if isinstance(document, dict) else None
    if not isinstance(given, list):
        raise ValueError("not a JWKS")  # noqa: TRY004  # what came is wrong, not what was passed
    keys: dict[str, jwt.PyJWK] = {}
    for each in given:
        try:
            key = jwt.PyJWK.from_dict(each)
        except (jwt.PyJWTError, AttributeError, TypeError, ValueError):
            continue
        if key.key_id and key.algorithm_name in PUBLIC_KEY_ALGORITHMS and _may_sign(key):
            keys[key.key_id] = key
    return keys


def _may_sign(key: jwt.PyJWK) -> bool:
    return key.key_type in ("EC", "RSA") and key.public_key_use in (None, "sig")
