"""Forged tokens, by name and by the thousand: none is accepted, none is an error of ours."""

import logging
import random
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta

import pytest

from tests.access.forgeries import FORGERIES
from tests.access.provider import Provider
from tests.access.requests import verdict
from tests.conftest import make_settings
from tests.server import Running, serve
from townhall.access import Access

pytestmark = pytest.mark.filterwarnings("ignore:The HMAC key is")


@pytest.fixture(scope="module")
async def desk(
    provider: Provider, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Running]:
    """A server that believes the provider, where every request needs a token."""
    settings = make_settings(tmp_path_factory.mktemp("desk"), access="token")
    async with serve(provider.trusted_by(settings)) as running:
        yield running


@pytest.fixture(scope="module")
def access(desk: Running) -> Access:
    """The rules of the running desk."""
    return desk.desk.access


@pytest.mark.parametrize("name", FORGERIES)
async def test_named_forgeries(name: str, provider: Provider, access: Access) -> None:
    """Each is refused, as expired or as invalid."""
    token = FORGERIES[name](provider, access)
    expected = "token-expired" if name.endswith(("expired", "long ago")) else "token-invalid"
    assert await verdict(access, token) == expected


async def test_the_same_by_http(
    provider: Provider, desk: Running, caplog: pytest.LogCaptureFixture
) -> None:
    """Over the wire a third of them: 401, and neither the answer nor a log repeats the token."""
    caplog.set_level(logging.DEBUG)
    assert len(FORGERIES) >= 45
    for name in list(FORGERIES)[::3]:
        token = FORGERIES[name](provider, desk.desk.access)
        headers = [(b"Authorization", f"Bearer {token}".encode())]
        response = await desk.client.get("/sessions", headers=headers)
        assert (response.status_code, response.headers["www-authenticate"]) == (401, "Bearer"), name
        assert token[:20] not in response.text
        assert token[-20:] not in caplog.text


@pytest.mark.parametrize(
    "value",
    [
        *(
            "Bearer",
            "bearer  x.y.z",
            "Basic YTpi",
            "Token a.b.c",
            "a.b.c",
            "",
            "Bearer ...",
        ),
        *(
            "Bearer a.b.c, Bearer d.e.f",
            "Bearer \xff.\xfe.\xfd",
            'Bearer "a.b.c"',
            "Bearer a.b.c d",
        ),
    ],
)
async def test_headers_that_are_no_token(value: str, desk: Running) -> None:
    """Anything but one bearer token is 401, and the local rule does not step in."""
    headers = [(b"Authorization", value.encode("latin-1"))]
    response = await desk.client.get("/sessions", headers=headers)
    assert (response.status_code, response.json()["code"]) == (401, "token-invalid")


def mutations(token: str, dice: random.Random) -> Iterator[str]:
    """Yield the token again and again, each time damaged in one to three places."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.=+/ %"
    while True:
        changed = list(token)
        for _ in range(dice.randint(1, 3)):
            at = dice.randrange(len(changed))
            match dice.randrange(5):
                case 0:
                    changed[at] = dice.choice(alphabet)
                case 1:
                    changed.insert(at, dice.choice(alphabet))
                case 2:
                    del changed[at]
                case 3:
                    other = dice.randrange(len(changed))
                    changed[at], changed[other] = changed[other], changed[at]
                case 4:
                    changed[at] = chr(ord(changed[at]) ^ (1 << dice.randrange(7)))
        yield "".join(changed)


async def test_twenty_thousand_mutations(provider: Provider, access: Access) -> None:
    """Damaged tokens of every kind: none is accepted, and each refusal has its name."""
    dice = random.Random(20_261_123)  # noqa: S311  # the same dice each time
    genuine = [
        access.tokens.for_anonymous("anonymous-ana"),
        access.tokens.for_staff("ana", timedelta(hours=1)),
        provider.token(),
        provider.staff_token(),
        provider.legacy_token(),
    ]
    tried = 0
    for token in genuine:
        damaged = mutations(token, dice)
        for _ in range(4000):
            mutant = next(damaged)
            if mutant != token:
                tried += 1
                assert await verdict(access, mutant) == "token-invalid", mutant
    assert tried > 19_900
