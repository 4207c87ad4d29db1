"""The radio core in Python: the fallback where the C core is not built, and its twin in tests."""

from __future__ import annotations

from collections.abc import Sequence

from energy_hw.core.interface import RadioConfig
from energy_hw.core.python.ook import ook_decode, ook_encode
from energy_hw.core.python.ook_receive import OokEar
from energy_hw.core.python.openhems import decode, encode
from energy_hw.core.python.radio import Radio
from energy_hw.links.board import WIRINGS, Board, Wiring, open_board
from energy_hw.links.lines import RpiGpioLines


class PythonCore:
    """core.interface.Core over spidev and RPi.GPIO. Thread safety: stateless."""

    name = "python"
    decode = staticmethod(decode)
    encode = staticmethod(encode)
    ook_encode = staticmethod(ook_encode)
    ook_decode = staticmethod(ook_decode)
    ook_ear = staticmethod(OokEar)

    def open_board(self, device: str, wiring: Wiring = WIRINGS["ener314-rt"], speed_hz: int = 4_000_000) -> Board:
        """A board behind /dev/spidevB.C. Raises LinkError and its kin, see links.board."""
        return open_board(device, wiring, speed_hz)

    def open_lines(self, numbers: Sequence[int]) -> RpiGpioLines:
        """As core.interface.Core.open_lines."""
        return RpiGpioLines(numbers)

    def radio(self, board: Board, config: RadioConfig | None = None) -> Radio:
        """A driver on that board; nothing is touched before start()."""
        return Radio(board, config or RadioConfig())
