"""A Raspberry Pi with a radio board on its header, as far as a program can see it through /dev.

    /dev/spidev0.0    nothing connected: MISO is low
    /dev/spidev0.1    the radio
    /dev/gpiochip0    an expander with 8 lines, so that whoever takes chip 0 takes the wrong one
    /dev/gpiochip1    the header, found by its label; RESET drives the radio, DIO0 is driven by it
                      (number 4 on a Pi 5 with an early kernel: header_number)

Whatever goes wrong in a house can be made to go wrong here: see the methods.

Thread safety: call from any thread.
"""

from __future__ import annotations

import errno
import os
import stat

from bench.gpio_node import GpioChip
from bench.radio import Radio
from bench.spi_node import DMA_ALIGN, Spidev
from bench.wire import NODE

EXPANDER = ("some-expander", 8)
HEADERS = {"pinctrl-bcm2835": 54, "pinctrl-bcm2711": 58, "pinctrl-rp1": 54}
"""Labels of the chip behind the 40-pin header, Pi 0-3, 4 and 5, and how many lines it has."""
SPI_MAJOR, GPIO_MAJOR = 153, 254
RADIO_NODE = "/dev/spidev0.1"
RESET, DIO0 = 25, 24
ROOT = 0


class Machine(Radio):
    """Nodes, the radio behind one of them, and what is wrong with them."""

    def __init__(
        self,
        header: str = "pinctrl-rp1",
        header_number: int = 1,
        spi: tuple[str, ...] = ("/dev/spidev0.0", RADIO_NODE),
        group: int = ROOT,
        dma_align: int = DMA_ALIGN,
    ) -> None:
        super().__init__()
        self.header = GpioChip(f"gpiochip{header_number}", header, HEADERS[header])
        self.nodes: dict[str, Spidev | GpioChip] = {
            path: Spidev(self.chip.transfer if path == RADIO_NODE else nothing, dma_align) for path in spi
        }
        self.nodes["/dev/gpiochip0"] = GpioChip("gpiochip0", *EXPANDER)
        self.nodes[f"/dev/{self.header.name}"] = self.header
        self.faults: list[str] = []
        """What a program did, or the bench, that never should happen."""
        self._group = group
        self._refused: dict[str, int] = {}
        self.header.watch(RESET, self.chip.reset_pin)
        self.chip.on_dio(lambda _line, level: self.header.drive(DIO0, level), lines=(0,))

    # ---- what a program asks ----

    def node(self, path: str) -> Spidev | GpioChip:
        """The node at a path. Raises OSError if there is none."""
        if path not in self.nodes or self._refused.get(path) == errno.ENOENT:
            raise OSError(errno.ENOENT, path)
        return self.nodes[path]

    def present(self) -> list[str]:
        return [path for path in self.nodes if self._refused.get(path) != errno.ENOENT]

    def check(self, path: str) -> None:
        """Opening, and every transfer, end like this. Raises OSError if something is wrong."""
        if path in self._refused:
            raise OSError(self._refused[path], path)
        self.node(path)

    def check_access(self, path: str, mode: int) -> None:
        self.node(path)
        if mode != os.F_OK:
            self.check(path)

    def stat(self, path: str, stand_in: os.stat_result) -> bytes:
        """struct node of shim.h: root's, and the group's to use."""
        major = SPI_MAJOR if isinstance(self.node(path), Spidev) else GPIO_MAJOR
        minor = list(self.nodes).index(path)
        mode = stat.S_IFCHR | 0o660
        return NODE.pack(stand_in.st_dev, stand_in.st_ino, mode, ROOT, self._group, major, minor)

    # ---- what can go wrong; a test calls these, or sends their names to the server ----

    def deny(self, path: str) -> None:
        """The node may not be opened any more."""
        self._refused[path] = errno.EACCES

    def remove(self, path: str) -> None:
        """The node is not there, nor is it listed."""
        self._refused[path] = errno.ENOENT

    def disable_spi(self) -> None:
        """SPI is off in the operating system: no SPI node at all."""
        for path, node in self.nodes.items():
            if isinstance(node, Spidev):
                self.remove(path)

    def fail(self, path: str, error: int = errno.EIO) -> None:
        """Opening and every transfer end with that errno."""
        self._refused[path] = error

    def restore(self, path: str) -> None:
        """The node is as it was."""
        self._refused.pop(path, None)

    def hold(self, offset: int, consumer: str = "somebody") -> None:
        """Another program has a line of the header."""
        self.header.hold(offset, consumer)

    def drive(self, offset: int, high: bool) -> None:
        """The world outside sets a line of the header."""
        self.header.drive(offset, high)

    def pulse(self, offset: int, times: int) -> None:
        """The line goes high and low again, so many times."""
        for _ in range(times):
            self.header.drive(offset, True)
            self.header.drive(offset, False)

    def levels(self) -> dict[str, bool]:
        """Every line of the header that is high or held."""
        self.header.reap()
        lines = self.header.lines
        return {line.name: line.level for line in lines if line.level or line.holder}

    def traffic(self) -> dict[str, int]:
        """What went over the radio's bus."""
        node = self.nodes[RADIO_NODE]
        assert isinstance(node, Spidev)
        return {"messages": node.messages, "bytes": node.bytes, "fastest_hz": node.fastest_hz}


def nothing(frame: bytes) -> bytes:
    """What is read where nothing is connected and the line is pulled down."""
    return bytes(len(frame))
