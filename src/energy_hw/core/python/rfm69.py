"""The RFM69 below its packets: registers, modes, tables, start; reads like csrc/rfm69.c.

Source: SX1231 data sheet, chapters 4 and 5.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import NamedTuple

from energy_hw.core import trouble
from energy_hw.core.interface import RadioConfig, RadioCounters
from energy_hw.core.python import registers as reg
from energy_hw.errors import LinkError, RadioLost
from energy_hw.links.board import Board

MODE_PAUSES_US = (*(100,) * 10, *(3_000,) * 3, 0)
"""Between looks at ModeReady: receive mode is there after about 1 ms, nothing takes 10 ms. Few looks, because each
of them is late by what the scheduler makes of it."""
UNKNOWN = 0xFF
"""No mode: the last change was not confirmed, so the next one is written whatever it is."""


class Look(NamedTuple):
    """Registers 0x27, 0x28 and 0x24."""

    flags_1: int
    flags_2: int
    rssi: int


class Chip:
    """An RFM69 on a board. Not thread-safe: one thread owns it."""

    def __init__(self, board: Board, config: RadioConfig | None = None) -> None:
        self._spi, self._pins = board.spi, board.pins
        self._config = config or RadioConfig()
        self._power = reg.power_settings(self._config.power_dbm, self._config.high_power)
        self._counters = RadioCounters()
        self._shadow = bytearray(0x80)
        self._mode = UNKNOWN
        self._started = False

    def _transfer(self, frames: Sequence[bytes]) -> list[bytes]:
        answers = self._spi.transfer(frames)
        if [len(answer) for answer in answers] != [len(frame) for frame in frames]:
            raise trouble.cut_short(sum(map(len, frames)), sum(map(len, answers)))
        return answers

    def _read(self, register: int, count: int = 1) -> bytes:
        return self._transfer([bytes([register]) + bytes(count)])[0][1:]

    def _write(self, *settings: tuple[int, int]) -> None:
        """All settings in one message; consecutive registers in one burst."""
        for register, value in settings:
            self._shadow[register] = value
        self._transfer([bytes([register | reg.WRITE]) + data for register, data in reg.bursts(settings)])

    def _set_mode(self, mode: int) -> None:
        """Change mode and wait until the chip says it is there, 10 ms at most."""
        if mode == self._mode:
            return  # writing the same mode raises no ModeReady to wait for
        self._boost(mode)
        self._mode = mode
        self._write((reg.OP_MODE, mode))
        for pause_us in MODE_PAUSES_US:
            if self._read(reg.IRQ_FLAGS_1)[0] & reg.MODE_READY:
                return
            self._spi.sleep_us(pause_us)
        self._mode = UNKNOWN
        raise trouble.no_mode(mode)

    def _boost(self, mode: int) -> None:
        """The extra amplifier setting above +17 dBm: on before transmit mode, off after it."""
        if self._power[1]:
            self._write(*(reg.BOOST_ON if mode == reg.TRANSMIT else reg.BOOST_OFF))

    def _fsk_table(self) -> reg.Settings:
        filtering = reg.PROMISCUOUS_FILTER if self._config.promiscuous else reg.NODE_FILTER
        return reg.replaced(
            reg.OPENHEMS_BAND,
            {
                reg.PA_LEVEL: self._power[0],
                reg.PACKET_CONFIG_1: filtering,
                reg.NODE_ADRS: self._config.node_address,
            },
        )

    def _ensure_fsk(self) -> None:
        """The table of the band we live in, after a burst that failed half-way, or listening, left its own."""
        if self._shadow[reg.DATA_MODUL] != reg.FSK_PACKETS:
            self._write(*self._fsk_table())

    def start(self) -> None:
        self._counters.resets += self._started
        self._started = True
        self._reset()
        self._probe()
        self._write(*self._fsk_table())
        wrong = self._mismatches()
        if wrong:
            raise trouble.not_kept(wrong, reg.RFM69_VERSION)

    def _reset(self) -> None:
        """RESET high for 1 ms (data sheet: 100 us), then 10 ms (5 ms) before the first access."""
        if self._pins.has_reset:
            self._pins.reset(True)
            self._spi.sleep_us(1_000)
            self._pins.reset(False)
            self._spi.sleep_us(10_000)
        self._mode = reg.STANDBY
        self._write((reg.OP_MODE, reg.STANDBY))

    def _probe(self) -> None:
        """Read the version up to ten times, 10 ms apart, then prove that a register keeps 0xAA and 0x55."""
        for _ in range(10):
            version = self._read(reg.VERSION)[0]
            if version == reg.RFM69_VERSION:
                break
            self._spi.sleep_us(10_000)
        else:
            raise trouble.not_found(version)
        for pattern in (0xAA, 0x55):
            self._write((reg.SYNC_VALUE_1, pattern))
            if self._read(reg.SYNC_VALUE_1)[0] != pattern:
                raise trouble.not_kept([reg.SYNC_VALUE_1], version)

    def _mismatches(self) -> list[int]:
        """Registers of the table, and the mode, that do not read back as last written."""
        runs = [(reg.OP_MODE, 1), *((first, len(data)) for first, data in reg.bursts(reg.OPENHEMS_BAND))]
        answers = self._transfer([bytes([first]) + bytes(count) for first, count in runs])
        return [
            register
            for (first, _), answer in zip(runs, answers, strict=True)
            for register, value in enumerate(answer[1:], first)
            if (value ^ self._shadow[register]) & reg.READ_BACK_MASK.get(register, 0xFF)
        ]

    def _look(self) -> Look:
        """Flags and RSSI in one message, in receive mode. Raises RadioLost."""
        flags, rssi = self._transfer([bytes([reg.IRQ_FLAGS_1, 0, 0]), bytes([reg.RSSI_VALUE, 0])])
        look = Look(flags[1], flags[2], rssi[1])
        if look.flags_1 & reg.MODE_READY == 0 or look.flags_1 & reg.PLL_LOCK == 0 or look.flags_2 & reg.PACKET_SENT:
            raise self._lost(look.flags_1, look.flags_2)
        return look

    def _lost(self, flags_1: int, flags_2: int) -> RadioLost:
        """Not in the mode it was set to any more: say what the chip looks like now."""
        return trouble.lost(flags_1, flags_2, self._read(reg.VERSION)[0])

    def standby(self) -> None:
        self._set_mode(reg.STANDBY)

    def set_power(self, dbm: int) -> None:
        self._power = reg.power_settings(dbm, self._config.high_power)
        self._write((reg.PA_LEVEL, self._power[0]))

    def close(self) -> None:
        with suppress(LinkError):
            self._mode = UNKNOWN
            self._set_mode(reg.STANDBY)
