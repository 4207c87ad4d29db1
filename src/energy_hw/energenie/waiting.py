"""One command that waits for its windows, and the row of the file that it is between two runs."""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from energy_hw.core.message import Record, Value, encode_value
from energy_hw.energenie.checking import check
from energy_hw.energenie.orders import Outcome, Ticket
from energy_hw.energenie.parameters import parameter_id
from energy_hw.energenie.pending import Row
from energy_hw.energenie.profiles import Command, Profile
from energy_hw.energenie.report import device_id
from energy_hw.errors import CommandError, NotWritable

ENERGENIE = 4


class Carrier(NamedTuple):
    """How a command goes on air: its parameter, and the type and length of its value."""

    code: str
    type_length: int


class Pending(NamedTuple):
    """A queued command as its owner sees it. state: `queued`, or `sent` once it was on air. age_s: since put in."""

    name: str
    value: Value
    state: Outcome
    tries: int
    age_s: float


@dataclass(eq=False, slots=True)
class Waiting:
    """One command of a queue.

    code: its kind, by the profile. queued_at, sent_at: monotonic seconds of the board's clock; sent_at is its place in
    the rotation, and stays when a newer value takes over. matches: report intervals seen as commanded.
    """

    code: str
    value: Value
    carrier: Carrier
    ticket: Ticket
    queued_at: float
    expires_s: float
    sent_at: float = -math.inf
    matches: int = 0

    @property
    def record(self) -> Record:
        """What goes on air."""
        kind, length = self.carrier.type_length >> 4, self.carrier.type_length & 0x0F
        return Record(parameter_id(self.carrier.code), True, kind, encode_value(kind, length, self.value), None)

    def pending(self, now: float) -> Pending:
        """As its owner sees it."""
        ticket = self.ticket
        return Pending(ticket.name, self.value, ticket.outcome, ticket.tries, now - self.queued_at)


def to_row(waiting: Waiting, now: float) -> Row:
    """A row of the file; the device is added by who writes it."""
    return {
        "kind": "command",
        "code": waiting.code,
        "name": waiting.ticket.name,
        "value": to_json(waiting.value),
        "carrier": list(waiting.carrier),
        "tries": waiting.ticket.tries,
        "age": round(now - waiting.queued_at, 1),
        "expires": waiting.expires_s,
    }


def from_row(row: Row, profile: Profile, sensor: int, now: float, away_s: float) -> Waiting:
    """A command of an earlier run, away_s older than it was then. Raises ValueError if the product cannot take it."""
    try:
        code, value = str(row["code"]), _value(profile, row)
        carrier = Carrier(str(row["carrier"][0]), int(row["carrier"][1]))
        ticket = Ticket(device_id(ENERGENIE, profile.product or 0, sensor), str(row["name"]), value)
        ticket.tries = int(row["tries"])
        waiting = Waiting(code, value, carrier, ticket, now - float(row["age"]) - away_s, float(row["expires"]))
        encode_value(carrier.type_length >> 4, carrier.type_length & 0x0F, value)
        parameter_id(carrier.code)
    except (CommandError, KeyError, IndexError, TypeError, ArithmeticError) as error:
        raise ValueError(f"not a command of {profile.model}: {error}") from error
    return waiting


def _value(profile: Profile, row: Row) -> Value:
    return check(command_of(profile, str(row["code"])), row["value"])


def setting_of(row: Row, profile: Profile) -> tuple[str, Value]:
    """What was last set, by code. Raises ValueError as from_row()."""
    try:
        return str(row["code"]), _value(profile, row)
    except (CommandError, KeyError) as error:
        raise ValueError(f"not a setting of {profile.model}: {error}") from error


def command_of(profile: Profile, code: str) -> Command:
    """The command of a product. Raises NotWritable that names what it obeys."""
    command = profile.command(code)
    if command is None:
        obeyed = ", ".join(other.code for other in profile.obeys)
        raise NotWritable(f"{profile.model} does not obey {code}; it obeys {obeyed or 'nothing'}")
    return command


def to_json(value: Value) -> object:
    """Digits stay as they are: a Decimal is written as text."""
    return str(value) if isinstance(value, Decimal) else value
