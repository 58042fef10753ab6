"""Who is asking: the local rule as a table, and tokens, true and forged."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import jwt
import pytest

from tests.conftest import TEST_SECRET, make_settings
from townhall.access import Access
from townhall.errors import TownHallError

Header = tuple[str, str]
OTHER_SECRET = "another secret, of thirty-two or more"
NOW = datetime.now(UTC)
CLAIMS = {
    "iss": "digital-town-hall",
    "aud": "digital-town-hall",
    "sub": "ana",
    "iat": NOW,
    "exp": NOW + timedelta(days=1),
}


@pytest.fixture
def access(tmp_path: Path) -> Access:
    """The rules under the default settings."""
    return Access(make_settings(tmp_path))


async def verdict(
    access: Access,
    *headers: Header,
    host: str | None = "localhost:8000",
    client: str | None = "127.0.0.1",
    server: str | None = "127.0.0.1",
    version: str = "1.1",
) -> str:
    """Return the kind of caller that the request is from, or the code of the refusal."""
    hosts = [] if host is None else [("host", host)]
    scope: dict[str, Any] = {
        "type": "http",
        "http_version": version,
        "scheme": "http",
        "client": None if client is None else (client, 50_000),
        "server": None if server is None else (server, 8000),
        "headers": [(k.encode(), v.encode("latin-1")) for k, v in [*hosts, *headers]],
    }
    try:
        return (await access.authenticate(scope)).kind
    except TownHallError as error:
        return error.code


@pytest.mark.parametrize("address", ["127.0.0.1", "127.8.9.1", "::1", "::ffff:127.0.0.1"])
async def test_both_ends_are_this_machine(address: str, access: Access) -> None:
    """Every loopback address is, in whatever family the socket writes it."""
    assert await verdict(access, client=address, server=address) == "local"


@pytest.mark.parametrize(
    "address",
    ["10.0.0.5", "192.168.1.7", "::ffff:10.0.0.5", "fe80::1", "2001:db8::1", "x", None],
)
async def test_an_end_elsewhere_needs_a_token(address: str | None, access: Access) -> None:
    """One foreign end is enough, and so is one that cannot be told."""
    assert await verdict(access, client=address) == "token-required"
    assert await verdict(access, server=address) == "token-required"


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        *[(name, "local") for name in ("localhost", "LocalHost:8000", "127.0.0.1", "[::1]:8000")],
        *[
            (name, "token-required")
            for name in (
                *("townhall.example", "localhost.evil.example", "127.0.0.1.nip.io", "localhost."),
                *("0.0.0.0:8000", "[::]:8000", "2130706433", "127.1", "[::ffff:127.0.0.1]"),
            )
        ],
        *[
            (name, "invalid-host")
            for name in (
                *(None, "", " ", "a b", "a,localhost", "localhost, evil.example", "me@localhost"),
                *("localhost:x", "localhost:65536", "localhost/x", "localhost?x", "localhost#x"),
                *("[::1", "localhost\\@evil.example", '"localhost"', ":8000"),
            )
        ],
    ],
)
async def test_the_host_is_one_of_this_machines_names(
    host: str | None, expected: str, access: Access
) -> None:
    """A name that only points here needs a token, so rebinding a name gains nothing."""
    assert await verdict(access, host=host) == expected


async def test_a_second_host_is_refused(access: Access) -> None:
    """Two Host headers are 400, even two of the same."""
    assert await verdict(access, ("host", "localhost:8000")) == "invalid-host"


async def test_old_http_is_not_local(access: Access) -> None:
    """HTTP/1.0 is what old proxies speak; HTTP/2 is as good as 1.1."""
    assert [await verdict(access, version=v) for v in ("0.9", "1.0", "1.1", "2")] == [
        *("token-required", "token-required", "local", "local")
    ]


@pytest.mark.parametrize(
    "name",
    [
        *("forwarded", "via", "x-forwarded-for", "x-forwarded-proto", "x-forwarded-host"),
        *("x-forwarded-anything", "x-real-ip", "true-client-ip", "x-client-ip"),
        *("x-cluster-client-ip", "cf-connecting-ip", "cf-ray", "x-original-forwarded-for"),
        *("x-envoy-external-address", "fly-client-ip", "fastly-client-ip"),
    ],
)
async def test_a_forwarded_request_is_not_local(name: str, access: Access) -> None:
    """Any trace of a proxy means that the resident is elsewhere, whatever it says."""
    assert await verdict(access, (name, "127.0.0.1")) == "token-required"


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ([("origin", "http://localhost:3000")], "local"),
        ([("origin", "http://127.0.0.1:3001")], "local"),
        ([("origin", "http://localhost:8000")], "local"),
        ([("origin", "http://localhost:3000"), ("sec-fetch-site", "cross-site")], "local"),
        ([("referer", "http://localhost:8000/app/")], "local"),
        ([("referer", "http://localhost:3000/a?b=http://evil.example")], "local"),
        ([("sec-fetch-site", "same-origin")], "local"),
        ([("sec-fetch-site", "none")], "local"),
        ([("origin", "https://localhost:3000")], "cross-origin"),
        ([("origin", "http://localhost:3002")], "cross-origin"),
        ([("origin", "http://LOCALHOST:3000")], "cross-origin"),
        ([("origin", "http://localhost:3000.evil.example")], "cross-origin"),
        ([("origin", "https://evil.example")], "cross-origin"),
        ([("origin", "null")], "cross-origin"),
        ([("origin", "")], "cross-origin"),
        ([("origin", "http://localhost:3000"), ("origin", "null")], "cross-origin"),
        ([("referer", "https://evil.example/http://localhost:8000/")], "cross-origin"),
        ([("referer", "http://localhost:8000@evil.example/")], "cross-origin"),
        ([("referer", "http://[")], "cross-origin"),
        ([("sec-fetch-site", "cross-site")], "cross-origin"),
    ],
    ids=str,
)
async def test_pages_of_other_sites_are_refused(
    headers: list[Header], expected: str, access: Access
) -> None:
    """Origin, else Referer and Sec-Fetch-Site: absent, our own, or listed exactly."""
    assert await verdict(access, *headers) == expected
    token = ("authorization", f"Bearer {access.tokens.for_anonymous('ana')}")
    with_token = "anonymous" if expected == "local" else expected
    assert await verdict(access, *headers, token, client="10.0.0.5") == with_token


async def test_a_token_wins_over_the_local_rule(access: Access) -> None:
    """Who sends a token is its user, here as elsewhere; who sends a bad one is not local either."""
    token = ("authorization", f"bearer {access.tokens.for_anonymous('ana')}")
    elsewhere: dict[str, Any] = {"client": "10.0.0.5", "server": "10.0.0.1", "host": "town.example"}
    assert await verdict(access, token) == "anonymous"
    assert await verdict(access, token, **elsewhere) == "anonymous"
    assert (
        await verdict(access, token, ("x-forwarded-for", "1.2.3.4"), version="1.0") == "anonymous"
    )
    assert await verdict(access, token, token) == "token-invalid"
    assert await verdict(access, ("authorization", "Bearer x")) == "token-invalid"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"exp": timedelta(seconds=-31)}, "token-expired"),
        ({"exp": timedelta(seconds=-5)}, "anonymous"),
        ({"iat": timedelta(hours=1)}, "token-invalid"),
        ({"iss": "somebody-else"}, "token-invalid"),
        ({"aud": "somebody-else"}, "token-invalid"),
        ({"sub": 7}, "token-invalid"),
        ({"exp": None}, "token-invalid"),
        ({"iat": None}, "token-invalid"),
        ({"sub": None}, "token-invalid"),
        ({"iss": None}, "token-invalid"),
        ({"aud": None}, "token-invalid"),
    ],
    ids=str,
)
async def test_claims_of_a_token(changes: dict[str, Any], code: str, access: Access) -> None:
    """Every claim is there and right; clocks may differ by 30 seconds."""
    claims = {
        name: datetime.now(UTC) + value if isinstance(value, timedelta) else value
        for name, value in (CLAIMS | changes).items()
        if value is not None
    }
    token = jwt.encode(claims, TEST_SECRET)
    assert await verdict(access, ("authorization", f"Bearer {token}")) == code


def signed(secret: str, algorithm: str = "HS256") -> str:
    """Return a token with all the right claims."""
    return jwt.encode(CLAIMS, secret, algorithm=algorithm)


@pytest.mark.filterwarnings("ignore:The HMAC key is 36 bytes long")
@pytest.mark.parametrize(
    "forge",
    [
        lambda: f"Bearer {signed(OTHER_SECRET)}",
        lambda: f"Bearer {signed('', 'none')}",
        lambda: f"Bearer {signed(TEST_SECRET, 'HS512')}",
        lambda: f"Bearer {signed(TEST_SECRET)[:-2]}",
        lambda: f"Basic {signed(TEST_SECRET)}",
        lambda: signed(TEST_SECRET),
        *[
            lambda value=value: value
            for value in ("Bearer", "Bearer ", "Bearer a.b.c", "Bearer \xff\xfe", "", "Bearer ...")
        ],
    ],
    ids=[
        *("other secret", "no algorithm", "other algorithm", "cut", "Basic", "no scheme"),
        *("no token", "blank", "not base64", "not ASCII", "empty", "dots"),
    ],
)
async def test_forged_tokens(forge: Callable[[], str], access: Access) -> None:
    """Whatever is not signed by us with HS256 is refused, on this machine too."""
    assert await verdict(access, ("authorization", forge())) == "token-invalid"


async def test_a_secret_is_made_once(tmp_path: Path) -> None:
    """Without a setting the secret is in the data directory, for its owner's eyes, and stays."""
    settings = make_settings(tmp_path, secret=None)
    token = ("authorization", f"Bearer {Access(settings).tokens.for_anonymous('ana')}")
    assert await verdict(Access(settings), token) == "anonymous"
    assert [(p.name, oct(p.stat().st_mode & 0o777)) for p in settings.data.iterdir()] == [
        ("secret", "0o600")
    ]
    elsewhere = make_settings(tmp_path / "other", secret=None)
    assert await verdict(Access(elsewhere), token) == "token-invalid"
