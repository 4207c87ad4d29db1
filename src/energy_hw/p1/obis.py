"""What an OBIS code of the P1 port means; a code that no table knows is passed on under its own.

    A-B:C.D.E   A 0 abstract, 1 electricity; B channel; C quantity; D kind of value; E tariff

Patterns of the tables (obis_electricity.py, obis_meter.py):

    1-3:0.2.8   this one alone
    *:1.8.0     0-0, 1-0 or 1-1: Swiss meters write 1-1, some Dutch ones 0-0
    *:1.8.t     one row for tariffs 1 to 16, `t` in the name
    0-n:24.1.0  one row for channels 1 to 9, `n` in the name
    phase 1     one row for L1, L2 and L3: C of L2 is C of L1 plus 20, that of L3 plus 40

Sources: DSMR P1 companion standard 5.0.2, 6.12, and its editions 2.2 to 4.2.2; e-MUCS-P1 2.1.1; IEC 62056-61.
`docs/p1-codes.md` shows the tables to a reader; a test keeps it equal to them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from energy_hw.p1.obis_electricity import ELECTRICITY
from energy_hw.p1.obis_meter import METER
from energy_hw.p1.obis_rows import Kind, Obis
from energy_hw.reading import Quantity

TABLE = (*ELECTRICITY, *METER)

HEAD = re.compile(r"(\d{1,3})-(\d{1,3}):(\d{1,3})[.:](\d{1,3})\.(\d{1,3})(?:[.*](\d{1,3}))?", re.ASCII)
"""`1-0:72:32.0` and `1-0:99:97.0` are misprints of DSMR 4 examples that meters took over; F is 255 or absent."""
NO_GROUP = "255"
ANY = ("0-0", "1-0", "1-1")
TARIFFS = range(1, 17)
CHANNELS = range(1, 10)


def _expand(row: Obis) -> Iterator[Obis]:
    """The rows that a row of the tables stands for."""
    if row.code.endswith(".t"):
        for tariff in TARIFFS:
            yield row._replace(code=f"{row.code[:-1]}{tariff}", name=f"{row.name[:-1]}{tariff}", tariff=tariff)
    elif row.phase == 1:
        prefix, _, rest = row.code.partition(":")
        first, _, end = rest.partition(".")
        for phase in (1, 2, 3):
            code = f"{prefix}:{int(first) + 20 * (phase - 1)}.{end}"
            yield row._replace(code=code, name=row.name.replace("_l1", f"_l{phase}"), phase=phase)
    else:
        yield row


ROWS = {row.code: row for pattern in TABLE for row in _expand(pattern)}


@lru_cache(maxsize=1024)  # a telegram has about forty; noise invents more: bounded
def find(head: str) -> Obis | None:
    """The row of a code as the meter writes it; for one that no table knows, a row that says so (known False).

    The row's code is `A-B:C.D.E`, whatever the spelling. None: not an OBIS code.
    """
    parts = HEAD.fullmatch(head)
    if parts is None:
        return None
    a, b, c, d, e = (str(int(part)) for part in parts.groups()[:5])
    code, short = f"{a}-{b}:{c}.{d}.{e}", f"{c}.{d}.{e}"
    if parts[6] not in (None, NO_GROUP):  # a value of an earlier billing period, never the one of now
        return unknown(f"{code}*{int(parts[6])}")
    if code in ROWS:
        return ROWS[code]
    if a == "0" and int(b) in CHANNELS and (row := ROWS.get(f"0-n:{short}")):
        return row._replace(code=code, name=f"{row.name[:-1]}{b}", channel=int(b))
    if f"{a}-{b}" in ANY and (row := ROWS.get(f"*:{short}")):
        return row._replace(code=code)
    return unknown(code)


def unknown(code: str) -> Obis:
    """The row of a code that no table knows."""
    return Obis(code, f"unknown_{re.sub('[^0-9]', '_', code)}", Quantity.OTHER, None, Kind.UNKNOWN, known=False)
