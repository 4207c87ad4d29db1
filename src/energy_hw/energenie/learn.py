"""Teaching a unit our code, and learning what a hand controller's is.

    for step in learn.teach(Socket(hub, learn.choose_house(hub))):
        print(step.text)

    print(learn.learn_remote(hub, 30.0))      # house 0x6C6C6, gang 1, on

A unit keeps two codes. It learns the first ON that it hears while its light flashes, which is
after its button was held for about 5 s; held longer it forgets both. So a hand controller and
this hub can share a unit by two codes, or, and then any number of units, by one: let the hub use the
controller's own. Sources: leaflets of ENER002 and MIHO008; pyenergenie, setup_tool.py.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from random import Random, SystemRandom
from typing import TYPE_CHECKING, NamedTuple, Protocol

from energy_hw.core.python.ook import HOUSE_MAX
from energy_hw.energenie.ook_thing import ALL, DEFAULT_HOUSE, OokThing
from energy_hw.errors import LinkTimeout, OutOfRange

if TYPE_CHECKING:
    from energy_hw.energenie.hand_controllers import HandControllers
    from energy_hw.energenie.household import Household
    from energy_hw.energenie.ook_listening import HeardOok

HOLD_S = 5
SENDINGS = 5
"""Of ON, so that somebody who held the button too short or too long has a second chance."""
PAUSE_S = 2.0
BLINKS = 2
SEND_S = 30.0
LOOK_S = 0.05
SEEN_HOUSES = frozenset((DEFAULT_HOUSE, 0xA0170, 0xC8C8C, 0x00000, HOUSE_MAX))
"""Not to be chosen: the defaults of other programs, two hand controllers in their documents, no bit and every bit."""
Sleep = Callable[[float], object]


class Listens(Protocol):
    """A Hub, or an Engine."""

    def listen_ook(self, seconds: float) -> HandControllers:
        """As Hub.listen_ook()."""


class Step(NamedTuple):
    """Where teaching is. phase: `hold`, `send`, `blink`, `done`. left_s: of this phase, whole seconds."""

    phase: str
    text: str
    left_s: int


def teach(thing: OokThing, *, sleep: Sleep = time.sleep) -> Iterator[Step]:
    """Teach a unit the code of this object: tell the user, send ON for a while, and blink to show it.

    Each step takes its time when the next one is asked for; stop iterating to end it. Of several gangs
    in one housing the first teaches the house code. sleep: how to wait, in the board's time (a test's run_s).
    Raises OutOfRange for a socket of gang 0, which no unit learns; LinkError, AirtimeExceeded, NotConfirmed.
    """
    switch = _teacher(thing)
    yield from _hold(thing, sleep)
    for left in range(SENDINGS, 0, -1):
        yield Step("send", f"sending ON: {thing.profile.sku} keeps it while its light flashes", round(left * PAUSE_S))
        switch.on(wait=SEND_S)
        sleep(PAUSE_S)
    for left in range(BLINKS, 0, -1):
        yield Step("blink", "off and on: watch it", round(2 * left * PAUSE_S))
        for on in (False, True):
            switch.set(on, wait=SEND_S)
            sleep(PAUSE_S)
    yield Step("done", f"if it went off and on it knows {thing.device}; if not, begin again", 0)


def _teacher(thing: OokThing) -> OokThing:
    if thing.gang != ALL:
        return thing
    if thing.profile.gangs > 1:
        return thing[1]  # type: ignore[index,no-any-return]
    raise OutOfRange("expected a gang of 1 to 6 to teach, got 0: no unit learns `all`", 1, 6)


def _hold(thing: OokThing, sleep: Sleep) -> Iterator[Step]:
    """Count down; whoever is early finds it flashing for long enough."""
    for left in range(HOLD_S, 0, -1):
        text = f"hold the button of the {thing.profile.sku} until its light flashes, then let go: {left}"
        yield Step("hold", text, left)
        sleep(1.0)


def choose_house(hub: Household, known: Iterable[int] = (), dice: Random | None = None) -> int:
    """A house code that nobody known uses: not one of the hub's things, not a default, not one of `known`.

    known: house codes of hand controllers that were heard. Another one may use it unheard, one in a million.
    """
    things = (thing.house for thing in hub.devices.values() if isinstance(thing, OokThing))
    taken = SEEN_HOUSES | {*known, *(house for house in things if house is not None)}
    dice = dice or SystemRandom()
    while True:
        house = dice.randrange(HOUSE_MAX)
        if house not in taken:
            return house


def learn_remote(hub: Listens, timeout_s: float = 30.0, *, sleep: Sleep = time.sleep) -> HeardOok:
    """The first button that is pressed on a hand controller of Energenie's kind; 300 s at most.

    MiHome devices are not heard meanwhile; the hub goes back as soon as there is one, or the time is over.
    Raises LinkTimeout if none came, LinkBusy if the hub listens already, or LinkError.
    """
    others: list[str] = []
    with hub.listen_ook(timeout_s) as buttons:
        while True:
            over, heard = buttons.over, buttons.get(0)
            if heard is not None and heard.code is not None:
                return heard
            if heard is not None:
                others.append(str(heard))
            elif over:
                raise LinkTimeout(_nothing(timeout_s, others))
            else:
                sleep(LOOK_S)


def _nothing(timeout_s: float, others: list[str]) -> str:
    other = f"; other remotes sent {', '.join(dict.fromkeys(others))}" if others else ""
    return (
        f"expected a button of a hand controller within {timeout_s:g} s, heard none{other}: "
        "hold the button for a second, a metre or more from the antenna"
    )
