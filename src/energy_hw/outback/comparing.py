"""Then and now: in what a device differs from the one that was read, and which others it could be taken for."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from decimal import Decimal

from energy_hw.outback.identity import Fingerprint, tail, twins
from energy_hw.outback.lifetime import MOST_AN_HOUR

LEAST_HOURS = Decimal("0.1")  # clocks of two reads, and of a computer that has just been told the time

Field = tuple[str, Callable[[Fingerprint], object]]
FIELDS: tuple[Field, ...] = (
    ("gateway serial", lambda one: one.gateway),
    ("gateway MAC", lambda one: one.mac),
    ("model id", lambda one: one.did),
    ("length", lambda one: one.length),
    ("port", lambda one: one.port),
    ("model", lambda one: one.model or "none"),
    ("serial", lambda one: one.serial),
    ("firmware", lambda one: ".".join(map(str, one.firmware))),
)
SECRETIVE = ("gateway serial", "gateway MAC", "serial")


@dataclass(frozen=True, slots=True)
class Verdict:
    """changed: differences, (then, now) in each line. alike: ports of devices that nothing tells it apart from.

    proof: what told it apart from devices of the same model, for people.
    """

    changed: tuple[str, ...]
    alike: tuple[int | None, ...]
    proof: str


def differences(then: Fingerprint, now: Fingerprint) -> list[str]:
    """One line for each thing that is not as it was: `port: then 3, now 4`. Empty: nothing speaks against it."""
    lines = [_line(name, of(then), of(now)) for name, of in FIELDS if of(then) != of(now)]
    return lines + counter_differences(then, now)


def _line(name: str, then: object, now: object) -> str:
    if name not in SECRETIVE:
        return f"{name}: then {then}, now {now}"
    texts = [tail(str(one)).removeprefix("serial ") for one in (then, now)]
    end = " (another with the same end)" if texts[0] == texts[1] else ""
    return f"{name}: then {texts[0]}, now {texts[1]}{end}"


def counter_differences(then: Fingerprint, now: Fingerprint) -> list[str]:
    """Lifetime counters that shrank, vanished, or grew by more than the hours between the two can have made.

    Allowed: MOST_AN_HOUR for each hour since then, and one step of the counter for rounding. An hour after 6109 kWh
    a controller may read 6109..6120: 10 kW for an hour, and one.
    """
    hours = max(Decimal(str((now.taken - then.taken).total_seconds() / 3600)), Decimal(0)) + LEAST_HOURS
    lines = []
    for name, (value, step) in then.counters.items():
        most = value + MOST_AN_HOUR[name] * hours + step
        came = now.counters.get(name)
        if came is None:
            lines.append(f"{name}: then {value}, now nothing")
        elif not value <= came[0] <= most:
            lines.append(f"{name}: then {value}, now {came[0]}; {value}..{most:.1f} is possible")
    return lines


def compare(
    then: Fingerprint, now: Fingerprint, but: Collection[str] = (), others: Collection[Fingerprint] | None = None
) -> Verdict:
    """What changed since, and what it could be taken for.

    now: read this moment, of what stands at its address. but: settings that say nothing, having been written.
    others: twins(then), where they are known already.
    """
    changed, alike, proofs = differences(then, now), [], []
    for twin in twins(then) if others is None else others:
        if then.counters and twin.counters and counter_differences(twin, now):
            proofs.append("lifetime counters")
            continue
        own, others_had = _settings(then, twin, now, but)
        changed += others_had
        if own:
            proofs.append(own[0])
        elif not others_had:
            alike.append(twin.port)
    proof = ", ".join(dict.fromkeys(proofs)) or ("serial number" if then.serial else "model")
    return Verdict(tuple(dict.fromkeys(changed)), tuple(alike), "port" if alike else proof)


def _settings(
    then: Fingerprint, twin: Fingerprint, now: Fingerprint, but: Collection[str]
) -> tuple[list[str], list[str]]:
    """(settings that still are its own, lines for those that now are as the twin's were)."""
    own, others = [], []
    for name, words in then.steady.items():
        if name in but or words == twin.steady.get(name):
            continue
        if now.steady.get(name) == words:
            own.append(name)
        elif now.steady.get(name) == twin.steady.get(name):
            others.append(f"{name}: no longer as it was then, but as the {twin.name} had it")
    return own, others
