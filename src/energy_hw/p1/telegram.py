"""Telegrams of the P1 port: bytes from the line in, checked telegrams, ciphered frames and marks out.

    /ISK5\\2M550T-1012 CR LF  CR LF  1-0:1.8.1(003432.827*kWh) CR LF  ...  ! 3B12 CR LF

CRC-16/ARC over everything from `/` to `!`, in one to four digits; meters of DSMR 2.2 and 3.0 send none.

Source: DSMR P1 companion standard 5.0.2, 5.2; IEC 62056-21, 5.8.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from energy_hw import core
from energy_hw.p1 import crc, framer_c, lines
from energy_hw.p1.framer import PythonFramer
from energy_hw.p1.lines import Line
from energy_hw.p1.wire import MOST, Ciphered, Crc, CrcPolicy, Event, Framer, Mark, P1Counters, Telegram

__all__ = [
    "MOST",
    "Ciphered",
    "Crc",
    "CrcPolicy",
    "Event",
    "Line",
    "Mark",
    "P1Counters",
    "P1Framer",
    "Telegram",
    "crc16",
    "scan_lines",
]


class P1Framer:
    """Cuts a stream of bytes into checked telegrams; whatever comes, nothing is raised.

    >>> framer = P1Framer()
    >>> framer.feed(b"/KFM5KAIFA-METER\\r\\n\\r\\n1-0:1.8.1(000671.578*kWh)\\r\\n1-0:1.7.0(00.318*kW)\\r\\n!1E1D\\r\\n")
    [Telegram(raw=b'/KFM5...', crc=<Crc.OK: 'ok'>, printed=7709, computed=7709)]

    It makes no difference how the stream is divided among calls. A telegram is handed over with the line end behind
    its CRC: the last byte of the stream needs idle(). Thread safety: one thread at a time.
    """

    def __init__(
        self,
        policy: CrcPolicy | str = CrcPolicy.IF_PRESENT,
        *,
        repair_line_ends: bool = False,
        telnet: bool = False,
        implementation: str | None = None,
    ) -> None:
        """repair_line_ends: for files that lost their CR, a CRC may also hold with CR LF for each LF.

        telnet: the stream is from TCP, and telnet commands are taken out if it begins with one.
        implementation: `c` or `python`, by default as core.get(). Raises ConfigError as core.get(), ValueError for
        another policy.
        """
        native, chosen = core.native(implementation), CrcPolicy(policy)
        self._framer: Framer = (
            PythonFramer(chosen, repair_line_ends, telnet)
            if native is None
            else framer_c.CFramer(native, chosen, repair_line_ends, telnet)
        )

    def feed(self, data: bytes) -> list[Event]:
        """Telegrams, ciphered frames and marks that these bytes complete, in their order."""
        return self._framer.feed(data)

    def idle(self) -> list[Event]:
        """What is complete if nothing follows: to be called after 100 ms without a byte, or at the end of a file."""
        return self._framer.idle()

    def reset(self) -> None:
        """Begin anew, after a reopen or a change of speed.

        An open telegram is over: DAMAGED comes with the next feed(). The counters go on.
        """
        self._framer.reset()

    @property
    def counters(self) -> P1Counters:
        """A snapshot; see P1Counters."""
        return self._framer.counters


def crc16(data: bytes, implementation: str | None = None) -> int:
    """CRC-16/ARC; 0xBB3D for `123456789`. implementation, errors: as P1Framer. Thread safety: call from any thread."""
    native = _native(implementation)
    return crc.crc16(data) if native is None else int(native.lib.ehw_p1_crc(data, len(data)))


def scan_lines(raw: bytes, implementation: str | None = None) -> list[Line]:
    """All lines of a telegram between header and `!`, none of them empty, each a list of bytes.

    >>> scan_lines(b"/K5\\r\\n\\r\\n1-0:1.8.1(000671.578*kWh)\\r\\n0-1:24.2.1(1)(\\r\\n!\\r\\n")
    [[b'1-0:1.8.1', b'000671.578*kWh'], [b'', b'0-1:24.2.1(1)(']]

    First the code, A-B:C.D.E as numbers without leading zeros, and *F if F is not 255; then the groups without their
    brackets. A bad line is an empty code and the line. A line of groups alone continues the one before it.
    implementation, errors: as P1Framer. Thread safety: call from any thread. Source: see lines.py.
    """
    native = _native(implementation)
    return lines.scan_lines(raw) if native is None else framer_c.scan_lines(native, raw)


@cache
def _native(implementation: str | None) -> Any | None:
    return core.native(implementation)
