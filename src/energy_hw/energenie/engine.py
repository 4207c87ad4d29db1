"""The hub without its thread: one radio, its scheduler and its devices, moved on by step().

The hub's thread loops over step(). A test holds an Engine itself, on a board in virtual time:
nothing happens but in its own calls, so every run is the same.

    board = sim_board(seed=1)                  # virtual time; or House(...).board
    with open_engine(board) as engine:
        kettle = Plug(engine, 0x000373)        # an Engine takes the place of the Hub
        kettle.on(wait=2.0)                    # steps until the ticket is settled
        engine.run_s(30.0)                     # lets 30 simulated seconds pass
        ticket = engine.submit(order)
        engine.step()                          # one look at scheduler and radio
"""

from __future__ import annotations

import math
from dataclasses import replace
from types import TracebackType

from energy_hw import core as cores
from energy_hw.core.interface import Core, Radio, RadioConfig
from energy_hw.energenie.audit import Audit
from energy_hw.energenie.counters import HubCounters
from energy_hw.energenie.devices import device_for
from energy_hw.energenie.gate import SPACING_S
from energy_hw.energenie.hand_controllers import HandControllers
from energy_hw.energenie.household import Household
from energy_hw.energenie.identity import Standing
from energy_hw.energenie.names import Names
from energy_hw.energenie.open import open_receiver
from energy_hw.energenie.orders import Order, Ticket
from energy_hw.energenie.receiver import Heard, Receiver, Refused
from energy_hw.energenie.roster import Roster
from energy_hw.energenie.scheduler import Scheduler
from energy_hw.energenie.windows import Windows
from energy_hw.links.board import Board


class Engine(Household):
    """What the radio's thread does, one step at a time.

    Thread safety: what a Household has and the scheduler's submit() from any thread; the rest from one.
    """

    def __init__(
        self,
        core: Core,
        board: Board,
        radio: Radio,
        receiver: Receiver,
        *,
        seed: int | None = None,
        spacing_s: float = SPACING_S,
        audit: Audit | None = None,
        household: Household | None = None,
    ) -> None:
        """household: whom its devices belong to: the hub whose engine this is; without one, the engine itself."""
        self.core, self.board, self.radio, self.receiver = core, board, radio, receiver
        self.identities = receiver.identities
        self.scheduler = Scheduler(receiver, board, seed, spacing_s=spacing_s, audit=audit)
        self.forecast, self.audit = self.scheduler.forecast, self.scheduler.audit
        self.windows = Windows(core, board.clock, self.scheduler.submit, self.forecast.expect, self.audit.note)
        owner = household or self
        self.roster = Roster(lambda heard: device_for(owner, heard.message))

    def step(self, most_s: float = math.inf) -> Heard | Refused | None:
        """Send what is due, wait (most_s at the longest), look once; devices and orders learn what came."""
        self.naming.tick()
        self.windows.tick()
        self.roster.tick(self.board.clock.monotonic())
        self.scheduler.run()
        event = self.receiver.step(min(most_s, self.scheduler.patience_s()), hurry=self.scheduler.hurry)
        if isinstance(event, Heard) and event.standing is Standing.DEVICE:
            self._tell(event)
        return event

    def run_s(self, seconds: float) -> list[Heard | Refused]:
        """Step until so much of the board's time has passed; what came meanwhile."""
        events, end = [], self.board.clock.monotonic() + seconds
        while (left_s := end - self.board.clock.monotonic()) > 0:
            event = self.step(left_s)
            if event is not None:
                events.append(event)
        return events

    def _tell(self, event: Heard) -> None:
        self.windows.heard(event)  # first: who has just spoken listens for a moment
        self.roster.heard(event)
        self.scheduler.heard(event)
        self.naming.discovery.heard(event)

    def submit(self, order: Order) -> Ticket:
        """Hand an order to the scheduler; its ticket's wait() steps this engine. Raises LinkClosed."""
        ticket = self.scheduler.submit(order)
        ticket.waiter = self.step_until
        return ticket

    def step_until(self, ticket: Ticket, timeout_s: float) -> bool:
        """Let time pass until the ticket is settled, timeout_s at the longest; whether it is."""
        end = self.board.clock.monotonic() + timeout_s
        while not ticket.done and (left_s := end - self.board.clock.monotonic()) > 0:
            self.step(left_s)
        return ticket.done

    def counters(self) -> HubCounters:
        """A copy of all counters of radio and orders."""
        return replace(self.receiver.counters(), orders=self.scheduler.counters())

    def listen_ook(self, seconds: float) -> HandControllers:
        """As Hub.listen_ook(); run_s() lets the time pass."""
        return HandControllers(self, self.receiver, lambda work: work(), seconds)

    def close(self) -> None:
        """Radio in standby, board released; what waits fails with LinkClosed. May be called twice."""
        self.receiver.end_listening()
        self.radio.close()
        self.board.close()
        self.scheduler.close()
        self.windows.close()
        self.roster.close()

    def __enter__(self) -> Engine:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def open_engine(
    board: Board,
    core: str | None = None,
    config: RadioConfig | None = None,
    *,
    seed: int | None = 0,
    spacing_s: float = SPACING_S,
    audit: Audit | None = None,
    names: Names | None = None,
) -> Engine:
    """An engine on an open board, receiving. Raises as Hub does.

    core: `c`, `python`, or what ENERGY_HW_CORE says. names: None for those of a simulated house, or the default file.
    """
    receiver, board, radio = open_receiver(None, None, None, config, core, board)
    engine = Engine(cores.get(core), board, radio, receiver, seed=seed, spacing_s=spacing_s, audit=audit)
    engine.windows.waiter = engine.step_until
    engine.name_devices(names)
    return engine
