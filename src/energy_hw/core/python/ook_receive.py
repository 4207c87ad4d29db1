"""OOK on its way in: what hand controllers say; reads like csrc/ook_receive.c, function by function.

The chip hands out what its demodulator says, sampled at twice the chip rate:

    packets without end, no sync word, FIFO filled always          (data sheet, 5.5.2.3)

Nothing depends then on a preamble, which these frames lack (the bit synchroniser wants 12
bits of it, and an edge every 16), on the sender's chip rate, or on where the packet engine
would begin to count. Pulses are measured here instead, in samples of 104 us:

    sync     high 1 chip, low 31                 32 chips: how long a chip is
    0        high 1, low 3                       24 of them; the last one's silence may
    1        high 3, low 1                       last as long as it likes

Sources: SX1231 data sheet, 3.4.12, 5.5; EV1527 data sheet (Silvan Chip).
"""

from __future__ import annotations

from energy_hw.core.interface import OokHeard, OokSamples
from energy_hw.core.python import registers as reg
from energy_hw.core.python.rfm69 import Chip
from energy_hw.errors import LinkTimeout

CHUNK = 16
"""Bytes: 13 ms; 50 more fit before the FIFO is full, which takes 41 ms."""
MOST_SAMPLES = 64
CODE_BITS = 24
SHORTEST_SYNC, LONGEST_SYNC = 40, 240
"""Samples: chips of 130 to 780 us."""
MOST_LOW = 1000
"""Enough to know that it is silence."""


class OokReceiver(Chip):
    """The radio's second ear. Not thread-safe: one thread owns it."""

    receiving = False

    def _ook_receive_table(self) -> reg.Settings:
        return reg.replaced(
            reg.OOK_BAND,
            {
                reg.BITRATE_MSB: 0x0D,  # 32 MHz / 0x0D05 = 9600.96 samples/s
                reg.BITRATE_LSB: 0x05,
                reg.PA_LEVEL: self._power[0],
                reg.NODE_ADRS: self._config.node_address,
                reg.OOK_PEAK: 0x42,  # 0.5 dB in 4 samples: 8 dB in a sync
                reg.SYNC_CONFIG: reg.FIFO_FILLS_ALWAYS,
                reg.FIFO_THRESH: CHUNK - 1,
            },
        )

    def _enter_receive_ook(self) -> None:
        self._set_mode(reg.STANDBY)
        self._write(*self._ook_receive_table(), (reg.IRQ_FLAGS_2, reg.FIFO_OVERRUN))
        self.receiving = False
        self._set_mode(reg.RECEIVE)

    def receive_ook(self) -> None:
        try:
            self._enter_receive_ook()
        except LinkTimeout:
            self.start()
            self._enter_receive_ook()

    def poll_ook(self) -> OokSamples:
        look = self._look()
        if look.flags_2 & reg.FIFO_OVERRUN:
            self._drop_samples()
            return OokSamples(b"", -look.rssi / 2, True)
        return OokSamples(self._read_chunks(look.flags_2), -look.rssi / 2, False)

    def _drop_samples(self) -> None:
        """The FIFO was full: what is in it has a hole at an unknown place."""
        self._counters.overruns += 1
        self._write((reg.IRQ_FLAGS_2, reg.FIFO_OVERRUN))

    def _read_chunks(self, flags_2: int) -> bytes:
        data = b""
        while flags_2 & reg.FIFO_LEVEL and len(data) < MOST_SAMPLES:
            data += self._read(reg.FIFO, CHUNK)
            flags_2 = self._read(reg.IRQ_FLAGS_2)[0]
        return data


class OokEar:
    """Samples in, codes out. A gap between two calls: take a new one. Not thread-safe."""

    def __init__(self) -> None:
        self._bits = self._count = 0
        self._high = self._low = 0
        self._sync = 0

    def hear(self, samples: bytes) -> list[OokHeard]:
        """The codes that end in these samples, 9600 bits a second, MSB first."""
        heard = []
        for sample in f"{int.from_bytes(samples):0{8 * len(samples)}b}" if samples else "":
            if sample == "1":
                self._hear_high()
            elif (code := self._hear_low()) is not None:
                heard.append(code)
        return heard

    def _is_symbol(self, whole: int) -> bool:
        """Four chips, within one."""
        return bool(self._sync) and 3 * self._sync <= whole * 32 <= 5 * self._sync

    def _take_bit(self) -> None:
        """A pulse of more than 2 chips is a 1."""
        self._bits = self._bits << 1 | (self._high * 16 > self._sync)
        self._count += 1

    def _pulse_begins(self) -> None:
        """The pulse before, and the silence after it, are over."""
        whole = self._high + self._low
        if self._is_symbol(whole):
            self._take_bit()
        else:
            self._sync = whole if is_sync(self._high, whole) else 0
            self._bits = self._count = 0
        self._high = self._low = 0

    def _pulse_ends(self) -> OokHeard | None:
        """The 24th since a sync is all that there is to know."""
        if not self._sync or self._count != CODE_BITS - 1 or self._high * 32 > 5 * self._sync:
            return None
        self._take_bit()
        heard = OokHeard(self._bits, self._sync * 3333 // 1024)  # samples of 3333 / 32 us, / 32
        self._sync = 0
        return heard

    def _hear_high(self) -> None:
        if self._low or not self._high:
            self._pulse_begins()
        self._high = min(self._high + 1, MOST_LOW)

    def _hear_low(self) -> OokHeard | None:
        ends = self._high and not self._low
        self._low = min(self._low + 1, MOST_LOW)
        return self._pulse_ends() if ends else None


def is_sync(high: int, whole: int) -> bool:
    """A pulse of at most 2 chips in 32: nominally 1, measured one sample short or long."""
    return bool(high) and SHORTEST_SYNC <= whole <= LONGEST_SYNC and high * 16 <= whole
