"""From the bytes of a telegram to its objects, one a line, in one pass.

    /ISK5\\2M550T-1012                              header
                                                   (empty, or missing)
    1-0:1.8.1(003432.827*kWh)                      object: code, groups in brackets
    0-1:24.3.0(090212160000)(00)(60)(1)(0-1:24.2.1)(m3)
    (00001.001)                                    continuation, of DSMR 2.2 and 3.0
    !3B12                                          end

All groups are kept, codes that no table knows too. A line that is no object is kept as a BadLine: it costs itself,
never the telegram. Number and order of the lines are free. lines.py cuts them; here they get their meaning.

Source: IEC 62056-21, 5.8 and annex; DSMR P1 companion standard 5.0.2, 5.2 and 6. Pure functions: safe from any thread.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from energy_hw.p1.obis import find, unknown
from energy_hw.p1.obis_rows import Obis
from energy_hw.p1.telegram import Line, scan_lines


class CosemObject(NamedTuple):
    """One object. row: what its code means. groups: what is in the brackets, as sent, latin-1."""

    row: Obis
    groups: tuple[str, ...]

    @property
    def code(self) -> str:
        """`A-B:C.D.E`."""
        return self.row.code

    @property
    def line(self) -> str:
        """Code and groups in one line, as most meters write it."""
        return f"{self.row.code}({')('.join(self.groups)})"


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
    lines = scan_lines(raw)
    objects = tuple(cosem_object(line) for line in lines if line[0])
    bad = tuple(bad_line(line) for line in lines if not line[0])
    return Body(header_of(raw), objects, bad)


def header_of(raw: bytes) -> str:
    """The first line without its slash and end."""
    return raw[1 : raw.find(b"\n")].decode("latin-1").rstrip("\r")


def cosem_object(line: Sequence[bytes]) -> CosemObject:
    """The object of a line that has a code."""
    code, *groups = line
    return CosemObject(row_of(code), tuple(group.decode("latin-1") for group in groups))


def bad_line(line: Line) -> BadLine:
    """A line without a code, and why it has none."""
    text = line[1].decode("latin-1")
    return BadLine(text, f"expected a code A-B:C.D.E and groups in brackets, got {text[:80]!r}")


@lru_cache(maxsize=1024)  # a telegram has about forty; noise invents more: bounded
def row_of(code: bytes) -> Obis:
    """The row of a code that lines.py has made uniform."""
    text = code.decode("ascii")
    return find(text) or unknown(text)
