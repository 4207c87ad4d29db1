"""What is known of one device: what it said, what it was told, who wants to hear of it.

There is one for each device id, however many objects stand for it, so that a Plug made
after an hour knows what the plug said in that hour.

Frames are partial (a plug that was switched reports SWITCH_STATE alone), so a report is
merged into what is known, never put in its place. A command looks like a report but for one
bit: what another gateway tells the device is not what the device says.
"""

from __future__ import annotations

import threading
import weakref
from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple, cast

from energy_hw.core.message import Record
from energy_hw.energenie.events import OVERDUE, UPDATED, Callbacks, Cancel, Certainty, Event, EventStream, Listener
from energy_hw.energenie.orders import Outcome, Ticket
from energy_hw.energenie.parameters import parameter, parameter_id
from energy_hw.energenie.values import ALARM, alarm_letters
from energy_hw.reading import Quantity, Reading, Report, Value

if TYPE_CHECKING:
    from energy_hw.energenie.receiver import Heard

JOIN = 0x6A
MOST_TOLD = 8
ANSWER_S = 0.1
"""Nothing heard sooner after a command began is its answer: it lasts 55 ms, the shortest report 45 ms."""
UNANSWERED = frozenset((Outcome.EXPIRED, Outcome.FAILED))


class Known(NamedTuple):
    """The last reading of one parameter, and when it came."""

    reading: Reading
    received: datetime
    at: float
    """Monotonic seconds of the board's clock."""


class Trusted(NamedTuple):
    """A value, and how far it can be trusted."""

    value: Value
    certainty: Certainty


UNKNOWN = Trusted(None, Certainty.UNKNOWN)


def is_said(record: Record) -> bool:
    """Whether a record is the device's word, not something asked of it.

    A JOIN is asked in the form of a command and answered in that of a report; a record without
    data is an event where the parameter is one, else a request. Source: OpenThings 1.02.
    """
    if record.parameter == JOIN:
        return record.command
    return not record.command and (bool(record.data) or parameter(record.parameter).quantity is Quantity.EVENT)


class Memory:
    """What is known of one device.

    report: the last thing it said. at: when, in monotonic seconds of the board's clock. count: how often it spoke.
    alarms: by upper-case letter, whether raised. overdue: as its listeners were told last. name: what its owner calls
    it, or "".

    Thread safety: call from any thread. Its lock is never held while anything else is called.
    """

    def __init__(self, device: str, callbacks: Callbacks, name: str = "") -> None:
        self.device, self.name = device, name
        self.report: Report | None = None
        self.at: float | None = None
        self.count = 0
        self.alarms: dict[str, bool] = {}
        self.overdue = False
        self._known: dict[str, Known] = {}
        self._told: dict[str, list[Ticket]] = {}
        self._callbacks = callbacks
        self._listeners: tuple[Listener, ...] = ()
        self._streams: weakref.WeakSet[EventStream] = weakref.WeakSet()
        self._closed = False
        self._lock = threading.Lock()

    # -- what it said ------------------------------------------------------

    def heard(self, heard: Heard) -> bool:
        """Merge what it said; the radio's thread calls this. Whether the device itself said anything."""
        said = [is_said(record) for record in heard.message.records]
        if not any(said):
            return False
        readings = [reading for reading, mine in zip(heard.report, said, strict=False) if mine]
        with self._lock:
            self.report, self.at, self.count = heard.report, heard.at, self.count + 1
            events = [event for reading in readings if (event := self._merge(reading, heard))]
            for reading in heard.report.readings[len(said) :]:
                self._merge(reading, heard)  # RSSI, of which nobody wants to be told
        self.note_overdue(False)
        self._tell(*events, Event(self.device, "", UPDATED, report=heard.report))
        return True

    def _merge(self, reading: Reading, heard: Heard) -> Event | None:
        """A value of a type that nobody can read does not take the place of one that was read."""
        key = reading.code if reading.channel is None else f"{reading.code}/{reading.channel}"
        previous = self._known.get(key)
        if reading.value is None and previous is not None and previous.reading.value is not None:
            return None
        self._known[key] = Known(reading, heard.report.received, heard.at)
        if reading.code == parameter(ALARM).code:
            self.alarms |= {letter.upper(): letter.isupper() for letter in alarm_letters(reading.value)}
        was = None if previous is None else previous.reading.value
        return Event(self.device, reading.code, reading.name, reading.value, was, report=heard.report)

    def known(self, code: str) -> Known | None:
        """The last reading of a parameter by its code (of an enumerated one `CLOSURES/2`), or None before the first."""
        return self._known.get(code)

    def all_known(self) -> dict[str, Known]:
        """Every parameter that it has reported, by code."""
        with self._lock:
            return dict(self._known)

    def note_overdue(self, overdue: bool) -> None:
        """Whether it has been silent for too long; the radio's thread looks once a second."""
        if overdue is not self.overdue:
            self.overdue = overdue
            self._tell(Event(self.device, "", OVERDUE, overdue, not overdue))

    # -- what it was told --------------------------------------------------

    def told(self, code: str, ticket: Ticket) -> None:
        """Remember an order for a parameter: its value counts from the moment when it is on air."""
        with self._lock:
            self._told[code] = [*_useful(self._told.get(code, [])), ticket]
        ticket.when_done(lambda ticket: self._settled(code, ticket))

    def _settled(self, code: str, ticket: Ticket) -> None:
        """A device that never answers makes no report: its listeners hear of the order instead."""
        if ticket.outcome is not Outcome.ASSUMED:
            return
        with self._lock:
            before = _last_sent(other for other in self._told.get(code, []) if other is not ticket)
        was = None if before is None else _value(before)
        self._tell(Event(self.device, code, name_of(code), _value(ticket), was, Certainty.ASSUMED))

    def trusted(self, code: str) -> Trusted:
        """The value of a parameter by the later of what the device said and what it was told."""
        with self._lock:
            known, told = self._known.get(code), _last_sent(self._told.get(code, []))
        if told is None or (known is not None and known.at > (told.sent_at or 0.0) + ANSWER_S):
            return UNKNOWN if known is None else Trusted(known.reading.value, Certainty.CONFIRMED)
        return UNKNOWN if told.outcome in UNANSWERED else Trusted(_value(told), Certainty.ASSUMED)

    def intended(self, code: str) -> Value:
        """The value that it will have when every order has been obeyed; None where that is not known."""
        with self._lock:
            waiting = [ticket for ticket in self._told.get(code, []) if not ticket.done]
        return _value(waiting[-1]) if waiting else self.trusted(code).value

    # -- who wants to hear of it -------------------------------------------

    def listen(self, listener: Listener) -> Cancel:
        """Call back from now on, until the returned function is called; then also not for what waits already."""
        self._callbacks.start()
        with self._lock:
            self._listeners = (*self._listeners, listener)
        return lambda: self._forget(listener)

    def stream(self, *names: str) -> EventStream:
        """Events of these names from now on, all without names."""
        stream = EventStream(names)
        with self._lock:
            self._streams.add(stream)
            if self._closed:
                stream.close()
        return stream

    def close(self) -> None:
        """End every stream."""
        with self._lock:
            self._closed, streams = True, list(self._streams)
        for stream in streams:
            stream.close()

    @property
    def wanted(self) -> bool:
        """Whether somebody named it or listens."""
        return bool(self.name or self._listeners or self._streams)

    def _forget(self, listener: Listener) -> None:
        listener.active = False
        with self._lock:
            self._listeners = tuple(other for other in self._listeners if other is not listener)

    def _tell(self, *events: Event) -> None:
        with self._lock:
            listeners, streams = self._listeners, list(self._streams)
        for event in events:
            for listener in listeners:
                if listener.wants(event):
                    self._callbacks.post(listener, event)
            for stream in streams:
                stream.offer(event)


def name_of(code: str) -> str:
    """Our name of a parameter by its code; that of an unknown one in small letters."""
    try:
        return parameter(parameter_id(code)).name
    except KeyError:
        return code.lower()


def _useful(tickets: list[Ticket]) -> list[Ticket]:
    """Those that still count: the last one on air, and the few that may yet be."""
    last = _last_sent(tickets)
    return [ticket for ticket in tickets if ticket is last or not ticket.done][-MOST_TOLD:]


def _last_sent(tickets: Iterable[Ticket]) -> Ticket | None:
    sent = (ticket for ticket in tickets if ticket.sent_at is not None)
    return max(sent, key=lambda ticket: ticket.sent_at or 0.0, default=None)


def _value(ticket: Ticket) -> Value:
    return cast("Value", ticket.value)
