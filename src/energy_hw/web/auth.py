"""Basic authentication (RFC 7617): compared in constant time, wrong tries limited for each address.

Passwords are kept as keyed digests; the key lives as long as the process.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import ipaddress
import os
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from enum import Enum

TRIES_A_MINUTE = 5
MOST_ADDRESSES = 1024
"""How many addresses that guessed wrong are remembered; beyond that the one seen longest ago is forgotten."""


class Verdict(Enum):
    """What a request's credentials are worth."""

    GOOD = "good"
    NONE = "none"  # nothing was tried: not counted
    WRONG = "wrong"
    LIMITED = "limited"  # not even looked at


class Users:
    """Names and passwords that may come in.

    Names are compared as written and in lower case, passwords in UTF-8 and Latin-1, which is what
    browsers and command-line clients send. Thread safety: one event loop.
    """

    def __init__(self, passwords: Mapping[str, str], clock: Callable[[], float] = time.monotonic) -> None:
        self._key = os.urandom(32)
        self._known = {self._digest(pair) for name, word in passwords.items() for pair in _spellings(name, word)}
        self._tries = Tries(clock)

    def __bool__(self) -> bool:
        return bool(self._known)

    def check(self, authorization: bytes | None, address: str) -> Verdict:
        """The worth of an Authorization header that came from an IP address."""
        if authorization is None:
            return Verdict.NONE
        if not self._tries.left(address):
            return Verdict.LIMITED
        if self._knows(credentials(authorization)):
            return Verdict.GOOD
        self._tries.spend(address)
        return Verdict.WRONG

    def _knows(self, pair: bytes) -> bool:
        digest = self._digest(pair)
        return sum(hmac.compare_digest(digest, known) for known in self._known) > 0  # sum looks at all of them

    def _digest(self, pair: bytes) -> bytes:
        return hashlib.blake2b(pair, key=self._key, digest_size=32).digest()


def _spellings(name: str, word: str) -> set[bytes]:
    """`name:word` in every way in which a client may write it."""
    names, codings = {name, name.lower()}, ("utf-8", "latin-1")
    return {f"{n}:{word}".encode(coding, "replace") for n in names for coding in codings if _fits(n + word, coding)}


def _fits(text: str, coding: str) -> bool:
    try:
        text.encode(coding)
    except UnicodeEncodeError:
        return False
    return True


def credentials(authorization: bytes) -> bytes:
    """`name:password` of a Basic header; empty for another scheme or what is not base64."""
    scheme, _, text = authorization.partition(b" ")
    if scheme.lower() != b"basic":
        return b""
    try:
        return base64.b64decode(text.strip(), validate=True)
    except binascii.Error:
        return b""


class Tries:
    """A token bucket for each address: five wrong passwords at once, then one every twelve seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._spent: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def left(self, address: str) -> bool:
        """Whether this address may try."""
        return self._now(neighbourhood(address))[0] <= TRIES_A_MINUTE - 1

    def spend(self, address: str) -> None:
        """Count a wrong try."""
        place = neighbourhood(address)
        spent, now = self._now(place)
        self._spent[place] = spent + 1, now
        self._spent.move_to_end(place)
        if len(self._spent) > MOST_ADDRESSES:
            self._spent.popitem(last=False)

    def _now(self, place: str) -> tuple[float, float]:
        now = self._clock()
        spent, since = self._spent.get(place, (0.0, now))
        return max(0.0, spent - (now - since) * TRIES_A_MINUTE / 60), now


def neighbourhood(address: str) -> str:
    """Whom an address counts for: an IPv6 host owns its whole /64, so that is one guesser."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if parsed.version == 4 or parsed.ipv4_mapped:
        return str(getattr(parsed, "ipv4_mapped", None) or parsed)
    return str(ipaddress.ip_network((parsed, 64), strict=False))
