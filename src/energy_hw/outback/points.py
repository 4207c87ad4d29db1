"""Points by name: what a snapshot's devices and the live ones have in common."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import NoReturn

from energy_hw.errors import UnknownPoint
from energy_hw.outback.tables import points
from energy_hw.outback.values import PointValue
from energy_hw.reading import Value

HEADER = frozenset({"did", "length", "port_number"})


class Points:
    """An attribute is a point's plain value, [...] its PointValue, by our name or by code; iterating gives them all.

    Names of the class itself come first: where a model has a point `model`, it is read as device["model"].
    """

    __slots__ = ()

    @property
    def name(self) -> str:
        """What it is called in messages."""
        raise NotImplementedError

    def _values(self) -> Mapping[str, PointValue]:
        """By name, in the order of the registers."""
        raise NotImplementedError

    def _names(self) -> Iterable[str]:
        """The names that there are, as far as that is known without reading anything."""
        return self._values()

    def _every_name(self) -> Iterable[str]:
        """The names that the tables have for such a device, with any firmware."""
        raise NotImplementedError

    def get(self, name: str) -> PointValue | None:
        """The point of this name or code; None where this device has none."""
        values = self._values()
        found = values.get(name)
        return found or next((value for value in values.values() if value.point.code == name), None)

    def __getitem__(self, name: str) -> PointValue:
        """The point of this name or code. Raises UnknownPoint, which names similar ones."""
        found = self.get(name)
        if found is None:
            raise UnknownPoint(self._unknown(name))
        return found

    def __getattr__(self, name: str) -> Value:
        if name.startswith("_"):  # a copy or a debugger asks; no point has such a name
            raise AttributeError(name)
        found = self._values().get(name)
        if found is None:
            raise AttributeError(self._unknown(name))
        return found.value

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and self.get(name) is not None

    def __iter__(self) -> Iterator[PointValue]:
        return iter(self._values().values())

    def __dir__(self) -> list[str]:
        return sorted({*object.__dir__(self), *self._names()})

    def _unknown(self, name: str) -> str:
        return unknown(self.name, name, self._every_name(), self._names())


@cache
def names_of(dids: tuple[int, ...]) -> Mapping[str, str]:
    """Code -> name of every point that tables know of these models, for a device that consists of them.

    Where a second model has a name too, its own comes before it: `inverter_single_phase_status`.
    """
    names: dict[str, str] = {}
    for did in dids:
        taken = set(names.values())
        for point in (*points(did, None, True), *points(did, None, False)):
            names[point.code] = f"{point.model}_{point.name}" if point.name in taken else point.name
    return names


def unknown(owner: str, name: str, known: Iterable[str], here: Iterable[str]) -> str:
    """That owner has no such point: not in this firmware, or in none, and then which ones are near."""
    from difflib import get_close_matches

    known = list(known)
    if name in known:
        return f"{owner} has no {name} with its firmware: its registers end before it, or were not read yet"
    telling = [one for one in list(here) or known if one not in HEADER and not one.endswith("scale_factor")]
    near = get_close_matches(name, telling, n=4) or telling[:8]
    return f"{owner} has no point {name}; did you mean {', '.join(near)}?"


def of_settings(owner: str, name: str) -> str:
    """That it is one of the settings of owner."""
    return f"{owner} has no point {name}, its settings have: {owner}.settings.{name}"


def refuse(owner: str, name: str) -> NoReturn:
    """Raises AttributeError: a snapshot is of the past."""
    raise AttributeError(f"{owner}.{name} cannot be set: this is a snapshot, write through the live object, Mate3")


def restore(self: object, state: tuple[None, Mapping[str, object]]) -> None:
    """As __setstate__ of what refuses to be set: copies, and other processes, get the same."""
    for name, value in state[1].items():
        object.__setattr__(self, name, value)
