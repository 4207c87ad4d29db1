"""The lines of a telegram in one pass: code and groups, as bytes; csrc/p1_lines.c says the same in C.

    1-0:1.8.1(003432.827*kWh)        [b"1-0:1.8.1", b"003432.827*kWh"]
    1-0:1.6.0(090212160000W)(02.5*kW)
    (00001.001)                      more groups of the line before; DSMR 2.2 and 3.0
    anything else                    [b"", b"anything else"]: a bad line

A code is A-B:C.D.E, each a number up to 255 without leading zeros; F is left out if it is 255, else *F. Accepted, too:
`:` for the point behind C, `.F`, and a value in doubled brackets, ((ER11)), which is the value inside. A value may
have brackets in pairs. Bad: a control character.

Source: IEC 62056-21, 5.8; DSMR P1 companion standard 5.0.2, 5.2 and 6; eMUCS-P1.
"""

from __future__ import annotations

import re
from functools import lru_cache

CODE = re.compile(rb"(\d{1,3})-(\d{1,3}):(\d{1,3})[.:](\d{1,3})\.(\d{1,3})(?:[.*](\d{1,3}))?")
CONTROLS = bytes(set(range(0x20)) - set(b"\t\r\n"))

Line = list[bytes]
"""The code, then the groups without their brackets; a bad line: an empty code, then the line without its end."""


@lru_cache(maxsize=1024)
def code_of(text: bytes) -> bytes:
    """The code as it is looked up; empty: this is none."""
    match = CODE.fullmatch(text)
    if match is None:
        return b""
    a, b, c, d, e, f = (255 if part is None else int(part) for part in match.groups())
    if max(a, b, c, d, e, f) > 255:
        return b""
    return b"%d-%d:%d.%d.%d" % (a, b, c, d, e) + (b"" if f == 255 else b"*%d" % f)


def scan_lines(raw: bytes) -> list[Line]:
    """All lines between the header and `!`, none of them empty."""
    lines: list[Line] = []
    is_clean = len(raw.translate(None, CONTROLS)) == len(raw)
    for text in body_of(raw):
        code, _, rest = text.partition(b"(")
        groups = rest[:-1].split(b")(")
        name = code_of(code)
        count = len(groups)
        if is_clean and name and rest[-1:] == b")" and rest.count(b")") == count and rest.count(b"(") == count - 1:
            lines.append([name, *groups])
        elif text:
            take_line(text, lines)
    return lines


def body_of(raw: bytes) -> list[bytes]:
    """Lines between the header and `!`, without their ends; empty ones, too."""
    return raw[: end_of(raw)].replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")[1:]


def end_of(raw: bytes) -> int:
    """Where the lines end: before the last `!` that can be their end."""
    end = max(raw.rfind(b"\n!"), raw.rfind(b"\r!"))
    if end < 0:
        end = raw.rfind(b")!") + 1 or len(raw)
    return end


def take_line(text: bytes, lines: list[Line]) -> None:
    """Add a line. Made for what is not like most: continuations, brackets in brackets, blanks at the end, bad lines."""
    code, bracket, rest = text.rstrip(b" \t").partition(b"(")
    name, groups = code_of(code), groups_of(bracket + rest)
    if len(text.translate(None, CONTROLS)) < len(text):
        lines.append([b"", text])
    elif groups and name:
        lines.append([name, *groups])
    elif groups and not code and lines and lines[-1][0]:
        lines[-1] += groups
    else:
        lines.append([b"", text])


def groups_of(text: bytes) -> list[bytes]:
    """Values of `(a)(b)`; empty: this is none."""
    groups, depth, start = [], 0, 0
    for at, byte in enumerate(text):
        if not depth and byte != 0x28:
            return []
        depth += (byte == 0x28) - (byte == 0x29)
        if byte == 0x28 and depth == 1:
            start = at + 1
        elif byte == 0x29 and depth == 0:
            groups.append(_inner(text[start:at]))
    return groups if depth == 0 else []


def _inner(value: bytes) -> bytes:
    return value[1:-1] if value[:1] == b"(" and value[-1:] == b")" else value
