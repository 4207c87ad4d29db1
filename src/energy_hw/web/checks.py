"""What the headers of a request tell about where it comes from. Pure functions on bytes, no I/O."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import urlsplit

Headers = Mapping[bytes, bytes]
READING = frozenset({"GET", "HEAD", "OPTIONS"})
"""Methods that change nothing, so that they may come from anywhere."""


@dataclass(frozen=True)
class Refusal:
    """An answer that is not what was asked for; detail says what to do."""

    status: HTTPStatus
    detail: str
    headers: tuple[tuple[bytes, bytes], ...] = ()


def host_check(names: Collection[str]) -> Callable[[bytes], bool]:
    """Whether a Host header names this server: an IP address, localhost, *.local, or one of names."""
    known = {"localhost", *(name.lower().rstrip(".") for name in names)}

    def answers_to(host: bytes) -> bool:
        name = host_name(host)
        return name in known or name.endswith(".local") or _is_address(name)

    return answers_to


def host_name(host: bytes) -> str:
    """`name` of `Name.:8080`, `::1` of `[::1]:8080`; empty for what is neither."""
    text = host.decode("latin-1").lower()
    try:
        parts = urlsplit(f"//{text}")
        name, _ = parts.hostname, parts.port  # a port that is no number is a ValueError
    except ValueError:
        return ""
    whole = parts.netloc == text and "@" not in text
    return (name or "").rstrip(".") if whole else ""


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name.partition("%")[0])
    except ValueError:
        return False
    return True


def not_this_host(host: bytes) -> Refusal:
    """421 (RFC 9110, 15.5.20)."""
    name = host.decode("latin-1")[:80]
    return Refusal(
        HTTPStatus.MISDIRECTED_REQUEST,
        f"this server does not answer to the name {name!r}: use its IP address, or add the name to its hosts",
    )


def foreign(headers: Headers) -> Refusal | None:
    """403 for a request that changes something and comes from the page of another origin."""
    site = headers.get(b"sec-fetch-site", b"none")
    origin = headers.get(b"origin")
    own = origin is None or origin.partition(b"://")[2].lower() == headers.get(b"host", b"").lower() != b""
    if own and site in (b"none", b"same-origin"):
        return None
    return Refusal(HTTPStatus.FORBIDDEN, "another site's page may not change anything here")


def not_json(headers: Headers) -> Refusal | None:
    """415 for a body that an HTML form could have sent."""
    kind = headers.get(b"content-type", b"").partition(b";")[0].strip().lower()
    empty = b"transfer-encoding" not in headers and not announced(headers)
    if empty or kind == b"application/json":
        return None
    return Refusal(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "expected Content-Type: application/json")


def announced(headers: Headers) -> int:
    """Content-Length in bytes; 0 without one. The HTTP parser below has checked that it is a number."""
    return int(headers.get(b"content-length", b"0"))


def too_long(most: int) -> Refusal:
    """413; most in bytes."""
    return Refusal(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"expected a body of {most} bytes at most")


def head_too_long(most: int) -> Refusal:
    """431; most in bytes."""
    return Refusal(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, f"expected headers of {most} bytes at most")


def no_tunnel() -> Refusal:
    """405 for CONNECT."""
    return Refusal(HTTPStatus.METHOD_NOT_ALLOWED, "this server is no proxy", ((b"allow", b"GET, HEAD"),))
