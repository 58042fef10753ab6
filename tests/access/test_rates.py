"""How often: by caller, by address, by open stream; whatever a client says of itself.

Small limits are by the day here: where a window ends, the counter lets one more get in.
"""

import asyncio
import random
import uuid
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.access.people import Person, anonymous
from tests.conftest import make_settings
from tests.scripted import reply, scripted
from tests.server import serve
from townhall.access import Access
from townhall.settings import Settings

DEVICE_HEADERS = ("User-Agent", "X-Device-Id", "X-Real-IP", "X-Forwarded-For", "CF-Connecting-IP")


def town(folder: Path, **changes: Any) -> Settings:
    """Return settings with the echo model, where nobody is local."""
    return make_settings(folder, **({"model": "echo", "access": "token"} | changes))


def device(dice: random.Random) -> dict[str, str]:
    """Return headers by which somebody pretends to be another device at another address."""
    address = ".".join(str(dice.randrange(1, 255)) for _ in range(4))
    headers = dict.fromkeys(DEVICE_HEADERS, address)
    return headers | {"Forwarded": f"for={address}", "Cookie": f"device={dice.random()}"}


@pytest.mark.parametrize("requests", [200, pytest.param(1000, marks=pytest.mark.long)])
async def test_a_thousand_requests_from_one_address(requests: int, tmp_path: Path) -> None:
    """Two from each fresh token, random devices and forwarding headers: the limit gets in."""
    dice = random.Random(7)  # noqa: S311  # devices, not secrets
    limit = requests * 12 // 100
    settings = town(tmp_path, limit_turns_per_address=f"{limit}/hour")
    tokens = Access(settings).tokens
    statuses: Counter[int] = Counter()
    waits = set()
    async with serve(settings) as server:
        for number in range(requests):
            user = uuid.UUID(int=number % (requests // 2))
            person = Person(server, tokens.for_anonymous(f"anonymous-{user}"))
            headers = device(dice) | {"Accept": "application/json"}
            response = await person.ask("POST", "/chat", json={"message": "hi"}, headers=headers)
            statuses[response.status_code] += 1
            waits.add(response.headers.get("retry-after"))
    assert statuses.keys() == {200, 429}
    assert 0.5 * limit <= statuses[200] <= limit * 1.05
    assert all(1 <= int(wait) <= 7200 for wait in waits - {None})


async def test_one_resident_from_many_addresses(tmp_path: Path) -> None:
    """Behind a trusted proxy the addresses differ, and the caller's own limit holds."""
    settings = town(tmp_path, trusted_proxies=("127.0.0.1",), limit_turns_per_caller="5/day")
    async with serve(settings) as server:
        ana, ben = await anonymous(server), await anonymous(server)
        statuses = [await _said(ana, f"203.0.113.{n}") for n in range(8)]
        other = await _said(ben, "203.0.113.1")
    assert (statuses, other) == ([200] * 5 + [429] * 3, 200)


async def test_one_address_of_many_residents(tmp_path: Path) -> None:
    """An IPv6 network counts as one address, however it is written; IPv4 addresses each."""
    settings = town(tmp_path, trusted_proxies=("127.0.0.1",), limit_turns_per_address="2/day")
    async with serve(settings) as server:
        people = [await anonymous(server) for _ in range(3)]
        seen = [
            [
                await _said(person, address)
                for person, address in zip(people, addresses, strict=True)
            ]
            for addresses in (
                ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", "2001:db8:1:2:0:0:0:7"),
                ("2001:db8:1:3::1", "2001:db8:1:4::1", "2001:db8:1:5::1"),
                ("198.51.100.1", "::ffff:198.51.100.1", "1.2.3.4, 198.51.100.1"),
                ("198.51.100.2", "198.51.100.3", "198.51.100.4"),
                ("unknown", "not-an-address", "x" * 200),
            )
        ]
    assert seen == [[200, 200, 429], [200] * 3, [200, 200, 429], [200] * 3, [200, 200, 429]]


async def test_a_proxy_that_is_not_ours_is_not_believed(tmp_path: Path) -> None:
    """What somebody else says of the address and the scheme counts for nothing."""
    settings = town(tmp_path, trusted_proxies=("10.9.9.9",), limit_tokens_per_address="2/day")
    async with serve(settings) as server:
        statuses = [
            (
                await server.client.post(
                    "/sessions/create", headers={"X-Forwarded-For": f"203.0.113.{n}"}
                )
            ).status_code
            for n in range(3)
        ]
    assert statuses == [200, 200, 429]


async def test_tokens_by_address(tmp_path: Path) -> None:
    """Whoever makes tokens, by JSON or by the form, makes them under one limit."""
    async with serve(town(tmp_path, limit_tokens_per_address="3/day")) as server:
        made = [await server.client.post("/sessions/create") for _ in range(2)]
        form = []
        for key in ("k1", "k2"):
            server.client.cookies.clear()  # a new resident each time
            message = {"message": "Hi", "key": key}
            form.append(await server.client.post("/app/form", data=message))
        over = await server.client.post("/sessions/create")
    assert [each.status_code for each in (*made, *form, over)] == [200, 200, 303, 429, 429]
    problem = over.json()
    assert (problem["code"], problem["retryable"]) == ("rate-limited", True)
    assert str(problem["retry_after"]) == over.headers["retry-after"]


async def test_streams_of_one_caller(tmp_path: Path) -> None:
    """A caller follows so many answers at once; a place is free again when a client has gone."""
    go_on = asyncio.Event()
    model = scripted(*[reply("Well, ", go_on.wait, "yes.") for _ in range(5)])
    async with serve(town(tmp_path, limit_streams_per_caller=2), model=model) as server:
        ana, ben = await anonymous(server), await anonymous(server)
        following = [asyncio.create_task(_followed(ana, f"s{n}")) for n in range(2)]
        while len(server.desk.runner.running) < 2:  # noqa: ASYNC110  # it tells nobody
            await asyncio.sleep(0.01)
        third = await ana.ask("POST", "/chat", json={"message": "hi"})
        another = asyncio.create_task(_followed(ben, "s1"))
        following[0].cancel()
        async with asyncio.timeout(10):
            while not await _is_followed(ana, "s3"):  # noqa: ASYNC110  # nor does the place
                await asyncio.sleep(0.05)
        go_on.set()
        texts = await asyncio.gather(following[1], another)
    assert (third.status_code, third.json()["code"]) == (429, "rate-limited")
    assert int(third.headers["retry-after"]) > 0
    assert all("yes." in text for text in texts)


@pytest.mark.parametrize("what", ["turns", "tokens"])
async def test_the_developer_is_not_counted(what: str, tmp_path: Path) -> None:
    """Who is local works without limits, however low they are for others."""
    rates = {"limit_turns_per_address": "1/hour", "limit_tokens_per_address": "1/hour"}
    async with serve(town(tmp_path, access="auto", **rates)) as server:
        path, body = {
            "turns": ("/chat", {"message": "hi"}),
            "tokens": ("/sessions/create", {}),
        }[what]
        responses = [await server.client.post(path, json=body) for _ in range(3)]
    assert [response.status_code for response in responses] == [200] * 3


async def _said(person: Person, address: str) -> int:
    headers = {"X-Forwarded-For": address, "Accept": "application/json"}
    response = await person.ask("POST", "/chat", json={"message": "hi"}, headers=headers)
    return response.status_code


async def _is_followed(person: Person, session_id: str) -> bool:
    body = {"message": "hi", "session_id": session_id}
    chat = person.server.client.stream("POST", "/chat", json=body, headers=person.headers)
    async with chat as response:
        return response.status_code == 200


async def _followed(person: Person, session_id: str) -> str:
    body = {"message": "hi", "session_id": session_id}
    return (await person.ask("POST", "/chat", json=body)).text
