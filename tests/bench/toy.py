"""A chip of plain registers: enough of an RFM69 to answer, for tests of the bench itself."""

from __future__ import annotations


class Registers:
    """128 registers that keep what is written; 0x10 reads 0x24; address 0 does not move on."""

    def __init__(self) -> None:
        self.registers = bytearray(0x80)
        self.registers[0x10] = 0x24
        self.resets = 0
        self._reset = False

    def transfer(self, frame: bytes) -> bytes:
        if not frame:
            return b""
        address, answer = frame[0] & 0x7F, bytearray(1)
        for value in frame[1:]:
            answer.append(self.registers[address])
            if frame[0] & 0x80 and address != 0x10:
                self.registers[address] = value
            address = (address + 1) & 0x7F if address else 0
        return bytes(answer)

    def reset_pin(self, high: bool) -> None:
        self.resets += self._reset and not high
        self._reset = high
