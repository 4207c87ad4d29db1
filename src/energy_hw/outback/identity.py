"""Who a device is: what was read of it, and whether what stands at its address now is still the same one.

A port is no identity: cables change places on a hub, and after a reboot blocks stand elsewhere. What identifies a
device, the strongest first:

1. gateway serial, MAC, model, firmware and port: all must be as they were, or nothing is written.
2. A serial number that no other device of the same model has. Two FXR inverters of a real house both say `SPARE FXR`:
   a text that two share identifies neither, and is treated like none.
3. Lifetime counters of a charge controller or battery monitor: they may not be smaller than they were, nor larger
   than could have been made since. They tell two devices apart as long as they do not fit both.
4. Settings and roles in which two devices differed when they were read (master and slave, an absorb voltage): what
   the one had must still be there, and nothing that the other had.

Two devices that agree in all of this are `alike`: their places are all that names them. A write to the wrong one of
two charge controllers (each has an array of its own) would be a wrong write, so it is refused unless forced; also for
inverters where it concerns what is wired to one of them alone, its AUX output and relay. Other settings of alike
inverters may be written: both carry the same settings for the same battery at that moment, and the port is the name
by which the controller's own display, too, gives them their jobs. Prepared.text() says so each time.

Sources: OutBack AXS Port application note rev 5; OutBack.Power.SunSpec.Map.xlsx (2019-07).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from typing import Protocol

from energy_hw.errors import UnknownDevice
from energy_hw.outback.chain import COMMON, GATEWAY, SYSTEM, Block, Layout
from energy_hw.outback.lifetime import counters, live_block
from energy_hw.outback.tables import model, points
from energy_hw.outback.values import PointValue, decode_block

MAC_END = 13  # registers of 64110 up to the end of its MAC address
FIRMWARE = ("major_firmware_number", "mid_firmware_number", "minor_firmware_number")
ROLES = ("stacking_mode", "ac_coupled")  # read-only, and as steady as settings
VIEWS = ("set_data_log_day_offset",)  # chooses what is shown: no setting

Blocks = Mapping[Block, Sequence[int]]
Words = tuple[int, ...]


class Known(Protocol):
    """What was read at once: a Poll, or anything with these."""

    @property
    def time(self) -> datetime: ...
    @property
    def layout(self) -> Layout: ...
    @property
    def blocks(self) -> Blocks: ...


@dataclass(frozen=True, slots=True)
class House:
    """All that is known. blocks: the registers of each block from its DID on, as read at `time`, or at its own time.

    link_name: stands for the gateway in the names of devices if it has no serial number.
    """

    time: datetime
    layout: Layout
    blocks: Blocks = field(repr=False)
    times: Mapping[Block, datetime] = field(default_factory=dict, repr=False)
    link_name: str = ""

    def time_of(self, block: Block) -> datetime:
        """When this block was read."""
        return self.times.get(block, self.time)


@dataclass(frozen=True, slots=True)
class Gateway:
    """The controller itself: what its common block and the start of its 64110 say."""

    serial: str
    mac: str
    firmware: tuple[int, ...]


@dataclass(frozen=True, slots=True, repr=False)
class Fingerprint:
    """What a device was at `taken`. Serials are whole here: show tail() of them.

    did, address and length: of its settings block; for the gateway itself of its own. counters: of the live block,
    name -> (value, one step of it), only where the serial number does not identify. steady: settings and roles, raw.
    """

    gateway: str
    mac: str
    did: int
    port: int | None
    address: int
    length: int
    model: str
    serial: str
    firmware: tuple[int, ...]
    counters: Mapping[str, tuple[Decimal, Decimal]]
    taken: datetime
    steady: Mapping[str, Words] = field(compare=False)
    house: House = field(compare=False)

    def __repr__(self) -> str:
        return f"<Fingerprint: {self.name}, {tail(self.serial)}, of {self.taken:%Y-%m-%d %H:%M:%SZ}>"

    @property
    def name(self) -> str:
        """For messages: `FM80-150VDC at port 4`, `MATE3S`, `MATE3S system control`."""
        if self.port is None and (gateway := self.house.layout.model):
            return f"{gateway} system control" if self.did == SYSTEM else gateway
        what = self.model or (row.title if (row := model(self.did)) else f"model {self.did}")
        return what if self.port is None else f"{what} at port {self.port}"

    @property
    def id(self) -> str:
        """As reports name the device: `outback:<gateway serial>/4`."""
        return device_id(self.gateway or self.house.link_name, self.did, self.port)


def device_id(gateway: str, did: int, port: int | None) -> str:
    """`outback:<gateway serial>`, with `/system` for 64120, or with `/<port>` for a device on the hub."""
    end = f"/{port}" if port is not None else "/system" if did == SYSTEM else ""
    return f"outback:{gateway}{end}"


def tail(serial: str) -> str:
    """The last four characters, for people: whole numbers appear in no message."""
    return f"serial …{serial[-4:].strip()}" if serial else "no serial"


def fingerprint(known: Known, block: Block) -> Fingerprint:
    """Who the device of this block was when it was read; block may be its live block or its settings.

    Raises UnknownDevice if its settings, or the gateway's own blocks, were not read.
    """
    house = known if isinstance(known, House) else House(known.time, known.layout, known.blocks)
    found = identify(house, identity_block(house.layout, block), _known_gateway(house))
    return replace(found, counters={}) if _own_serial(found) else found


def identity_block(layout: Layout, block: Block) -> Block:
    """The block with model, firmware and serial number of the device: its settings, or the gateway's own."""
    if block.port is None:
        return block
    row = model(block.did)
    settings = block if row is not None and row.kind == "settings" else layout.settings_of(block)
    if settings is None:
        raise UnknownDevice(f"{block.did} at port {block.port} has no settings block: nothing says who it is")
    return settings


def check_peers_read(of: Fingerprint) -> None:
    """Raises UnknownDevice if another device of the same DID was not read with it.

    Only that tells whether its serial number is its own, and what else tells the two apart.
    """
    for block in of.house.layout.blocks if of.port is not None else ():
        if block.did == of.did:
            live = live_block(of.house.layout, block)
            for each in (block, live) if live is not None else (block,):
                _read(of.house, each)


def identify(house: House, who: Block, gateway: Gateway) -> Fingerprint:
    """Who stands at `who`, by what was read of it; header and port are what registers say, not what the layout does."""
    words, live = _read(house, who), live_block(house.layout, who)
    values = decode_block(who.did, words, who.address, house.layout.since_2018)
    on_hub = who.port is not None
    return Fingerprint(
        gateway=gateway.serial,
        mac=gateway.mac,
        did=words[0],
        port=words[2] if on_hub else None,
        address=who.address,
        length=words[1],
        model=_text(values, "model_number") if on_hub else "",
        serial=_text(values, "serial_number") if on_hub else "",
        firmware=_firmware(values) if on_hub else gateway.firmware,
        counters=counters(house.blocks, live),
        taken=house.time_of(live if live is not None and live in house.blocks else who),
        steady=_steady(who, words, house.layout.since_2018),
        house=house,
    )


def gateway_blocks(layout: Layout) -> tuple[Block, Block]:
    """Common block and 64110. Raises UnknownDevice where the chain has none."""
    common, gateway = layout.find(COMMON), layout.find(GATEWAY)
    if common is None or gateway is None:
        raise UnknownDevice("the chain has no blocks 1 and 64110: nothing says which controller this is")
    return common, gateway


def gateway_of(common: Sequence[int], start: Sequence[int]) -> Gateway:
    """Who the gateway is. common: its common block; start: MAC_END registers of its 64110 at least."""
    said, own = decode_block(COMMON, common, 0), decode_block(GATEWAY, start[:MAC_END], 0)
    return Gateway(_text(said, "serial_number"), _text(own, "mac_address"), _firmware(own))


def _known_gateway(house: House) -> Gateway:
    common, gateway = gateway_blocks(house.layout)
    return gateway_of(_read(house, common), _read(house, gateway))


def _read(house: House, block: Block) -> Sequence[int]:
    words = house.blocks.get(block)
    if words is None:
        raise UnknownDevice(f"block {block.did} at {block.address} was not read yet: read everything first")
    return words


def _text(values: Mapping[str, PointValue], name: str) -> str:
    value = values[name].value if name in values else None
    return str(value or "")


def _firmware(values: Mapping[str, PointValue]) -> tuple[int, ...]:
    numbers = [values[name].value for name in FIRMWARE if name in values]
    return tuple(number for number in numbers if isinstance(number, int))


def _steady(block: Block, words: Sequence[int], since_2018: bool) -> dict[str, Words]:
    rows = points(block.did, len(words) - 2, since_2018)
    kept = (row for row in rows if row.access == "RW" or row.name in ROLES)
    return {row.name: tuple(words[row.offset : row.end]) for row in kept if row.name not in VIEWS}


def _own_serial(found: Fingerprint) -> bool:
    """It has one, and no other device of the same model has it, too."""
    return bool(found.serial) and not any(other.serial == found.serial for other in peers(found))


def peers(of: Fingerprint) -> Iterator[Fingerprint]:
    """The other devices of the same DID in the same house, as they were read then."""
    gateway = Gateway(of.gateway, of.mac, of.firmware)
    for block in of.house.layout.blocks:
        if block.did == of.did and block.port is not None and block.address != of.address and block in of.house.blocks:
            yield identify(of.house, block, gateway)


def twins(of: Fingerprint) -> list[Fingerprint]:
    """Peers with the same model, firmware and serial text."""
    return [other for other in peers(of) if _kind(other) == _kind(of)]


def _kind(one: Fingerprint) -> tuple[object, ...]:
    return one.did, one.length, one.model, one.serial, one.firmware
