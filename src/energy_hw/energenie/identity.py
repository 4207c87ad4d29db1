"""Which frames come from a device, and which from a ghost.

The CRC of an OpenHEMS frame leaves manufacturer and product uncovered: a bit
error there passes and looks like another device. (Flip each bit of a real frame:
every flip is refused but the sixteen in these two bytes.) So a frame is believed by
what was heard before:

    sensor unheard, product known                    a device
    sensor unheard, product unknown                  a device from the second such frame on
    sensor heard before under another product        a ghost, dropped and counted, for ever
      - unless it was heard there only once, and this known product is heard twice
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from enum import StrEnum

from energy_hw.core.message import ENERGENIE, Message
from energy_hw.energenie.profiles import by_product

MOST_SENSORS = 4096
MOST_PRODUCTS = 16
CONFIRMED = 2


class Standing(StrEnum):
    """What a frame with a valid checksum is taken for."""

    DEVICE = "device"
    UNCONFIRMED = "unconfirmed"
    """The first frame of an unknown product: shown, not yet believed."""
    GHOST = "ghost"


@dataclass(slots=True)
class _Heard:
    """A sensor id: the product it is known under, and how often each product was heard with it."""

    product: int | None = None
    counts: dict[int, int] = field(default_factory=dict)

    def note(self, product: int) -> int:
        """Count a product; of the 256 there could be, the last few heard once are remembered."""
        count = min(self.counts.pop(product, 0) + 1, CONFIRMED)
        if len(self.counts) >= MOST_PRODUCTS:
            oldest = (one for one, seen in self.counts.items() if seen < CONFIRMED and one != self.product)
            self.counts.pop(next(oldest, next(iter(self.counts))))
        self.counts[product] = count
        return count


class Identities:
    """Remembers which sensor is which product. Thread safety: one thread at a time."""

    def __init__(self) -> None:
        self._pinned: dict[tuple[int, int], int] = {}
        self._sensors: OrderedDict[tuple[int, int], _Heard] = OrderedDict()

    def pin(self, manufacturer: int, product: int, sensor: int) -> None:
        """Make a sensor known by its owner's word; what is heard does not change it, nor make it forgotten."""
        self._pinned[manufacturer, sensor] = product

    def unpin(self, manufacturer: int, sensor: int) -> None:
        """Its owner says nothing of it any more; what is heard counts again."""
        self._pinned.pop((manufacturer, sensor), None)

    def admit(self, message: Message) -> Standing:
        """Take note of a valid message and say what it is."""
        pinned = self._pinned.get((message.manufacturer, message.sensor))
        if pinned is not None:
            return Standing.DEVICE if pinned == message.product else Standing.GHOST
        heard = self._heard(message.manufacturer, message.sensor)
        count = heard.note(message.product)
        if heard.product is None:
            return self._first(heard, message, count)
        if heard.product == message.product:
            return Standing.DEVICE
        once = heard.counts.get(heard.product, 0) < CONFIRMED
        if once and count >= CONFIRMED and is_known(message):
            heard.product = message.product
            return Standing.DEVICE
        return Standing.GHOST

    def _heard(self, manufacturer: int, sensor: int) -> _Heard:
        key = manufacturer, sensor
        heard = self._sensors.setdefault(key, _Heard())
        self._sensors.move_to_end(key)
        if len(self._sensors) > MOST_SENSORS:
            self._sensors.popitem(last=False)
        return heard

    def _first(self, heard: _Heard, message: Message, count: int) -> Standing:
        if is_known(message) or count >= CONFIRMED:
            heard.product = message.product
            return Standing.DEVICE
        return Standing.UNCONFIRMED


def is_known(message: Message) -> bool:
    """Whether a profile describes this product."""
    return message.manufacturer == ENERGENIE and by_product(message.product) is not None
