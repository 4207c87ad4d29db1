"""What to do with devices that nobody has named: list them, take them in, answer their JOIN.

A device whose button is held sends JOIN (`EA 00`) and shows with its light whether it was
answered (`6A 00`, to the same address). It reports without that too, so joining is how its owner
points at it. Whoever is not known is kept in a list, with counts, for the owner to see.

Policies, as pyenergenie has them:

    none       listed only
    auto       taken in with the first frame
    ask        taken in if ask() says so
    autojoin   taken in when it asks to join, and answered
    askjoin    the same, if ask() says so

A ghost (a bit error in an address, see identity.py) is neither listed nor taken in.
Source: OpenThings 1.02 (JOIN); pyenergenie, energenie/Registry.py (policies).
"""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from energy_hw.core.message import Message
from energy_hw.energenie.identity import Standing
from energy_hw.energenie.parameters import parameter_id
from energy_hw.energenie.receiver import Heard
from energy_hw.errors import ConfigError

logger = logging.getLogger(__name__)

JOIN = parameter_id("JOIN")
MOST_UNKNOWN = 256
PAIRING_S = 60.0


class Policy(StrEnum):
    """Which devices that nobody has named are taken in."""

    NONE = "none"
    AUTO = "auto"
    ASK = "ask"
    AUTOJOIN = "autojoin"
    ASKJOIN = "askjoin"


def policy_of(text: str) -> Policy:
    """The policy of this name. Raises ConfigError that lists them."""
    try:
        return Policy(text)
    except ValueError:
        raise ConfigError(f"expected a policy of {', '.join(Policy)}, got {text!r}") from None


@dataclass(slots=True)
class Unknown:
    """A device that was heard and has no name.

    device: `energenie:2:0x000373`. frames: how many were heard. joins: how often it asked to be taken in.
    refused: ask() said no; it is not asked about again.
    """

    device: str
    model: str
    product: int
    sensor: int
    first: datetime
    last: datetime
    rssi_dbm: float
    frames: int = 0
    joins: int = 0
    refused: bool = False


Ask = Callable[[Unknown], bool]


class Home(Protocol):
    """What discovery needs of the hub; naming.py has it."""

    def is_named(self, device: str) -> bool:
        """Whether the device has a name already."""

    def take_in(self, unknown: Unknown) -> None:
        """Give it a name and an object. Not called in the radio's thread."""

    def answer_join(self, message: Message, at: float) -> None:
        """Acknowledge a JOIN that was heard at `at` (monotonic seconds of the board's clock)."""

    def call_later(self, work: Callable[[], None]) -> None:
        """Do something outside the radio's thread."""

    def monotonic(self) -> float:
        """Seconds of the board's clock."""


class Discovery:
    """The list of who is not known, and the rule for taking them in.

    Thread safety: heard() in the radio's thread; the rest from any.
    """

    def __init__(self, home: Home, policy: Policy = Policy.NONE, ask: Ask | None = None) -> None:
        """ask: for the policies that ask; without it they take nobody in."""
        self._home = home
        self._ask = ask
        self.policy = policy_of(policy)
        self._unknown: OrderedDict[str, Unknown] = OrderedDict()
        self._asking: set[str] = set()
        self._told = ""
        self._pairing_until: float | None = None
        self._lock = threading.Lock()

    def unknown(self) -> list[Unknown]:
        """Everybody heard without a name, the last heard last."""
        with self._lock:
            unknown = [replace(one) for one in self._unknown.values()]
        return [one for one in unknown if not self._home.is_named(one.device)]  # by another program, maybe

    # -- pairing -----------------------------------------------------------

    def pair(self, seconds: float = PAIRING_S) -> None:
        """Take in whoever asks to join within the next seconds, whatever the policy."""
        self._pairing_until = self._home.monotonic() + seconds

    def stop_pairing(self) -> None:
        """End it early. May be called twice."""
        self._pairing_until = None

    @property
    def pairing_s(self) -> float:
        """How long pairing still lasts, 0 when it is over."""
        until = self._pairing_until
        return 0.0 if until is None else max(0.0, until - self._home.monotonic())

    # -- the radio's thread ------------------------------------------------

    def heard(self, heard: Heard) -> None:
        """Look at a frame that the radio brought."""
        device = heard.report.device
        if heard.standing is not Standing.DEVICE or not device.startswith("energenie:"):
            return
        joins = any(record.parameter == JOIN and record.command for record in heard.message.records)
        if not self._home.is_named(device):
            self._consider(self._note(heard, joins), heard, joins)
        elif joins:
            self._home.answer_join(heard.message, heard.at)  # its button was held again

    def _note(self, heard: Heard, joins: bool) -> Unknown:
        report, message = heard.report, heard.message
        with self._lock:
            one = self._unknown.get(report.device) or Unknown(
                report.device, report.model, message.product, message.sensor, report.received, report.received, 0.0
            )
            one.last, one.rssi_dbm = report.received, heard.frame.rssi_dbm
            one.frames += 1
            one.joins += joins
            self._unknown[report.device] = one
            self._unknown.move_to_end(report.device)
            while len(self._unknown) > MOST_UNKNOWN:
                self._unknown.popitem(last=False)
            return one

    def _consider(self, one: Unknown, heard: Heard, joins: bool) -> None:
        if joins and (self.pairing_s or self.policy is Policy.AUTOJOIN):
            self._home.answer_join(heard.message, heard.at)
            self._home.call_later(lambda: self._take_in(one))
        elif self.policy is Policy.AUTO:
            self._home.call_later(lambda: self._take_in(one))
        elif self.policy is Policy.ASK or (joins and self.policy is Policy.ASKJOIN):
            self._ask_about(one, heard if joins else None)

    def _ask_about(self, one: Unknown, heard: Heard | None) -> None:
        """Once at a time, and never again after a no."""
        if self._ask is None or one.refused or one.device in self._asking:
            return
        self._asking.add(one.device)
        self._home.call_later(lambda: self._decide(one, heard))

    # -- outside the radio's thread ----------------------------------------

    def _decide(self, one: Unknown, heard: Heard | None) -> None:
        try:
            if self._ask is not None and self._ask(replace(one)):
                if heard is not None:
                    self._home.answer_join(heard.message, heard.at)
                self._take_in(one)
            else:
                one.refused = True
        finally:
            self._asking.discard(one.device)

    def _take_in(self, one: Unknown) -> None:
        if self._home.is_named(one.device):
            return  # its second frame came before the first one's work was done
        try:
            self._home.take_in(replace(one))
        except ConfigError as error:
            first, self._told = str(error) != self._told, str(error)  # of `auto` with every frame
            logger.log(logging.ERROR if first else logging.DEBUG, "%s is not taken in: %s", one.device, error)
            return
        with self._lock:
            self._unknown.pop(one.device, None)
        logger.info("%s (%s) was taken in", one.device, one.model)
