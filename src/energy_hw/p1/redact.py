"""A telegram without what tells whose it is, of the same length and with a CRC that fits: to show to others.

Ids of the meter, of M-Bus devices and of the connection, texts of messages, and long numbers in the header become
zeros. A CRC that was wrong stays wrong, as that may be what is to be shown.
"""

from __future__ import annotations

import re

from energy_hw.p1.telegram import crc16

SECRET = re.compile(
    rb"^([0-9]+-[0-9]+:(?:96[.:]1\.(?!4\()[0-9]+|96[.:]13\.[0-9]+|42[.:]0\.0|0[.:]0\.0)(?:[.*][0-9]+)?\()([^\r\n]*)",
    re.MULTILINE,
)
"""Objects whose groups are ids or messages; 96.1.4 is a version."""
SERIAL = re.compile(rb"[0-9]{5,}")
END = re.compile(rb"!([0-9A-Fa-f]{1,4})")
ZEROS = bytes(byte if byte in b"()" else ord("0") for byte in range(256))


def redact(raw: bytes) -> bytes:
    """The telegram, from `/` to `!` or beyond, without ids and messages."""
    header, newline, body = raw.partition(b"\n")
    header = SERIAL.sub(lambda match: match[0].translate(ZEROS), header)
    body = SECRET.sub(lambda match: match[1] + match[2].translate(ZEROS), body)
    return _sign(raw, header + newline + body)


def crc_state(raw: bytes) -> str:
    """`ok`, `bad` or `absent`: whether the digits behind the last `!` are the CRC of what is before."""
    end = raw.rfind(b"!")
    printed = END.match(raw, end) if end >= 0 else None
    if printed is None:
        return "absent"
    return "ok" if int(printed[1], 16) == crc16(raw[: end + 1]) else "bad"


def _sign(before: bytes, after: bytes) -> bytes:
    """After, with its own CRC if before had its own."""
    if crc_state(before) != "ok":
        return after
    end = before.rfind(b"!") + 1  # nothing has moved
    return after[:end] + END.sub(b"!%04X" % crc16(after[:end]), after[end - 1 :])[1:]
