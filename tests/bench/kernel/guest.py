"""The machine inside the guest: the kernel's own nodes, with the simulated radio behind them.

    python -m bench.kernel.guest COMMAND...

makes the GPIO chips of machine.py out of gpio-sim, answers the virtual SPI host,
and runs COMMAND with EHW_BENCH_GUEST naming the socket of its control requests.
RESET is seen through the kernel's trace of GPIO values; DIO0 is driven through
gpio-sim's `pull` files.
"""

from __future__ import annotations

import fcntl
import os
import re
import struct
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from typing import Any, cast

from bench import drive, wire
from bench.gpio_node import INPUT
from bench.machine import DIO0, EXPANDER, HEADERS, RADIO_NODE, RESET, Machine, nothing
from bench.radio import Radio
from bench.server import Server
from bench.spi_node import frames
from bench.wire import Transfer

CONFIG = Path("/sys/kernel/config/gpio-sim")
TRACE = Path("/sys/kernel/tracing")
HEADER = "pinctrl-rp1"
CONSUMER = "energy_hw"
"""What the C core calls itself when it requests lines."""
DMA_ALIGN = 8
"""Of x86-64, against 128 of 64-bit ARM."""
QUESTION = struct.Struct("=IIIB3x")
"""struct question of ehw_spi.c: sequence, segments, bytes, chip select."""
SEGMENT = struct.Struct("=IIBB2x")
ANSWER = struct.Struct("=Ii")
LARGEST = 1 << 16


class SimulatedChip:
    """One chip of gpio-sim: /dev/`node`, and a file that pulls each line. It stays until the guest ends."""

    def __init__(self, name: str, label: str, lines: int) -> None:
        folder = CONFIG / name
        bank = folder / "bank0"
        if not folder.exists():
            bank.mkdir(parents=True)
            (bank / "num_lines").write_text(str(lines))
            (bank / "label").write_text(label)
            (folder / "live").write_text("1")
        device = (folder / "dev_name").read_text().strip()
        self.node = (bank / "chip_name").read_text().strip()
        self.lines = lines
        self.folder = Path("/sys/devices/platform") / device / self.node
        self.first = int(next(self.folder.parent.glob("gpio/gpiochip*/base")).read_text())
        """Number of its line 0 in the kernel's own count, which the trace uses."""

    def file(self, offset: int, name: str) -> Path:
        return self.folder / f"sim_gpio{offset}" / name

    def drive(self, offset: int, high: bool) -> None:
        self.file(offset, "pull").write_text("pull-up" if high else "pull-down")


class Guest:
    """What machine.Machine is on the shim: the methods that a test calls through the socket."""

    def __init__(self) -> None:
        SimulatedChip("expander", *EXPANDER)
        self.header = SimulatedChip("header", HEADER, HEADERS[HEADER])
        self.faults: list[str] = []
        self._held: list[int] = []
        self.radio = Radio()
        self.start_over()
        (TRACE / "events/gpio/gpio_value/enable").write_text("1")
        threading.Thread(target=self._follow_reset, name="reset", daemon=True).start()
        threading.Thread(target=self._serve_spi, name="spi", daemon=True).start()

    def __getattr__(self, name: str) -> Any:
        """What is done to the radio is done to the one of this test."""
        return getattr(self.radio, name)

    def start_over(self, dma_align: int = DMA_ALIGN) -> None:
        """A fresh radio, no line held, nothing counted."""
        assert dma_align == DMA_ALIGN, f"expected {DMA_ALIGN}, as this kernel has it, got {dma_align}"
        self.radio.close()
        self.radio = Radio()
        self.radio.chip.on_dio(lambda _line, level: self.header.drive(DIO0, level), lines=(0,))
        self._messages = self._bytes = self._fastest_hz = 0
        while self._held:
            os.close(self._held.pop())
        for offset in range(self.header.lines):
            self.header.drive(offset, False)

    def _follow_reset(self) -> None:
        """Lines such as `python-71 [000] ..... 3.4: gpio_value: 537 set 1`."""
        wanted = re.compile(rf"gpio_value: {self.header.first + RESET} set ([01])")
        with (TRACE / "trace_pipe").open() as trace:
            for line in trace:
                if match := wanted.search(line):
                    self.radio.chip.reset_pin(match[1] == "1")

    def _serve_spi(self) -> None:
        host = os.open("/dev/ehw-spi", os.O_RDWR)
        while question := os.read(host, LARGEST):
            sequence, count, length, select = QUESTION.unpack_from(question)
            rows = question[QUESTION.size : QUESTION.size + count * SEGMENT.size]
            sent = question[QUESTION.size + len(rows) :]
            status, received = self._answer(select, list(SEGMENT.iter_unpack(rows)), sent[:length])
            os.write(host, ANSWER.pack(sequence, status) + received)

    def _answer(self, select: int, rows: list[tuple[int, ...]], sent: bytes) -> tuple[int, bytes]:
        message, at = [], 0
        for length, speed_hz, bits, cs_change in rows:
            message.append(Transfer(sent[at : at + length], True, length, speed_hz, bits, bool(cs_change)))
            at += length
            self._fastest_hz = max(self._fastest_hz, speed_hz)
        exchange = self.radio.chip.transfer if RADIO_NODE.endswith(str(select)) else nothing
        try:
            received = b"".join([exchange(frame) for frame in frames(message)])
        except OSError as error:
            return -(error.errno or 0), b""
        self._messages += 1
        self._bytes += len(received)
        return 0, received

    def drive(self, offset: int, high: bool) -> None:
        self.header.drive(offset, high)

    def pulse(self, offset: int, times: int) -> None:
        """Each rising edge is delivered before the line falls again, as on a header it would be."""
        for _ in range(times):
            drive.pull(str(self.header.file(offset, "pull")), True, CONSUMER)
            self.header.drive(offset, False)

    def hold(self, offset: int, consumer: str = "somebody") -> None:
        """Request a line for ourselves, until start_over()."""
        config = wire.LINE_CONFIG.pack(INPUT, 0, b"", b"")
        offsets = struct.pack("=I", offset)
        argument = bytearray(wire.LINE_REQUEST.pack(offsets, consumer.encode(), config, 1, 0, b"", -1))
        chip = os.open(f"/dev/{self.header.node}", os.O_RDWR)
        fcntl.ioctl(chip, wire.GET_LINE, argument)
        os.close(chip)
        self._held.append(wire.LINE_REQUEST.unpack(argument)[-1])

    def levels(self) -> dict[str, bool]:
        """The lines of the header that are high."""
        lines = range(self.header.lines)
        high = [offset for offset in lines if self.header.file(offset, "value").read_text().strip() == "1"]
        return {f"GPIO{offset}": True for offset in high}

    def traffic(self) -> dict[str, int]:
        return {"messages": self._messages, "bytes": self._bytes, "fastest_hz": self._fastest_hz}


def main(arguments: list[str]) -> int:
    guest = Guest()
    folder = Path(tempfile.mkdtemp(prefix="ehw-"))
    server = Server(cast("Machine", guest), folder)  # it is asked for Ask.CONTROL alone
    pull = guest.header.file(0, "pull")
    environment = {
        "EHW_BENCH_GUEST": str(server.path),
        "EHW_BENCH_HEADER": f"/dev/{guest.header.node}",
        "EHW_BENCH_DRIVE": "pull:" + str(pull).replace("sim_gpio0", "sim_gpio%d"),
    }
    status = subprocess.run(arguments, env={**os.environ, **environment}).returncode
    server.close()
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
