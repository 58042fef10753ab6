"""An identity provider: signs people in by ES256, RS256 or its legacy secret, serves its keys."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from jwt.algorithms import ECAlgorithm, RSAAlgorithm
from pydantic import SecretStr

from townhall.settings import Settings

LEGACY_SECRET = "the legacy secret of the provider, 32+"
PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


def ec_key() -> ec.EllipticCurvePrivateKey:
    """Return a new P-256 key."""
    return ec.generate_private_key(ec.SECP256R1())


def rsa_key(bits: int = 2048) -> rsa.RSAPrivateKey:
    """Return a new RSA key."""
    return rsa.generate_private_key(public_exponent=65537, key_size=bits)


def jwk(key: PrivateKey, key_id: str, **more: Any) -> dict[str, Any]:
    """Return the public half as an entry of a JWKS."""
    if isinstance(key, rsa.RSAPrivateKey):
        public = RSAAlgorithm.to_jwk(key.public_key(), as_dict=True)
    else:
        public = ECAlgorithm.to_jwk(key.public_key(), as_dict=True)
    return {**public, "kid": key_id, "use": "sig", **more}


@dataclass
class Provider:
    """The provider. `document` is what it serves as its keys; `fetches` counts who asked."""

    issuer: str
    keys: dict[str, PrivateKey] = field(
        default_factory=lambda: {"ec-1": ec_key(), "rsa-1": rsa_key()}
    )
    document: Any = None
    fetches: int = 0

    def __post_init__(self) -> None:
        """Serve the keys there are."""
        self.publish()

    def publish(self) -> None:
        """Serve the keys that there are by now."""
        self.document = {"keys": [jwk(key, key_id) for key_id, key in self.keys.items()]}

    def claims(self, user_id: str = "resident-1", **changes: Any) -> dict[str, Any]:
        """Return what a token says of the user; None takes a claim away."""
        now = datetime.now(UTC)
        claims = {
            "iss": self.issuer,
            "aud": "authenticated",
            "sub": user_id,
            "role": "authenticated",
            "iat": now,
            "exp": now + timedelta(hours=1),
            "app_metadata": {"provider": "email"},
            "user_metadata": {},
            **changes,
        }
        return {name: value for name, value in claims.items() if value is not None}

    def token(self, user_id: str = "resident-1", key_id: str = "ec-1", **changes: Any) -> str:
        """Return a token of the user, signed with that key."""
        key = self.keys[key_id]
        algorithm = "RS256" if isinstance(key, rsa.RSAPrivateKey) else "ES256"
        headers = {"kid": key_id}
        return jwt.encode(self.claims(user_id, **changes), key, algorithm, headers=headers)

    def legacy_token(self, user_id: str = "resident-1", **changes: Any) -> str:
        """Return a token of the user, signed with the shared secret."""
        return jwt.encode(self.claims(user_id, **changes), LEGACY_SECRET, "HS256")

    def staff_token(self, user_id: str = "officer-1") -> str:
        """Return a token of somebody whom the town made a member of staff."""
        return self.token(user_id, app_metadata={"role": "staff"})

    def trusted_by(self, settings: Settings) -> Settings:
        """Return the settings of a desk that believes this provider."""
        return settings.model_copy(
            update={"oidc_issuer": self.issuer, "oidc_secret": SecretStr(LEGACY_SECRET)}
        )

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve the keys to one HTTP request."""
        head = await reader.readuntil(b"\r\n\r\n")
        self.fetches += 1
        known = b" /auth/v1/.well-known/jwks.json " in head and self.document is not None
        status = "200 OK" if known else "503 Service Unavailable"
        body = json.dumps(self.document)
        answer = f"HTTP/1.1 {status}\r\ncontent-length: {len(body)}\r\nconnection: close\r\n\r\n"
        writer.write((answer + body).encode())
        await writer.drain()
        writer.close()
        await writer.wait_closed()


@asynccontextmanager
async def identity_provider() -> AsyncIterator[Provider]:
    """Run a provider on a free loopback port until the block ends."""
    providers: list[Provider] = []
    server = await asyncio.start_server(lambda *ends: providers[0].answer(*ends), "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        providers.append(Provider(f"http://127.0.0.1:{port}/auth/v1"))
        yield providers[0]
