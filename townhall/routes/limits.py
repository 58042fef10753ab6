"""How often: turns by caller and by address, tokens by address, streams open at once by caller.

Counted in this process; docs/access.md says what that means with several. The developer on their
own machine is not counted. An address is the socket's peer or what a trusted proxy says of it.
"""

import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from ipaddress import IPv6Address, ip_address, ip_network
from math import ceil
from typing import Annotated

from fastapi import Depends, Request
from limits import RateLimitItem, parse
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import SlidingWindowCounterRateLimiter

from townhall.access import Caller
from townhall.errors import RateLimited
from townhall.routes.dependencies import Asker
from townhall.settings import Settings

HOUSEHOLD_BITS = 64  # of an IPv6 address: one connection may use all that begin alike


class Limits:
    """What each caller and each address may still do in this process."""

    def __init__(self, settings: Settings) -> None:
        self._limiter = SlidingWindowCounterRateLimiter(MemoryStorage())
        self._turns_per_caller = parse(settings.limit_turns_per_caller)
        self._turns_per_address = parse(settings.limit_turns_per_address)
        self._tokens_per_address = parse(settings.limit_tokens_per_address)
        self._streams_per_caller = settings.limit_streams_per_caller
        self._streams: Counter[str] = Counter()

    async def count_turn(self, caller: Caller, request: Request) -> None:
        """Count a message of the caller's; RateLimited if it is one too many."""
        if caller.kind == "local":
            return
        await self._count(self._turns_per_caller, "turn", caller.principal)
        await self._count(self._turns_per_address, "turn", _address(request))

    async def count_token(self, caller: Caller | None, request: Request) -> None:
        """Count a token that is to be made; RateLimited if it is one too many."""
        if caller is None or caller.kind != "local":
            await self._count(self._tokens_per_address, "token", _address(request))

    @contextmanager
    def stream(self, caller: Caller) -> Iterator[None]:
        """Count a stream for as long as it is open; RateLimited if the caller has too many."""
        name = caller.principal
        if caller.kind != "local" and self._streams[name] >= self._streams_per_caller:
            raise RateLimited(
                f"At most {self._streams_per_caller} answers can be followed at once. Close one.",
                retry_after=5,
            )
        self._streams[name] += 1
        try:
            yield
        finally:
            self._streams[name] -= 1
            if not self._streams[name]:
                del self._streams[name]

    async def _count(self, limit: RateLimitItem, what: str, whose: str) -> None:
        if await self._limiter.hit(limit, what, whose):
            return
        window = await self._limiter.get_window_stats(limit, what, whose)
        seconds = max(1, ceil(window.reset_time - time.time()))
        raise RateLimited(f"Wait {seconds} seconds and try again.", retry_after=seconds)


async def limits(request: Request) -> Limits:
    """Return the limits of this process."""
    found: Limits = request.app.state.limits
    return found


RateLimits = Annotated[Limits, Depends(limits)]


async def _hold_stream(request: Request, asker: Asker) -> AsyncIterator[None]:
    # FastAPI ends this after the last piece of the response, or when its client has gone.
    counted = await limits(request)
    with counted.stream(asker):
        yield


async def _hold_turn(request: Request, asker: Asker) -> AsyncIterator[None]:
    counted = await limits(request)
    await counted.count_turn(asker, request)
    with counted.stream(asker):
        yield


CountedStream = Depends(_hold_stream)
# A turn and the stream of its reply.
CountedTurn = Depends(_hold_turn)


def _address(request: Request) -> str:
    try:
        ip = ip_address(request.client.host if request.client else "")
    except ValueError:
        return "unknown"
    if isinstance(ip, IPv6Address):
        if ip.ipv4_mapped is None:
            return str(ip_network((ip, HOUSEHOLD_BITS), strict=False))
        ip = ip.ipv4_mapped
    return str(ip)
