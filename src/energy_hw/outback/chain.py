"""Where the models stand in one controller: blocks, in the order of their addresses.

    base    base+2                                       end
    SunS  | DID length port? ...  | DID length port? ... | 0xFFFF 0      length counts from behind itself
    marker  one block: length + 2   the next              end of the chain

Source: SunSpec Alliance, SunSpec Information Model Specification; OutBack AXS Port application note rev 5.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from energy_hw.outback.tables import model

MARKER = (0x5375, 0x6E53)  # "SunS"
END = 0xFFFF
PLACEHOLDER = 0x8000
MODEL, SERIAL = slice(18, 34), slice(50, 66)  # in the common block: 16 registers of text each
TIME_ZONE_SCALE, HUNDREDTHS = 419, 0xFFFE  # in the gateway's block: -2 since 2018-12, spare and 0 before
COMMON, GATEWAY, SYSTEM = 1, 64110, 64120
HEADER, MOST_BLOCKS, LAST = 2, 200, 0xFFFF
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


def layout_of(base: int, blocks: Sequence[Block], registers: Mapping[int, int]) -> Layout:
    """A layout with what common block and gateway's block say of the gateway."""
    words = {block.did: words_of(block, registers) for block in blocks if block.did in SINGLE}
    common = words.get(COMMON, ())
    name, serial = text(common[MODEL]), text(common[SERIAL])
    return Layout(base, tuple(blocks), serial, name, is_since_2018(name, words.get(GATEWAY, ())))


def words_of(block: Block, registers: Mapping[int, int]) -> tuple[int, ...]:
    """The registers of a block out of all that were read."""
    return tuple(registers[address] for address in range(block.address, block.end))


def is_since_2018(name: str, gateway: Sequence[int]) -> bool:
    """Every Mate3s has the newer layout of the gateway's block; others show it by a register that was spare before."""
    return "MATE3S" in name.upper() or gateway[TIME_ZONE_SCALE : TIME_ZONE_SCALE + 1] == (HUNDREDTHS,)


def text(words: Sequence[int]) -> str:
    """ASCII, two characters a register, padded with NUL or blanks; 0xFFFF where nothing was set.

    "?" for what cannot be printed: it becomes part of a device's id, on one line of a log and in a topic.
    """
    data = b"".join(word.to_bytes(2, "big") for word in words)
    said = data.rstrip(b"\0\xff ").partition(b"\0")[0].decode("ascii", "replace").strip()
    return "".join(char if char.isascii() and char.isprintable() else "?" for char in said)


def header_fault(address: int, did: int, length: int) -> str:
    """What keeps these two registers from being the header of a block; "" if they can be."""
    if did in (0, PLACEHOLDER, END) or length == 0 or address + HEADER + length + HEADER > LAST + 1:
        return f"expected the header of a model at {address}, got DID 0x{did:04X} and length {length}"
    return ""


def has_port(did: int) -> bool:
    """Whether register 3 of a model is a hub port."""
    known = model(did)
    return known is not None and known.has_port


def twins(blocks: Iterable[Block]) -> str:
    """Two blocks that claim to be the same device, in words; "" if there are none."""
    seen: dict[tuple[int, int | None], Block] = {}
    for block in blocks:
        other = seen.setdefault((block.did, block.port), block)
        if other is not block and (block.port is not None or block.did in SINGLE):
            return f"{other} and {block} claim to be the same device, so which is which is doubtful"
    return ""


def misfit(block: Block, registers: Mapping[int, int]) -> str:
    """What is wrong with the header at a block's address, by what was read there; "" if it is the block's."""
    came = tuple(registers[address] for address in range(block.address, block.address + len(block.header)))
    if came == block.header:
        return ""
    return f"expected {_words(block.header)} at {block.address}, got {_words(came)}"


def _words(header: tuple[int, ...]) -> str:
    return ", ".join(f"{name} {word}" for name, word in zip(("DID", "length", "port"), header, strict=False))


def listed(blocks: Iterable[Block]) -> str:
    """Blocks by model and port, for a message."""
    return ", ".join(str(block.did) if block.port is None else f"{block.did} at port {block.port}" for block in blocks)


def change(before: Layout, now: Layout) -> str:
    """What came, what went, what stands elsewhere, by model and port; "" if nothing did."""
    old = {(block.did, block.port): block for block in before.blocks}
    new = {(block.did, block.port): block for block in now.blocks}
    gone = [block for block in before.blocks if (block.did, block.port) not in new]
    come = [block for block in now.blocks if (block.did, block.port) not in old]
    moved = [block for block in now.blocks if old.get((block.did, block.port), block) != block]
    named = (("gone", gone), ("new", come), ("elsewhere, or of another length", moved))
    said = [f"{name}: {listed(blocks)}" for name, blocks in named if blocks]
    if (before.serial, before.model, before.since_2018) != (now.serial, now.model, now.since_2018):
        said.append("another gateway, or another firmware of it")
    return "; ".join(said)
