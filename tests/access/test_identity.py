"""Residents and staff who signed in at the town's identity provider."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import jwt
import pytest
from pydantic import SecretStr, ValidationError

from tests.access.provider import Provider, ec_key, jwk, rsa_key
from tests.access.requests import verdict
from tests.conftest import TEST_SECRET, make_settings
from tests.server import Settled
from townhall.access import Access
from townhall.access.identity import FETCH_PAUSE_SECONDS, KEYS_FRESH_SECONDS, KeySet
from townhall.errors import IdentityUnavailable


@pytest.fixture
def access(provider: Provider, tmp_path: Path) -> Access:
    """A desk that believes the provider and has not asked for its keys yet."""
    return Access(provider.trusted_by(make_settings(tmp_path)))


async def test_who_signed_in_is_a_resident(access: Access, provider: Provider) -> None:
    """By ES256, by RS256 and by the legacy secret, under the provider's own name for them."""
    tokens = [provider.token(), provider.token(key_id="rsa-1"), provider.legacy_token()]
    assert [await verdict(access, token) for token in tokens] == ["resident resident-1"] * 3
    assert await verdict(access, provider.token("auth0|5f7c")) == "resident auth0|5f7c"


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"app_metadata": {"role": "staff"}}, "staff resident-1"),
        ({"app_metadata": {"roles": ["editor", "staff"]}}, "staff resident-1"),
        ({"app_metadata": {"role": "Staff"}}, "resident resident-1"),
        ({"app_metadata": {"roles": "staff"}}, "resident resident-1"),
        ({"app_metadata": ["staff"]}, "resident resident-1"),
        ({"app_metadata": None}, "resident resident-1"),
        ({"app_metadata": {"role": ["staff"]}}, "resident resident-1"),
        ({"user_metadata": {"role": "staff", "roles": ["staff"]}}, "resident resident-1"),
        ({"role": "staff"}, "resident resident-1"),
        ({"roles": ["staff"]}, "resident resident-1"),
        ({"role": ["service_role"]}, "resident resident-1"),
    ],
    ids=str,
)
async def test_the_role_is_the_providers_word(
    changes: dict[str, Any], expected: str, access: Access, provider: Provider
) -> None:
    """Only `app_metadata` makes staff: elsewhere users may write what they like of themselves."""
    assert await verdict(access, provider.token(**changes)) == expected
    assert await verdict(access, provider.legacy_token(**changes)) == expected


@pytest.mark.parametrize(
    ("exp", "expected"), [(-25, "resident resident-1"), (-35, "token-expired")]
)
async def test_clocks_may_differ_by_half_a_minute(
    exp: int, expected: str, access: Access, provider: Provider
) -> None:
    """A token is good for 30 seconds after its end."""
    ended = datetime.now(UTC) + timedelta(seconds=exp)
    assert await verdict(access, provider.token(exp=ended)) == expected


async def test_a_new_key_is_believed_and_an_old_one_forgotten(provider: Provider) -> None:
    """A key that is added is found within 30 s, one that is taken back goes within 10 min."""
    now = 1000.0
    keys = KeySet(f"{provider.issuer}/.well-known/jwks.json", clock=lambda: now)
    assert await keys.find("ec-1")
    provider.keys["ec-2"] = ec_key()
    provider.publish()
    assert await keys.find("ec-2") is None
    now += FETCH_PAUSE_SECONDS
    assert await keys.find("ec-2")
    del provider.keys["ec-2"]
    provider.publish()
    assert await keys.find("ec-2")
    now += KEYS_FRESH_SECONDS
    assert await keys.find("ec-2") is None


async def test_made_up_key_ids_cause_one_fetch(access: Access, provider: Provider) -> None:
    """500 tokens with 500 key ids, all at once: one fetch, no delay for who is known."""
    good = provider.token()
    before = provider.fetches
    forged = [
        jwt.encode(provider.claims(), provider.keys["ec-1"], "ES256", headers={"kid": f"k{n}"})
        for n in range(500)
    ]
    verdicts = await asyncio.gather(*[verdict(access, token) for token in [*forged, good]])
    assert set(verdicts[:-1]) == {"token-invalid"}
    assert verdicts[-1] == "resident resident-1"
    assert provider.fetches - before == 1


async def test_a_provider_that_is_away(provider: Provider) -> None:
    """Known keys are still believed; without any, the answer is 503, and comes at once."""
    now = 0.0
    url = f"{provider.issuer}/.well-known/jwks.json"
    keys, empty = KeySet(url, clock=lambda: now), KeySet(url, clock=lambda: now)
    assert await keys.find("ec-1")
    provider.document = None
    now += KEYS_FRESH_SECONDS
    assert await keys.find("ec-1")
    before = provider.fetches
    for _ in range(3):
        with pytest.raises(IdentityUnavailable):
            await empty.find("ec-1")
    assert provider.fetches - before == 1
    provider.publish()


@pytest.mark.parametrize(
    "document",
    [[], {}, {"keys": {}}, {"keys": "x"}, "keys", 7, None],
    ids=str,
)
async def test_a_document_that_is_no_key_set(document: Any, provider: Provider) -> None:
    """What cannot be read counts as a provider that is away."""
    provider.document = document
    try:
        with pytest.raises(IdentityUnavailable):
            await KeySet(f"{provider.issuer}/.well-known/jwks.json").find("ec-1")
    finally:
        provider.publish()


async def test_only_signing_keys_are_taken(provider: Provider) -> None:
    """Shared secrets, keys for encryption, other algorithms and broken entries are left out."""
    key = ec_key()
    provider.document = {
        "keys": [
            {"kty": "oct", "kid": "oct", "k": "c2VjcmV0", "alg": "HS256"},
            jwk(key, "enc", use="enc"),
            jwk(rsa_key(), "rs512", alg="RS512"),
            {"kty": "EC", "kid": "broken", "crv": "P-256", "x": "!", "y": "?"},
            {"kty": "??", "kid": "unknown"},
            *("text", 7, None, [], {}),
            {**jwk(key, "x"), "kid": 7},
            jwk(key, "good"),
        ]
    }
    keys = KeySet(f"{provider.issuer}/.well-known/jwks.json")
    found = [
        name
        for name in ("oct", "enc", "rs512", "broken", "unknown", "good")
        if await keys.find(name)
    ]
    provider.publish()
    assert found == ["good"]


async def test_a_change_of_our_secret_signs_nobody_out(tmp_path: Path) -> None:
    """Tokens of the previous secret are believed as long as it is set, and new ones use the new."""
    old = make_settings(tmp_path)
    token = Access(old).tokens.for_anonymous("ana")
    new_secret = SecretStr("the secret that comes after it, 32+")
    changed = old.model_copy(update={"secret": new_secret})
    both = changed.model_copy(update={"secret_previous": SecretStr(TEST_SECRET)})
    assert await verdict(Access(both), token) == "anonymous ana"
    assert await verdict(Access(changed), token) == "token-invalid"
    assert await verdict(Access(changed), Access(both).tokens.for_anonymous("b")) == "anonymous b"
    assert await verdict(Access(old), Access(both).tokens.for_anonymous("b")) == "token-invalid"


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"TOWNHALL_OIDC_ISSUER": "http://id.town.example"}, "must begin with https"),
        ({"TOWNHALL_OIDC_SECRET": "s" * 32}, "set TOWNHALL_OIDC_ISSUER too"),
        ({"TOWNHALL_OIDC_JWKS_URL": "https://id.example/k"}, "set TOWNHALL_OIDC_ISSUER too"),
        ({"TOWNHALL_TRUSTED_PROXIES": "0.0.0.0/0"}, "everybody is none"),
        ({"TOWNHALL_TRUSTED_PROXIES": "proxy.example"}, "does not appear to be an IPv4"),
        ({"TOWNHALL_PUBLIC_ORIGIN": "https://desk.example/path"}, "must be like"),
        ({"TOWNHALL_PUBLIC_ORIGIN": "desk.example"}, "must be like"),
        ({"TOWNHALL_LIMIT_TURNS_PER_CALLER": "many"}, "must be like 20/minute"),
        ({"TOWNHALL_SECRET_PREVIOUS": "short"}, "at least 32"),
    ],
    ids=str,
)
def test_mistakes_stop_the_start(given: dict[str, str], reason: str) -> None:
    """A setting that would open a door says so instead."""
    with pytest.raises(ValidationError, match=reason):
        Settled.model_validate(given)


@pytest.mark.parametrize(
    ("given", "mode"),
    [
        ({}, "auto"),
        ({"TOWNHALL_ACCESS": "token"}, "token"),
        ({"TOWNHALL_ENVIRONMENT": "production"}, "token"),
        ({"TOWNHALL_PUBLIC_ORIGIN": "https://desk.town.example"}, "token"),
        ({"TOWNHALL_PUBLIC_ORIGIN": "http://localhost:8000"}, "auto"),
        ({"TOWNHALL_TRUSTED_PROXIES": "127.0.0.1"}, "token"),
        ({"TOWNHALL_TRUSTED_PROXIES": "10.0.0.0/8, 172.16.0.1"}, "token"),
    ],
    ids=str,
)
def test_nobody_is_local_once_the_town_uses_it(given: dict[str, str], mode: str) -> None:
    """Production, a public origin or a proxy each make `token` the mode."""
    assert Settled.model_validate({"TOWNHALL_ACCESS": "auto"} | given).access_mode == mode
