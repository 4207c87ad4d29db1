"""From the bytes of a telegram to its objects, one a line, in one pass.

    /ISK5\\2M550T-1012                              header
                                                   (empty, or missing)
    1-0:1.8.1(003432.827*kWh)                      object: code, groups in brackets
    0-1:24.3.0(090212160000)(00)(60)(1)(0-1:24.2.1)(m3)
    (00001.001)                                    continuation, of DSMR 2.2 and 3.0
    !3B12                                          end

All groups are kept, codes that no table knows too. A line that is no object is kept as a BadLine: it costs itself,
never the telegram. Number and order of the lines are free.

Source: IEC 62056-21, 5.8 and annex; DSMR P1 companion standard 5.0.2, 5.2 and 6. Pure functions: safe from any thread.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from energy_hw.p1.obis import find
from energy_hw.p1.obis_rows import Obis

END_GLUED = re.compile(r"!([0-9A-Fa-f]{1,4})?\s*\Z")  # of some Aidon: the mark in the line of the last object


class CosemObject(NamedTuple):
    """One object. row: what its code means. groups: what is in the brackets, as sent. line: all of it, latin-1."""

    row: Obis
    groups: tuple[str, ...]
    line: str

    @property
    def code(self) -> str:
        """`A-B:C.D.E`."""
        return self.row.code


class BadLine(NamedTuple):
    """A line that gives no reading. raw: as it came, latin-1. why: what was expected and what came."""

    raw: str
    why: str


class Body(NamedTuple):
    """A telegram in its parts. header: without the slash. objects and bad lines in the order of the wire."""

    header: str
    objects: tuple[CosemObject, ...]
    bad: tuple[BadLine, ...]


def parse_body(raw: bytes) -> Body:
    """Header and objects of a telegram, from `/` to `!` or beyond. Never raises: what is no object is in `bad`."""
    header, _, rest = raw.decode("latin-1").partition("\n")
    objects: list[CosemObject] = []
    bad: list[BadLine] = []
    for line in _lines(rest):
        head, _, groups = line.partition("(")
        row = find(head)
        if row is None or groups[-1:] != ")" or "((" in line:
            _odd_line(line, objects, bad)
        else:
            objects.append(CosemObject(row, tuple(groups[:-1].split(")(")), line))
    return Body(header.strip("\r")[1:], tuple(objects), tuple(bad))


def _lines(text: str) -> list[str]:
    """Lines between the header and the end, without line ends and empty ones."""
    end = text.rfind("\n!")
    body = text[:end] if end >= 0 else END_GLUED.sub("", text)
    return [line for line in body.replace("\r\n", "\n").split("\n") if line]


def _odd_line(line: str, objects: list[CosemObject], bad: list[BadLine]) -> None:
    """What the fast path leaves: continuations, doubled brackets, blanks around, and what is no object."""
    head, bracket, groups = line.strip().partition("(")
    row = find(head)
    if not bracket or not groups.endswith(")"):
        bad.append(BadLine(line, f"expected a code and groups in brackets, got {line[:80]!r}"))
    elif row is not None:
        objects.append(CosemObject(row, _split(groups), line))
    elif head:
        bad.append(BadLine(line, f"expected a code A-B:C.D.E, got {head[:40]!r}"))
    elif not objects:
        bad.append(BadLine(line, "a continuation with nothing before it"))
    else:
        last = objects.pop()
        objects.append(CosemObject(last.row, last.groups + _split(groups), f"{last.line}\r\n{line}"))


def _split(groups: str) -> tuple[str, ...]:
    """The groups of `a)(b)`; of a group in double brackets, the inner text."""
    return tuple(group.strip("()") for group in groups.split(")("))
