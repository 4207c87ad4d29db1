"""After a write: what the device, or the controller's status, says of it.

A settings block may show 0x8000 for up to 2 s after a write (seen with github.com/s3pt1c0/ha-outback-mate3s), so it
is looked at three times. Each look checks again who stands there.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, replace

from energy_hw.errors import EnergyHwError
from energy_hw.outback.chain import GATEWAY, PLACEHOLDER
from energy_hw.outback.commands import STATUS, WAITS_S, expected, obeyed
from energy_hw.outback.comparing import compare, counter_differences
from energy_hw.outback.identity import Fingerprint, gateway_blocks, twins
from energy_hw.outback.looking import Gone, Looker, NotYet, Sight
from energy_hw.outback.prepared import Prepared, same
from energy_hw.outback.registers import Registers
from energy_hw.outback.tables import point
from energy_hw.outback.types import Point
from energy_hw.outback.values import PointValue, bit_labels, decode_point

READ_BACK_S = (0.4, 1.0, 2.0)
"""Seconds after a write."""
RUNNING_S = 3
"""A clock goes on while it is read back."""
ERROR = point(GATEWAY, "error")
OF_WRITES = (
    0x0001 | 0x0002 | 0x0004 | 0x0400
)  # above limit, below limit, invalid, while locked; the rest is mail, SD ...
LOCKED_BIT = 0x0400


@dataclass(frozen=True, slots=True)
class Answer:
    """outcome: confirmed, assumed, not confirmed, unknown, or changed: then `changed` says who stands there now."""

    outcome: str
    read_back: PointValue | None = None
    sight: Sight | None = None
    changed: tuple[str, ...] = ()
    reason: str = ""


class Confirmer:
    """Waits and looks. Thread safety: use it inside a session of its registers."""

    def __init__(self, registers: Registers, looker: Looker, sleep: Callable[[float], object]) -> None:
        self._registers, self._looker, self._sleep = registers, looker, sleep

    def by_read_back(self, prepared: Prepared) -> Answer:
        """The point as it reads now, at most 2 s later; `unknown` if no look found it."""
        answer = Answer("unknown")
        for pause_s in pauses(READ_BACK_S):
            self._sleep(pause_s)
            try:
                answer = self._read_back(prepared)
            except NotYet as trouble:
                answer = replace(answer, reason=str(trouble))
            except Gone as trouble:
                answer = Answer("changed", changed=(str(trouble),))
            except EnergyHwError as trouble:
                answer = replace(answer, reason=str(trouble))
            if answer.outcome == "confirmed":
                break
        return answer

    def _read_back(self, prepared: Prepared) -> Answer:
        order = prepared.order
        sight = self._looker.look(order.fingerprint, order.block)
        # The point itself is as it should be, or it is not; either way it is no sign of who stands there.
        verdict = compare(order.fingerprint, sight.now, (prepared.point.name,))
        changed = verdict.changed or self._twin_tells(prepared, verdict.alike)
        back = decode_point(prepared.point, sight.registers, order.block.address)
        if changed:
            return Answer("changed", back, sight, tuple(changed))
        if PLACEHOLDER in back.registers and PLACEHOLDER not in prepared.words:
            raise NotYet(f"{prepared.point.name} reads 0x8000")
        return Answer("confirmed" if arrived(prepared, back) else "not confirmed", back, sight)

    def _twin_tells(self, prepared: Prepared, alike: Collection[int | None]) -> tuple[str, ...]:
        """What the other says, of two that were told apart a moment ago, and no longer are.

        By this point: what was written hides which of them has it, but not where the old value has gone. By counters
        that were as close as they may grow meanwhile: those of the other can not have shrunk.
        """
        name, then = prepared.point.name, prepared.order.fingerprint
        for twin in twins(then):
            block = twin.house.layout.find(twin.did, twin.port)
            if twin.port not in alike or twin.port in prepared.alike or block is None:
                continue
            now = self._looker.look(twin, block).now
            if twin.steady.get(name) != then.steady.get(name) == now.steady.get(name):
                return (f"{name}: now the {twin.name} reads what this device had",)
            if lines := counter_differences(twin, now):
                return tuple(f"the {twin.name}: {line}" for line in lines)
        return ()

    def by_status(self, prepared: Prepared) -> Answer:
        """What control_status says within 8 s; `assumed` if it said so before."""
        code = int(str(prepared.after.raw))
        if obeyed(prepared.point, code, status_of(prepared, prepared.sight)):
            return Answer("assumed", reason=f"control_status said {expected(prepared.point, code)} before already")
        answer = Answer("unknown")
        for pause_s in pauses(WAITS_S):
            self._sleep(pause_s)
            try:
                answer = self._obeyed(prepared, code)
            except (NotYet, Gone, EnergyHwError) as trouble:
                answer = replace(answer, reason=str(trouble))
            if answer.outcome in ("confirmed", "changed"):
                break
        return answer

    def _obeyed(self, prepared: Prepared, code: int) -> Answer:
        sight = self._looker.look(prepared.order.fingerprint, prepared.order.block)
        if sight.verdict.changed:
            return Answer("changed", sight=sight, changed=sight.verdict.changed)
        status = status_of(prepared, sight)
        if obeyed(prepared.point, code, status):
            return Answer("confirmed", sight=sight)
        labels = ", ".join(bit_labels(point(prepared.point.did, STATUS), status)) or "nothing"
        return Answer("not confirmed", sight=sight, reason=f"control_status says {labels}")

    def errors(self, then: Fingerprint) -> tuple[str, ...]:
        """What the error register says of writes, () if it cannot be read."""
        _, gateway = gateway_blocks(then.house.layout)
        try:
            word = self._registers.read(gateway.address + ERROR.offset, 1)[0]
        except EnergyHwError:
            return ()
        return () if word in ERROR.not_implemented else tuple(error_labels(word & OF_WRITES))


def pauses(moments_s: Iterable[float]) -> Iterable[float]:
    """From moments to the pauses between them."""
    before = 0.0
    for moment in moments_s:
        yield moment - before
        before = moment


def error_labels(word: int) -> Iterable[str]:
    """`write above limit`; of a lock what to do about it."""
    for label in bit_labels(ERROR, word):
        locked = label == ERROR.bits[LOCKED_BIT]
        yield label + (" (allow writing on the controller, or give its write password)" if locked else "")


def status_of(prepared: Prepared, sight: Sight) -> int:
    """control_status as a look found it."""
    row: Point = point(prepared.point.did, STATUS)
    word = sight.registers[row.offset]
    return 0 if word in row.not_implemented else word


def arrived(prepared: Prepared, back: PointValue) -> bool:
    """It reads as it was written; of the clock, or a little later."""
    if same(prepared.after, back):
        return True
    if "clock" not in prepared.point.flags or not isinstance(back.raw, int):
        return False
    later = back.raw - int(str(prepared.after.raw))
    return 0 <= (later % 60 if prepared.point.name == "second" else later) <= RUNNING_S
