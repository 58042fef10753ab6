"""Forged tokens by name: whatever somebody without our keys may think of."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.access.provider import LEGACY_SECRET, Provider, ec_key, jwk, rsa_key
from tests.conftest import TEST_SECRET
from townhall.access import Access

NOW = datetime.now(UTC)
OTHER = "another secret, of thirty-two or more"
STRANGER = ec_key()
STRANGER_RSA = rsa_key()
Forge = Callable[[Provider, Access], str]


def part(value: object) -> str:
    """Return one part of a token."""
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def by_hand(header: object, claims: object, secret: bytes) -> str:
    """Return a token signed by HMAC, whatever it says."""
    signing = f"{part(header)}.{part(claims)}"
    return f"{signing}.{part(hmac.digest(secret, signing.encode(), hashlib.sha256))}"


def ours(**changes: Any) -> dict[str, Any]:
    """Return the claims of an anonymous token of ours."""
    claims = {
        "iss": "digital-town-hall",
        "aud": "digital-town-hall",
        "sub": "anonymous-ana",
        "iat": int(NOW.timestamp()),
        "exp": int((NOW + timedelta(days=1)).timestamp()),
        **changes,
    }
    return {name: value for name, value in claims.items() if value is not None}


def signed(secret: str = TEST_SECRET, **changes: Any) -> str:
    """Return a token with our claims, changed, signed with `secret`."""
    return jwt.encode(ours(**changes), secret, "HS256")


def with_header(header: dict[str, Any], secret: bytes = TEST_SECRET.encode()) -> str:
    """Return a token of ours with another header."""
    return by_hand({"alg": "HS256", "typ": "JWT", **header}, ours(), secret)


def public_pem(provider: Provider, key_id: str) -> bytes:
    """Return what an attacker knows of the provider's key."""
    return (
        provider.keys[key_id]
        .public_key()
        .public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    )


def swapped(token: str, other: str) -> str:
    """Return `token` with the claims of `other`."""
    head, _, signature = token.split(".")
    return f"{head}.{other.split('.')[1]}.{signature}"


def rs(provider: Provider, header: dict[str, Any], key: Any = STRANGER, **changes: Any) -> str:
    """Return a token in the provider's name, signed with a key of the attacker's."""
    algorithm = header.pop("alg", "ES256")
    return jwt.encode(provider.claims(**changes), key, algorithm, headers=header)


def legacy_by_hand(provider: Provider, secret: bytes, **header: Any) -> str:
    """Return a token in the provider's name, signed by HMAC."""
    claims = provider.claims(iat=int(NOW.timestamp()), exp=int(NOW.timestamp()) + 3600)
    return by_hand({"alg": "HS256", **header}, claims, secret)


FORGERIES: dict[str, Forge] = {
    # -- our own tokens
    "ours, other secret": lambda p, a: signed(OTHER),
    "ours, empty secret": lambda p, a: by_hand({"alg": "HS256"}, ours(), b""),
    "ours, the issuer as secret": lambda p, a: by_hand(
        {"alg": "HS256"}, ours(), ours()["iss"].encode()
    ),
    "ours, alg none": lambda p, a: f"{part({'alg': 'none'})}.{part(ours())}.",
    "ours, alg none with a signature": lambda p, a: with_header({"alg": "none"}),
    "ours, alg None": lambda p, a: with_header({"alg": "None"}),
    "ours, alg nOnE without a signature": lambda p, a: f"{part({'alg': 'nOnE'})}.{part(ours())}.AA",
    "ours, alg hs256": lambda p, a: with_header({"alg": "hs256"}),
    "ours, alg HS384": lambda p, a: jwt.encode(ours(), TEST_SECRET, "HS384"),
    "ours, alg HS512": lambda p, a: jwt.encode(ours(), TEST_SECRET, "HS512"),
    "ours, alg missing": lambda p, a: by_hand({"typ": "JWT"}, ours(), TEST_SECRET.encode()),
    "ours, alg is a list": lambda p, a: with_header({"alg": ["HS256"]}),
    "ours, alg is a number": lambda p, a: with_header({"alg": 7}),
    "ours, alg is null": lambda p, a: with_header({"alg": None}),
    "ours, alg is an object": lambda p, a: with_header({"alg": {"HS256": 1}}),
    "ours, alg RS256 over HMAC": lambda p, a: with_header({"alg": "RS256"}),
    "ours, crit unknown": lambda p, a: with_header({"crit": ["exp-policy"], "exp-policy": 1}),
    "ours, crit empty": lambda p, a: with_header({"crit": []}),
    "ours, crit not a list": lambda p, a: with_header({"crit": "b64"}),
    "ours, b64 false": lambda p, a: with_header({"b64": False, "crit": ["b64"]}),
    "ours, kid is a number": lambda p, a: with_header({"kid": 7}),
    "ours, header is a list": lambda p, a: by_hand(["HS256"], ours(), TEST_SECRET.encode()),
    "ours, header nests 5,000 deep": lambda p, a: by_hand(
        b"[" * 5000, ours(), TEST_SECRET.encode()
    ),
    "ours, claims nest 5,000 deep": lambda p, a: by_hand(
        {"alg": "HS256"}, b'{"iss":' + b"[" * 5000, TEST_SECRET.encode()
    ),
    "ours, claims are a list": lambda p, a: by_hand({"alg": "HS256"}, [1], TEST_SECRET.encode()),
    "ours, expired": lambda p, a: signed(exp=NOW - timedelta(seconds=31)),
    "ours, expired long ago": lambda p, a: signed(exp=0),
    "ours, exp missing": lambda p, a: signed(exp=None),
    "ours, exp is text": lambda p, a: signed(exp="never"),
    "ours, exp is infinite": lambda p, a: by_hand(
        {"alg": "HS256"}, ours(exp=float("inf")), TEST_SECRET.encode()
    ),
    "ours, exp is no number": lambda p, a: by_hand(
        {"alg": "HS256"}, ours(exp=float("nan")), TEST_SECRET.encode()
    ),
    "ours, exp is true, long ago": lambda p, a: signed(exp=True),
    "ours, iat in the future": lambda p, a: signed(iat=NOW + timedelta(hours=1)),
    "ours, nbf in the future": lambda p, a: signed(nbf=NOW + timedelta(hours=1)),
    "ours, wrong iss": lambda p, a: signed(iss="digital-town-hall.evil.example"),
    "ours, iss is a list": lambda p, a: by_hand(
        {"alg": "HS256"}, ours(iss=["digital-town-hall"]), TEST_SECRET.encode()
    ),
    "ours, wrong aud": lambda p, a: signed(aud="another-desk"),
    "ours, aud missing": lambda p, a: signed(aud=None),
    "ours, sub missing": lambda p, a: signed(sub=None),
    "ours, sub is a number": lambda p, a: by_hand(
        {"alg": "HS256"}, ours(sub=7), TEST_SECRET.encode()
    ),
    "ours, another's claims": lambda p, a: swapped(
        a.tokens.for_anonymous("ana"), a.tokens.for_anonymous("ben")
    ),
    "ours, made staff by hand": lambda p, a: swapped(
        a.tokens.for_anonymous("ana"), a.tokens.for_staff("ana", timedelta(hours=1))
    ),
    "ours, staff's name without the role": lambda p, a: signed(sub="staff:ana"),
    "ours, the role without staff's name": lambda p, a: signed(role="staff"),
    "ours, cut": lambda p, a: a.tokens.for_anonymous("ana")[:-1],
    "ours, longer": lambda p, a: a.tokens.for_anonymous("ana") + "A",
    "ours, padded": lambda p, a: a.tokens.for_anonymous("ana") + "=",
    "ours, four parts": lambda p, a: a.tokens.for_anonymous("ana") + ".e30",
    "ours, two parts": lambda p, a: a.tokens.for_anonymous("ana").rpartition(".")[0],
    "ours, a space in it": lambda p, a: a.tokens.for_anonymous("ana").replace(".", ". ", 1),
    "ours, enormous": lambda p, a: signed(more="x" * 10_000),
    # -- in the provider's name
    "theirs, a stranger's EC key": lambda p, a: rs(p, {"kid": "ec-1"}),
    "theirs, a stranger's RSA key": lambda p, a: rs(
        p, {"kid": "rsa-1", "alg": "RS256"}, STRANGER_RSA
    ),
    "theirs, no kid": lambda p, a: jwt.encode(p.claims(), p.keys["ec-1"], "ES256"),
    "theirs, kid unknown": lambda p, a: rs(p, {"kid": "ec-99"}),
    "theirs, kid is a path": lambda p, a: rs(p, {"kid": "../../dev/null"}),
    "theirs, kid is SQL": lambda p, a: rs(p, {"kid": "x' UNION SELECT 'key"}),
    "theirs, kid is empty": lambda p, a: rs(p, {"kid": ""}),
    "theirs, kid is an address": lambda p, a: rs(p, {"kid": "http://evil.example/jwks.json"}),
    "theirs, its own jwk in the header": lambda p, a: rs(
        p, {"kid": "me", "jwk": jwk(STRANGER, "me")}
    ),
    "theirs, jku of the attacker": lambda p, a: rs(p, {"kid": "me", "jku": "http://evil.example/"}),
    "theirs, x5u of the attacker": lambda p, a: rs(p, {"kid": "me", "x5u": "http://evil.example/"}),
    "theirs, HMAC by the RSA key": lambda p, a: legacy_by_hand(p, public_pem(p, "rsa-1")),
    "theirs, HMAC by the EC key and its kid": lambda p, a: legacy_by_hand(
        p, public_pem(p, "ec-1"), kid="ec-1"
    ),
    "theirs, HMAC by the JWK's text": lambda p, a: legacy_by_hand(
        p, json.dumps(jwk(p.keys["ec-1"], "ec-1")).encode()
    ),
    "theirs, the legacy secret as RS256": lambda p, a: legacy_by_hand(
        p, LEGACY_SECRET.encode(), alg="RS256", kid="rsa-1"
    ),
    "theirs, RSA key called ES256": lambda p, a: legacy_by_hand(
        p, public_pem(p, "rsa-1"), alg="ES256", kid="rsa-1"
    ),
    "theirs, PS256 by the true key": lambda p, a: jwt.encode(
        p.claims(), p.keys["rsa-1"], "PS256", headers={"kid": "rsa-1"}
    ),
    "theirs, RS512 by the true key": lambda p, a: jwt.encode(
        p.claims(), p.keys["rsa-1"], "RS512", headers={"kid": "rsa-1"}
    ),
    "theirs, alg none": lambda p, a: (
        f"{part({'alg': 'none', 'kid': 'ec-1'})}.{part({'iss': p.issuer})}."
    ),
    "theirs, our secret": lambda p, a: legacy_by_hand(p, TEST_SECRET.encode()),
    "ours, the legacy secret": lambda p, a: signed(LEGACY_SECRET),
    "ours, the provider's key": lambda p, a: jwt.encode(
        ours(), p.keys["ec-1"], "ES256", headers={"kid": "ec-1"}
    ),
    "theirs, wrong iss": lambda p, a: p.token(iss="https://other.example/auth/v1"),
    "theirs, iss with a slash more": lambda p, a: p.token(iss=p.issuer + "/"),
    "theirs, wrong aud": lambda p, a: p.token(aud="another-app"),
    "theirs, aud missing": lambda p, a: p.token(aud=None),
    "theirs, exp missing": lambda p, a: p.token(exp=None),
    "theirs, expired": lambda p, a: p.token(exp=NOW - timedelta(seconds=45)),
    "theirs, legacy expired": lambda p, a: p.legacy_token(exp=NOW - timedelta(seconds=45)),
    "theirs, nbf in the future": lambda p, a: p.token(nbf=NOW + timedelta(hours=1)),
    "theirs, service_role": lambda p, a: p.legacy_token(role="service_role"),
    "theirs, anon": lambda p, a: p.legacy_token(role="anon"),
    "theirs, an API key without a sub": lambda p, a: p.legacy_token(sub=None, role="service_role"),
    "theirs, an API key as Supabase makes it": lambda p, a: jwt.encode(
        {"iss": "supabase", "role": "service_role", "exp": NOW + timedelta(days=1)}, LEGACY_SECRET
    ),
    "theirs, sub is an anonymous user": lambda p, a: p.token("anonymous-0b6f"),
    "theirs, sub is a staff name": lambda p, a: p.token("staff:ana"),
    "theirs, sub is the developer": lambda p, a: p.token("(local)"),
    "theirs, sub is empty": lambda p, a: p.token(""),
    "theirs, sub with a line break": lambda p, a: p.token("ana\r\nX-Admin: 1"),
    "theirs, sub in another script": lambda p, a: p.token("аna"),
    "theirs, sub of 129 characters": lambda p, a: p.token("a" * 129),
    "theirs, staff by another's signature": lambda p, a: swapped(
        p.token("resident-1"), p.staff_token("resident-1")
    ),
    "theirs, EC signature of zeros": lambda p, a: (
        p.token().rpartition(".")[0] + "." + part(b"\0" * 64)
    ),
    "theirs, EC signature as DER": lambda p, a: (
        p.token().rpartition(".")[0] + "." + part(b"0" * 70)
    ),
    "theirs, signature missing": lambda p, a: p.token().rpartition(".")[0] + ".",
}
