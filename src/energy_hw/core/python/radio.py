"""The RFM69's packets: receive, transmit, temperature; reads like csrc/radio.c, function by function.

Source: SX1231 data sheet, chapters 3 to 5.

A frame on its way in, and what is moved for it (29-byte frame: 5 + 2 + 29 = 36 bytes):

    flags 27 28, RSSI 24  ->  PayloadReady?  ->  FIFO: length  ->  FIFO: the rest
       3 + 2 bytes                                 2 bytes          1 + 28 bytes

The FIFO is never read in the message that reads the flags: an edge without a
frame would then pop a byte out of the frame that is still arriving.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from energy_hw.core import trouble
from energy_hw.core.airtime import fsk_airtime_us, ook_airtime_us
from energy_hw.core.interface import RadioConfig, RadioCounters, ReceivedFrame
from energy_hw.core.python import registers as reg
from energy_hw.core.python.ook_receive import OokReceiver
from energy_hw.core.python.rfm69 import UNKNOWN
from energy_hw.errors import LinkTimeout
from energy_hw.links.board import Board

OOK_FRAME, OOK_FILL, OOK_REFILL = 16, 64, 32
OOK_MOST_REPEATS = 75
OOK_MOST_FIXED = 15
"""Repeats whose 16 bytes each fit PAYLOAD_LENGTH (240 of 255); more go in unlimited mode."""
OOK_LEVEL = 0x1F
OOK_BEFORE = 33
"""31 bytes in the FIFO at a refill, one on air, one for good measure."""
OOK_BYTE_US = 1_666
"""Eight chips of 6667/32 us."""
END_PAUSES_US = (*(1_000,) * 4, *(24_000,) * 2, 0)
"""Between looks at the end of a frame: within 2 ms of where it should be, or not at all."""
SEND_TRIES = 2


class Radio(OokReceiver):
    """What core.interface.Radio promises. Not thread-safe: one thread owns it."""

    def __init__(self, board: Board, config: RadioConfig | None = None) -> None:
        super().__init__(board, config)
        self._fei_started = False

    @property
    def counters(self) -> RadioCounters:
        return replace(self._counters)

    # -- receive -----------------------------------------------------------

    def receive(self) -> None:
        try:
            self._enter_receive()
        except LinkTimeout:
            self.start()
            self._enter_receive()

    def _enter_receive(self) -> None:
        self._set_mode(reg.STANDBY)
        self._ensure_fsk()
        self._write((reg.DIO_MAPPING_1, reg.DIO0_PAYLOAD_READY), (reg.IRQ_FLAGS_2, reg.FIFO_OVERRUN))
        self._set_mode(reg.RECEIVE)
        self._fei_started = self.receiving = False

    def poll(self) -> ReceivedFrame | None:
        flags_1, flags_2, rssi = self._look()
        self.receiving = bool(flags_1 & reg.SYNC_ADDRESS_MATCH) and not flags_2 & reg.PAYLOAD_READY
        if flags_2 & reg.FIFO_OVERRUN:
            self._counters.overruns += 1
            self.restart()
        elif flags_1 & reg.TIMEOUT:
            self.restart()
        elif flags_2 & reg.PAYLOAD_READY:
            return self._read_frame(-rssi / 2)
        elif self.receiving and self._config.frequency_error:
            self._start_fei()
        return None

    def _read_frame(self, rssi_dbm: float) -> ReceivedFrame | None:
        length = self._read(reg.FIFO)[0]
        if not reg.SHORTEST <= length <= reg.LONGEST:
            self._counters.refused_length += 1
            self.restart()
            return None
        data = bytes([length]) + self._read(reg.FIFO, length)
        self._counters.frames += 1
        return ReceivedFrame(data, rssi_dbm, self._read_fei())

    def _start_fei(self) -> None:
        """Measure the frequency error once a frame, while its sender is on air."""
        if not self._fei_started:
            self._transfer([bytes([reg.AFC_FEI | reg.WRITE, reg.FEI_START])])
            self._fei_started = True

    def _read_fei(self) -> int | None:
        if not self._fei_started:
            return None
        self._fei_started = False
        steps = int.from_bytes(self._read(reg.FEI_MSB, 2), "big", signed=True)
        return steps * 15625 // 256  # FSTEP = 15625 / 256 Hz

    def rssi_dbm(self) -> float:
        return -self._read(reg.RSSI_VALUE)[0] / 2

    def restart(self) -> None:
        self._counters.restarts += 1
        self.receive()

    # -- transmit ----------------------------------------------------------

    def send_fsk(self, frame: bytes) -> None:
        if not 2 <= len(frame) <= reg.FIFO_SIZE or frame[0] != len(frame) - 1:
            raise trouble.not_a_frame(frame)
        airtime_us = fsk_airtime_us(len(frame))
        settings = ((reg.DIO_MAPPING_1, reg.DIO0_PACKET_SENT),)
        self._send(settings, frame, lambda: self._wait_packet_sent(airtime_us, 0), airtime_us)

    def send_ook(self, code: bytes, repeats: int) -> None:
        if len(code) != OOK_FRAME or not 1 <= repeats <= OOK_MOST_REPEATS:
            raise trouble.not_a_burst(code, repeats)
        burst = code * repeats
        self._send(
            self._ook_table(repeats),
            burst[:OOK_FILL],
            lambda: self._finish_ook(burst[OOK_FILL:], repeats),
            ook_airtime_us(repeats),
        )
        self._write(*self._fsk_table())

    def _send(self, settings: reg.Settings, first: bytes, finish: Callable[[], None], airtime_us: int) -> None:
        """Fill the FIFO in Standby, transmit, wait for the end.

        A chip that does not start (its PLL does not lock), and a burst with a hole, get a second try. One that never
        says PacketSent is reset: whether the frame went out is not known then.
        """
        for _ in range(SEND_TRIES):
            try:
                self._begin(settings, first)
            except LinkTimeout:
                self._counters.send_timeouts += 1
                continue
            self._counters.airtime_us += airtime_us  # of this try, whatever becomes of it
            try:
                finish()
            except _Underrun:
                self._counters.underruns += 1
                continue
            except LinkTimeout:
                self._counters.send_timeouts += 1
                break
            self._end()
            return
        self.start()
        raise trouble.not_sent()

    def _begin(self, settings: reg.Settings, first: bytes) -> None:
        """In Standby: FIFO cleared, registers set, FIFO filled; then transmit mode."""
        self._set_mode(reg.STANDBY)
        if len(settings) == 1:  # an FSK frame
            self._ensure_fsk()
        self._write((reg.IRQ_FLAGS_2, reg.FIFO_OVERRUN), *settings)
        self._fill(first)
        self._set_mode(reg.TRANSMIT)

    def _end(self) -> None:
        """Sent, if the chip is still there to say so; one that does not leave transmit mode is reset."""
        try:
            self._set_mode(reg.STANDBY)
        except LinkTimeout:
            self.start()
        self._counters.sent += 1

    def _finish_ook(self, waiting: bytes, repeats: int) -> None:
        """What is left when everything is written: the last refill for certain, and up to 33 bytes before it."""
        self._stream(waiting)
        certain = (len(waiting) - 1) % OOK_REFILL + 1 if waiting else OOK_FRAME * repeats
        before = OOK_BEFORE if waiting else 0
        if repeats <= OOK_MOST_FIXED:
            self._wait_packet_sent(certain * OOK_BYTE_US, before * OOK_BYTE_US)
        else:
            self._wait_fifo_empty(certain * OOK_BYTE_US, before * OOK_BYTE_US)

    def _fill(self, data: bytes) -> None:
        self._transfer([bytes([reg.FIFO | reg.WRITE]) + data])

    def _stream(self, waiting: bytes) -> None:
        """Write 32 bytes whenever 31 or fewer are left, which is 51 ms before the FIFO runs dry."""
        while waiting:
            self._wait_level(ook_airtime_us(OOK_FILL // OOK_FRAME))
            self._fill(waiting[:OOK_REFILL])
            waiting = waiting[OOK_REFILL:]

    def _wait_level(self, within_us: int) -> None:
        for _ in range(within_us // 2_000 + 25):
            flags = self._read(reg.IRQ_FLAGS_2)[0]
            if not flags & reg.FIFO_NOT_EMPTY:
                raise _Underrun("expected bytes left in the FIFO at a refill, got none")
            if not flags & reg.FIFO_LEVEL:
                return
            self._spi.sleep_us(2_000)
        raise LinkTimeout("expected the FIFO to run down while transmitting, got no change: the chip does not send")

    def _wait_end(self, certain_us: int, more_us: int, mask: int, wanted: int) -> None:
        """Sleep until the packet is almost over, look while it may end, and until 50 ms after that.

        certain_us are sure to pass before the end, up to more_us may come on top. A FIFO that is full when
        the packet is sent is no FIFO: MISO is stuck at 1, and nothing was sent that we know of.
        """
        self._spi.sleep_us(certain_us - 2_000)
        for pause_us in (*(2_000,) * (more_us // 2_000), *END_PAUSES_US):
            flags_1, flags_2 = self._read(reg.IRQ_FLAGS_1, 2)
            if flags_2 == 0xFF:
                raise self._lost(flags_1, flags_2)
            if flags_2 & mask == wanted:
                return
            self._spi.sleep_us(pause_us)
        raise trouble.not_sent()

    def _wait_packet_sent(self, certain_us: int, more_us: int) -> None:
        self._wait_end(certain_us, more_us, reg.PACKET_SENT, reg.PACKET_SENT)

    def _wait_fifo_empty(self, certain_us: int, more_us: int) -> None:
        """End of an unlimited packet: FIFO empty, and 2 ms for the eight chips in the shift register."""
        self._wait_end(certain_us, more_us, reg.FIFO_NOT_EMPTY, 0)
        self._spi.sleep_us(2_000)

    def _ook_table(self, repeats: int) -> reg.Settings:
        return reg.replaced(
            reg.OOK_BAND,
            {
                reg.PA_LEVEL: self._power[0],
                reg.NODE_ADRS: self._config.node_address,
                reg.PAYLOAD_LENGTH: OOK_FRAME * repeats if repeats <= OOK_MOST_FIXED else 0,
                reg.FIFO_THRESH: 0x8F if repeats == 1 else OOK_LEVEL,  # 16 bytes never pass 31
            },
        )

    # -- housekeeping ------------------------------------------------------

    def temperature_c(self) -> int:
        """Data sheet: under 100 us; the raw value falls by one per degree, and 166 - raw is degC."""
        before = self._mode
        self._set_mode(reg.STANDBY)
        self._write((reg.TEMP_1, reg.TEMP_START))
        for _ in range(10):
            self._spi.sleep_us(100)
            if not self._read(reg.TEMP_1)[0] & reg.TEMP_RUNNING:
                break
        else:
            raise trouble.no_temperature()
        celsius = 166 - self._read(reg.TEMP_2)[0]
        if before == reg.RECEIVE:
            self._enter_receive()
        return celsius

    def verify(self) -> list[int]:
        wrong = self._mismatches()
        if wrong:
            before = self._mode
            self._mode = UNKNOWN
            self._set_mode(reg.STANDBY)
            self._write(*self._fsk_table())
            if before == reg.RECEIVE:
                self._enter_receive()
        return wrong


class _Underrun(LinkTimeout):
    """The FIFO ran dry inside a burst."""
