"""Where the models stand in one controller: blocks, in the order of their addresses.

    base    base+2                                       end
    SunS  | DID length port? ...  | DID length port? ... | 0xFFFF 0      length counts from behind itself
    marker  one block: length + 2   the next              end of the chain

Source: SunSpec Alliance, SunSpec Information Model Specification; OutBack AXS Port application note rev 5.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from energy_hw.outback.tables import model

MARKER = (0x5375, 0x6E53)  # "SunS"
END = 0xFFFF
PLACEHOLDER = 0x8000
COMMON, GATEWAY, SYSTEM = 1, 64110, 64120
SINGLE = frozenset({COMMON, GATEWAY, SYSTEM})  # a chain has one of each


@dataclass(frozen=True, slots=True)
class Block:
    """One model in one controller. address: of its DID register. port: hub port, 0 without a hub; None: it has none."""

    address: int
    did: int
    length: int
    port: int | None = None

    @property
    def size(self) -> int:
        """Registers with DID and length."""
        return self.length + 2

    @property
    def end(self) -> int:
        """Address of the next block's DID."""
        return self.address + self.length + 2

    @property
    def header(self) -> tuple[int, ...]:
        """What its first registers hold as long as it is this block: DID, length, and the port if it has one."""
        return (self.did, self.length) if self.port is None else (self.did, self.length, self.port)

    def __str__(self) -> str:
        return f"{self.did} at {self.address}" + ("" if self.port is None else f" (port {self.port})")


@dataclass(frozen=True, slots=True)
class Layout:
    """The chain of one controller, as one walk found it.

    base: address of the marker. serial, model: of the gateway, from the common block; "" where it gives none.
    since_2018: the gateway's block has the layout of firmware since 2018-12.
    """

    base: int
    blocks: tuple[Block, ...]
    serial: str
    model: str
    since_2018: bool

    @property
    def tail(self) -> Block:
        """The end of the chain, as a block of DID 0xFFFF and length 0."""
        return Block(self.blocks[-1].end if self.blocks else self.base + len(MARKER), END, 0)

    def find(self, did: int, port: int | None = None) -> Block | None:
        """The block of a model at a hub port; port None: the only one of the model. None if there is no such one."""
        found = [block for block in self.blocks if block.did == did and port in (None, block.port)]
        return found[0] if len(found) == 1 else None

    def settings_of(self, live: Block) -> Block | None:
        """The settings of a device, at the same port, by its live block."""
        return self._pair(live, "live")

    def live_of(self, settings: Block) -> Block | None:
        """What a device measures, at the same port, by the block of its settings."""
        return self._pair(settings, "settings")

    def _pair(self, block: Block, kind: str) -> Block | None:
        """Settings of both Radian models, 64115 and 64117, are 64116."""
        known = model(block.did)
        if known is None or known.kind != kind or block.port is None:
            return None
        found = [pair for did in known.pairs if (pair := self.find(did, block.port))]
        return found[0] if len(found) == 1 else None


def misfit(block: Block, registers: Mapping[int, int]) -> str:
    """What is wrong with the header at a block's address, by what was read there; "" if it is the block's."""
    came = tuple(registers[address] for address in range(block.address, block.address + len(block.header)))
    if came == block.header:
        return ""
    return f"expected {_words(block.header)} at {block.address}, got {_words(came)}"


def _words(header: tuple[int, ...]) -> str:
    return ", ".join(f"{name} {word}" for name, word in zip(("DID", "length", "port"), header, strict=False))
