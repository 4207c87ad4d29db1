"""A look at a device right before and right after something is written: who stands there, and what its registers hold.

    gateway   common block and the start of 64110: serial number and MAC, once on each connection
    live      only where no serial number identifies the device: its lifetime counters
    settings  the whole block in one request: port, scale factors, old value, firmware, serial number, model
    target    only where it is neither of these: the battery monitor's resets are in its live block

The settings, or the target, come last: what is read then is what the next request may change. Where nothing but the
counters tells two devices of one model apart, these do. So a swap before the last answer is seen by it. Over a link
that reads no more than 50 registers at once settings take two answers: what only the first has is then one answer old.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from energy_hw.errors import EnergyHwError, LinkError, ModbusError, ProtocolError
from energy_hw.outback.chain import END, PLACEHOLDER, Block
from energy_hw.outback.comparing import Verdict, compare, counter_differences
from energy_hw.outback.identity import (
    MAC_END,
    Fingerprint,
    Gateway,
    House,
    gateway_blocks,
    gateway_of,
    identify,
    identity_block,
    twins,
)
from energy_hw.outback.lifetime import live_block
from energy_hw.outback.registers import Registers
from energy_hw.outback.tables import model

TRIES, REST_S = 3, 0.4
ILLEGAL_ADDRESS = 2
UNSENT = "nothing was written"


class NotYet(Exception):
    """The gateway shows placeholders where a block should be: for a moment, after a reboot or a write."""


class Gone(Exception):
    """Another block stands there, or none: what differs, in words."""


def adding(error: EnergyHwError, text: str) -> EnergyHwError:
    """The same error, saying this too."""
    error.args = (f"{error}; {text}", *error.args[1:])
    return error


def unsent(error: BaseException) -> BaseException:
    """An error of the connection says nothing of what somebody wanted to write: that is added."""
    if isinstance(error, LinkError | ProtocolError) and UNSENT not in str(error):
        adding(error, UNSENT)
    return error


@dataclass(frozen=True, slots=True)
class Sight:
    """What a look found. registers: of the target block, from its DID on."""

    now: Fingerprint
    verdict: Verdict
    registers: tuple[int, ...]


class Looker:
    """Looks; waits only in look_patiently(). Thread safety: use it inside a session of its registers."""

    def __init__(self, registers: Registers, now: Callable[[], datetime], sleep: Callable[[float], object]) -> None:
        self._registers, self._now, self._sleep = registers, now, sleep
        self._gateway: tuple[object, Gateway] | None = None

    def look_patiently(self, then: Fingerprint, block: Block) -> Sight:
        """look(), again after a rest where it finds placeholders. Raises NotYet after the last try."""
        for _ in range(TRIES - 1):
            try:
                return self.look(then, block)
            except NotYet:
                self._sleep(REST_S)
        return self.look(then, block)

    def look(self, then: Fingerprint, block: Block) -> Sight:
        """One look. Raises NotYet, Gone, or what the registers raise."""
        layout = then.house.layout
        gateway, connection = self.gateway(then), self.connection
        who = identity_block(layout, block)
        live = live_block(layout, who) if then.counters else None
        others = twins(then)  # now: between the last answer and the write, time counts
        by_counters = bool(others) and all(counter_differences(twin, then) for twin in others)
        order = _order(live, who, block, by_counters)
        words = {each: self._words(each) for each in order}
        for each in order:  # of the block that says who it is, compare() tells the port, with all else that changed
            if each is not who and each.port is not None and words[each][2] != each.port:
                raise Gone(f"port at register {each.address}: then {each.port}, now {words[each][2]}")
        house = House(self._now(), layout, words)
        self._check_connection(connection, f"block {block.did}")
        now = identify(house, who, gateway)
        return Sight(now, compare(then, now, others=others), words[block])

    def gateway(self, then: Fingerprint, anew: bool = False) -> Gateway:
        """Who the gateway is; asked once on each connection, or anew. Raises NotYet, Gone."""
        connection = self.connection
        if anew or self._gateway is None or connection is None or self._gateway[0] != connection:
            common, own = gateway_blocks(then.house.layout)
            said, connection = self._words(common), self.connection
            start = self._words(own, MAC_END)
            self._check_connection(connection, "who the gateway is")
            self._gateway = (connection, gateway_of(said, start))
        return self._gateway[1]

    def forget(self) -> None:
        """Ask the gateway again."""
        self._gateway = None

    @property
    def connection(self) -> object:
        """Something that differs for each connection; None where registers do not count them."""
        return getattr(getattr(self._registers, "counters", None), "connects", None)

    def _check_connection(self, then: object, what: str) -> None:
        """Who answers on another one has not said yet who it is."""
        if self.connection != then:
            raise NotYet(f"the connection was lost while {what} was read")

    def _words(self, block: Block, count: int = 0) -> tuple[int, ...]:
        """The block, or its first registers."""
        try:
            words = self._registers.read(block.address, count or block.size)
        except ModbusError as error:
            if error.code != ILLEGAL_ADDRESS:
                raise
            raise Gone(f"registers {block.address}..{block.end - 1}: then {_name(block.did)}, now nothing") from error
        _check_header(block, words)
        return words


def _order(live: Block | None, who: Block, block: Block, by_counters: bool) -> list[Block]:
    """The blocks to read, last the one that tells who it is: the lifetime counters, or settings and target."""
    first = [who, block, live] if by_counters else [live, who, block]
    known = [each for each in first if each is not None]
    return [each for place, each in enumerate(known) if each not in known[place + 1 :]]


def _check_header(block: Block, words: Sequence[int]) -> None:
    head = tuple(words[: len(block.header)])
    for name, then, now in zip(("model", "length", "port"), block.header, head, strict=False):
        if now in (PLACEHOLDER, END) and now != then:
            raise NotYet(f"expected the header {block.header} of {_name(block.did)} at {block.address}, got {head}")
        if now != then and name != "port":  # another port is for compare() to tell, with all else that changed
            say = _name if name == "model" else str
            raise Gone(f"{name} at register {block.address}: then {say(then)}, now {say(now)}")
    if 2 * words.count(PLACEHOLDER) > len(words):
        raise NotYet(f"{_name(block.did)} at {block.address} is full of placeholders (0x8000)")


def _name(did: int) -> str:
    row = model(did)
    return f"{did} ({row.title})" if row else str(did)
