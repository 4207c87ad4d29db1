"""After a write that met another device: who has the value now, what stood there before, how to put it right."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from energy_hw.errors import EnergyHwError
from energy_hw.outback.chain import Block
from energy_hw.outback.comparing import counter_differences
from energy_hw.outback.identity import Fingerprint, House, Known, fingerprint, tail
from energy_hw.outback.prepared import Prepared, shown, unit_of
from energy_hw.outback.tables import points
from energy_hw.outback.values import PointValue, decode_point

PEOPLE = "go to the controller's display, look which device has it, and put it right there"


def whereabouts(prepared: Prepared, read: Callable[[], Known]) -> tuple[str, str]:
    """(outcome, what to tell) after everything was read anew; outcome is `moved` or `wrong device`."""
    try:
        known = read()
    except EnergyHwError as error:
        return (
            "wrong device",
            f"Which device has the value is not known, as nothing could be read anew ({error}): {PEOPLE}.",
        )
    house = House(known.time, known.layout, known.blocks)
    return _moved(prepared, house) or ("wrong device", _wrong(prepared, house))


def _moved(prepared: Prepared, house: House) -> tuple[str, str] | None:
    """The right device has it, somewhere else."""
    who = prepared.order.fingerprint
    now = _find(who, house, prepared.point.name)
    block = house.layout.find(prepared.order.block.did, now.port) if now else None
    if now is None or block is None or block not in house.blocks:
        return None
    there = decode_point(prepared.point, house.blocks[block], block.address)
    if not prepared.changes or there.registers != prepared.words:
        return None
    return (
        "moved",
        f"The value arrived: the right device, {who.name} when it was read, is the {now.name} by now and holds it.",
    )


def _wrong(prepared: Prepared, house: House) -> str:
    block = next((each for each in house.layout.blocks if each.address <= prepared.address < each.end), None)
    if block is None or block not in house.blocks:
        return f"Nothing stands at register {prepared.address} any more: {PEOPLE}."
    there = _at(prepared.address, block, house)
    if there is None or there.registers != prepared.words:
        return f"No register is known to hold the value: {PEOPLE}."
    return _accuse(prepared, there, block, house)


def _accuse(prepared: Prepared, there: PointValue, block: Block, house: House) -> str:
    name, unit = there.point.name, unit_of(there.point)
    before = _before(prepared, there, block, house)
    holder = _holder(block, house)
    said = (
        f"IT WENT TO ANOTHER DEVICE: the {holder} now has {name} = {shown(there)}{unit} (register {prepared.address})."
    )
    if before is None:
        return f"{said} What it held before is not known: {PEOPLE}."
    if before.registers == there.registers:
        return f"{said} It held the same before."
    return (
        f"{said} It held {shown(before)}{unit} when it was read at {_before_house(prepared).time:%Y-%m-%d %H:%M:%SZ}."
        f" To put it right, read again and write {name} = {shown(before)}{unit} to the {holder}."
    )


def _holder(block: Block, house: House) -> str:
    try:
        found = fingerprint(house, block)
    except EnergyHwError:
        return str(block)
    return f"{found.name} ({tail(found.serial)})"


def _before_house(prepared: Prepared) -> House:
    return prepared.order.fingerprint.house


def _at(address: int, block: Block, house: House) -> PointValue | None:
    """The point that a register belongs to."""
    rows = points(block.did, block.length, house.layout.since_2018)
    row = next((each for each in rows if each.offset <= address - block.address < each.end), None)
    return decode_point(row, house.blocks[block], block.address) if row else None


def _before(prepared: Prepared, there: PointValue, block: Block, house: House) -> PointValue | None:
    """What that point of that device read when it was last known, wherever it stood."""
    then = _before_house(prepared)
    try:
        who = _find(fingerprint(house, block), then, there.point.name)
    except EnergyHwError:
        who = None
    was = then.layout.find(block.did, who.port) if who else None
    return decode_point(there.point, then.blocks[was], was.address) if was and was in then.blocks else None


def _find(who: Fingerprint, house: House, but: str) -> Fingerprint | None:
    """The same device in another reading of the house, by everything but its place and one point."""
    likely = [one for one in _candidates(who, house) if _same(who, one)]
    best = sorted(likely, key=lambda one: _agreement(who, one, but), reverse=True)
    if len(best) > 1 and _agreement(who, best[0], but) == _agreement(who, best[1], but):
        return None
    return best[0] if best else None


def _candidates(who: Fingerprint, house: House) -> Iterator[Fingerprint]:
    for block in house.layout.blocks:
        if block.did == who.did and block in house.blocks:
            yield fingerprint(house, block)


def _same(one: Fingerprint, other: Fingerprint) -> bool:
    if (one.gateway, one.model, one.serial, one.firmware) != (other.gateway, other.model, other.serial, other.firmware):
        return False
    older, newer = sorted((one, other), key=lambda each: each.taken)
    return not (older.counters and newer.counters and counter_differences(older, newer))


def _agreement(one: Fingerprint, other: Fingerprint, but: str) -> int:
    """How many settings and roles are alike."""
    return sum(words == other.steady.get(name) for name, words in one.steady.items() if name != but)
