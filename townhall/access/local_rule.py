"""Where a request comes from: this very machine, another site's page, or anywhere.

The rule is written out in docs/access.md.
"""

from collections.abc import Sequence
from ipaddress import IPv6Address, ip_address
from typing import Any
from urllib.parse import urlsplit

from townhall.errors import InvalidHost

LOCAL_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})
OLD_HTTP = frozenset({"0.9", "1.0"})  # what old proxies speak
FORWARDING_HEADERS = frozenset(
    {b"forwarded", b"via", b"x-real-ip", b"true-client-ip", b"x-client-ip", b"x-cluster-client-ip"}
)
FORWARDING_PREFIXES = (b"x-forwarded-", b"cf-", b"x-original-", b"x-envoy-", b"fly-", b"fastly-")

Headers = Sequence[tuple[bytes, bytes]]


def is_local(scope: dict[str, Any], host: str) -> bool:
    """Whether the request is the developer's own: every end and every name is this machine's.

    `host` is the request's Host header. Origin and Referer have been checked before.
    """
    ends = (scope.get("client"), scope.get("server"))
    return (
        all(end is not None and _is_loopback(end[0]) for end in ends)
        and scope["http_version"] not in OLD_HTTP
        and _host_name(host) in LOCAL_NAMES
        and not any(_is_forwarding(name) for name, _ in scope["headers"])
    )


def _is_loopback(address: str) -> bool:
    try:
        ip = ip_address(address)
    except ValueError:
        return False
    if isinstance(ip, IPv6Address) and ip.ipv4_mapped is not None:
        ip = ip.ipv4_mapped
    return ip.is_loopback


def _is_forwarding(name: bytes) -> bool:
    return name in FORWARDING_HEADERS or name.startswith(FORWARDING_PREFIXES)


def read_host(scope: dict[str, Any]) -> str:
    """Return the one Host header; InvalidHost if there is none, a second or no name in it."""
    hosts = values(scope["headers"], b"host")
    if len(hosts) != 1 or _host_name(hosts[0]) is None:
        raise InvalidHost("Send exactly one Host header with a host name and, if any, a port.")
    return hosts[0]


def _host_name(host: str) -> str | None:
    if not host or any(c.isspace() or c in "/\\@?#,'\"<>" for c in host):
        return None
    try:
        parts = urlsplit(f"//{host}")
        _ = parts.port  # raises for a port that is not a number up to 65535
    except ValueError:
        return None
    return parts.hostname


def is_foreign_page(headers: Headers, allowed: frozenset[str]) -> bool:
    """Whether a page of an origin that is not `allowed` made a browser send this."""
    origins = values(headers, b"origin")
    if origins:
        return any(origin not in allowed for origin in origins)
    if any(_origin_of(referer) not in allowed for referer in values(headers, b"referer")):
        return True
    return "cross-site" in values(headers, b"sec-fetch-site")


def _origin_of(url: str) -> str:
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    return f"{parts.scheme}://{parts.netloc}"


def values(headers: Headers, name: bytes) -> list[str]:
    """Return the values of all headers of that name, in their order."""
    return [value.decode("latin-1") for key, value in headers if key == name]
