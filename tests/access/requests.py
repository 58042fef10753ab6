"""Requests as `Access` sees them, without a socket."""

from typing import Any

from townhall.access import Access
from townhall.errors import TownHallError


def scope(
    *headers: tuple[str, str], client: str = "10.0.0.5", host: str = "desk"
) -> dict[str, Any]:
    """Return the ASGI scope of a request from elsewhere."""
    return {
        "type": "http",
        "http_version": "1.1",
        "scheme": "http",
        "client": (client, 50_000),
        "server": ("10.0.0.1", 8000),
        "headers": [(k.encode(), v.encode("latin-1")) for k, v in (("host", host), *headers)],
    }


async def verdict(access: Access, token: str) -> str:
    """Return `kind user_id` of the token's caller, or the code of the refusal."""
    try:
        caller = await access.authenticate(scope(("authorization", f"Bearer {token}")))
    except TownHallError as error:
        return error.code
    return f"{caller.kind} {caller.user_id}"
