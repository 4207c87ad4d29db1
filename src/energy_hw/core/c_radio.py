"""The C driver as core.interface.Radio, on the C core's own board or on any other.

On a native board C talks to the kernel by itself, without the interpreter lock. On any
other, the simulator's for one, it calls back here for every transfer; an exception
there is kept on the radio, C is told that the bus failed, and the exception goes on
to whoever called the radio.
"""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import replace
from typing import Any

from energy_hw._core import ffi, lib
from energy_hw.core import trouble
from energy_hw.core.c_board import NativePins, NativeSpi, cut
from energy_hw.core.interface import OokSamples, RadioConfig, RadioCounters, ReceivedFrame
from energy_hw.core.python.registers import power_settings
from energy_hw.errors import LinkClosed, LinkError
from energy_hw.links.board import Board

MODE_TRANSMIT, NO_MODE = 0x0C, 0xFF
COUNTERS = tuple(RadioCounters.__dataclass_fields__)


class CRadio:
    """core.interface.Radio in C. Not thread-safe: one thread owns it."""

    def __init__(self, board: Board, config: RadioConfig) -> None:
        """Raises OutOfRange for a power that the module cannot send."""
        power_settings(config.power_dbm, config.high_power)
        self.board = board
        self.failure: BaseException | None = None
        self._high_power = config.high_power
        self._native: tuple[NativeSpi, NativePins] | None = None
        if isinstance(board.spi, NativeSpi) and isinstance(board.pins, NativePins):
            self._native = board.spi, board.pins
        self._keep = self._native_bus() if self._native else self._python_bus()
        fields = (config.power_dbm, config.high_power, config.promiscuous, config.node_address, config.frequency_error)
        handle = ffi.new("struct ehw_radio **")
        if lib.ehw_radio_open(self._keep[0], ffi.new("struct ehw_radio_config *", fields), handle):
            raise MemoryError
        self._handle = ffi.gc(handle[0], lib.ehw_radio_free)
        self._frame = ffi.new("struct ehw_frame *")
        self._samples = ffi.new("struct ehw_samples *")
        self._last_counters = RadioCounters()

    def _native_bus(self) -> tuple[Any, ...]:
        """The bus, and what must live as long."""
        native = ffi.new("struct ehw_native *", [part.handle for part in self._native or ()])
        bus = ffi.new("struct ehw_bus *")
        lib.ehw_native_bus(native, bus)
        return bus, native

    def _python_bus(self) -> tuple[Any, ...]:
        context = ffi.new_handle(self)
        reset = lib.ehw_py_set_reset if self.board.pins.has_reset else ffi.NULL
        bus = ffi.new("struct ehw_bus *", (context, lib.ehw_py_transfer, lib.ehw_py_sleep_us, reset))
        return bus, context

    def _live(self) -> Any:
        """The handle. Raises LinkClosed where it, or the native board below it, is closed."""
        if self._handle is None:
            raise LinkClosed("the radio is closed: ask the core for a new one")
        for part in self._native or ():
            _ = part.handle
        return self._handle

    def _check(self, status: int) -> int:
        """The status, or the exception of a callback, or the one that a status below 0 means."""
        failure, self.failure = self.failure, None
        if failure is not None:
            raise failure
        if status < 0:
            raise self._explain(status)
        return status

    def _explain(self, status: int) -> LinkError:
        system = os.strerror(ffi.errno)
        seen = ffi.new("struct ehw_evidence *")
        lib.ehw_radio_evidence(self._handle, seen)
        if status in (lib.EHW_ERR_MISO_LOW, lib.EHW_ERR_MISO_HIGH, lib.EHW_ERR_VERSION):
            return trouble.not_found(seen.version)
        if status == lib.EHW_ERR_READBACK:
            return trouble.not_kept(_registers(seen), seen.version)
        if status == lib.EHW_ERR_LOST:
            return trouble.lost(seen.flags_1, seen.flags_2, seen.version)
        if status == lib.EHW_ERR_TIMEOUT:
            return _late(seen.mode)
        return LinkError(f"{self.board.spi.name}: {ffi.string(lib.ehw_strerror(status)).decode()}: {system}")

    @property
    def counters(self) -> RadioCounters:
        if self._handle is None:
            return replace(self._last_counters)
        counters = ffi.new("struct ehw_counters *")
        lib.ehw_radio_counters(self._handle, counters)
        return RadioCounters(*(getattr(counters, name) for name in COUNTERS))

    def start(self) -> None:
        self._check(lib.ehw_radio_start(self._live()))

    def receive(self) -> None:
        self._check(lib.ehw_radio_receive(self._live()))

    def poll(self) -> ReceivedFrame | None:
        frame = self._frame
        if not self._check(lib.ehw_radio_poll(self._live(), frame)):
            return None
        error_hz = frame.frequency_error_hz if frame.measured else None
        return ReceivedFrame(ffi.buffer(frame.data, frame.length)[:], -frame.rssi / 2, error_hz)

    def receive_ook(self) -> None:
        self._check(lib.ehw_radio_receive_ook(self._live()))

    def poll_ook(self) -> OokSamples:
        samples = self._samples
        self._check(lib.ehw_radio_poll_ook(self._live(), samples))
        return OokSamples(ffi.buffer(samples.data, samples.length)[:], -samples.rssi / 2, bool(samples.gap))

    @property
    def receiving(self) -> bool:
        return self._handle is not None and bool(lib.ehw_radio_receiving(self._handle))

    def rssi_dbm(self) -> float:
        return -self._check(lib.ehw_radio_rssi(self._live())) / 2

    def send_fsk(self, frame: bytes) -> None:
        status = lib.ehw_radio_send_fsk(self._live(), frame, len(frame))
        if status == lib.EHW_ERR_RANGE:
            raise trouble.not_a_frame(frame)
        self._check(status)

    def send_ook(self, code: bytes, repeats: int) -> None:
        within = min(max(repeats, 0), 0xFF)  # fits an int of C, and is refused there all the same
        status = lib.ehw_radio_send_ook(self._live(), code, len(code), within)
        if status == lib.EHW_ERR_RANGE:
            raise trouble.not_a_burst(code, repeats)
        self._check(status)

    def standby(self) -> None:
        self._check(lib.ehw_radio_standby(self._live()))

    def restart(self) -> None:
        self._check(lib.ehw_radio_restart(self._live()))

    def set_power(self, dbm: int) -> None:
        power_settings(dbm, self._high_power)
        self._check(lib.ehw_radio_set_power(self._live(), dbm))

    def temperature_c(self) -> int:
        celsius = ffi.new("int *")
        self._check(lib.ehw_radio_temperature(self._live(), celsius))
        return int(celsius[0])

    def verify(self) -> list[int]:
        self._check(lib.ehw_radio_verify(self._live()))
        seen = ffi.new("struct ehw_evidence *")
        lib.ehw_radio_evidence(self._handle, seen)
        return _registers(seen)

    def close(self) -> None:
        if self._handle is None:
            return
        self._last_counters = self.counters
        with suppress(LinkError):
            handle = self._live()
            ffi.gc(handle, None)
            lib.ehw_radio_close(handle)
            self._handle = None
            self._check(lib.EHW_OK)
        self._handle = None


def _registers(seen: Any) -> list[int]:
    return list(seen.registers[0 : seen.count])


def _late(mode: int) -> LinkError:
    if mode == MODE_TRANSMIT:
        return trouble.not_sent()
    return trouble.no_temperature() if mode == NO_MODE else trouble.no_mode(mode)


# -- what C calls; names and shapes are declared in csrc/build.py -----------------


@ffi.def_extern()  # type: ignore[untyped-decorator]
def ehw_py_transfer(context: Any, tx: Any, rx: Any, lengths: Any, count: int) -> int:
    radio: CRadio = ffi.from_handle(context)
    sizes = list(lengths[0:count])
    data = ffi.buffer(tx, sum(sizes))[:]
    try:
        if radio.failure is None:  # after a failure in sleep, which could not say so
            answers = radio.board.spi.transfer(cut(data, sizes))
            if [len(answer) for answer in answers] != sizes:
                raise trouble.cut_short(len(data), sum(map(len, answers)))
            ffi.memmove(rx, b"".join(answers), len(data))
            return int(lib.EHW_OK)
    except BaseException as error:
        radio.failure = error
    return int(lib.EHW_ERR_BUS)


@ffi.def_extern()  # type: ignore[untyped-decorator]
def ehw_py_sleep_us(context: Any, us: int) -> None:
    radio: CRadio = ffi.from_handle(context)
    try:
        radio.board.spi.sleep_us(us)
    except BaseException as error:
        radio.failure = error


@ffi.def_extern()  # type: ignore[untyped-decorator]
def ehw_py_set_reset(context: Any, high: int) -> int:
    radio: CRadio = ffi.from_handle(context)
    try:
        radio.board.pins.reset(bool(high))
    except BaseException as error:
        radio.failure = error
        return int(lib.EHW_ERR_BUS)
    return int(lib.EHW_OK)
