"""OpenThings.Message: a message as a dictionary, with paths into it.

msg["header"]["sensorid"]       msg.get("header_sensorid")           msg.set(header_sensorid=0x373)
msg["recs"][0]["value"]         msg.get("recs_0_value")              msg.set(recs_0_value=1)
msg[PARAM_SWITCH_STATE]         msg.get("recs_SWITCH_STATE_value")   msg.set(recs_SWITCH_STATE_value=1)
"""

from __future__ import annotations

import copy
import re
import time
from collections.abc import Iterator
from typing import Any

from energy_hw.compat.energenie._parameters import paramid_to_paramname, paramname_to_paramid

_BY_NAME = re.compile(r"(?P<name>[A-Z][A-Z0-9_]*?)(?:_(?P<field>[a-z]\w*))?")
MOST_RECORDS = 64


class Message:
    """A message as a dictionary with `header` and `recs`; pydict is that dictionary.

    What it is made from is copied: a template stays a template.

    Thread safety: as a dict.
    """

    BLANK: dict[str, Any] = {"header": {"mfrid": None, "productid": None, "sensorid": None}, "recs": []}  # noqa: RUF012

    def __init__(self, pydict: Any = None, **kwargs: Any) -> None:
        """pydict: a dictionary or a Message; kwargs: as set()."""
        self.pydict: dict[str, Any] = copy.deepcopy(as_pydict(self.BLANK if pydict is None else pydict))
        self.set(**kwargs)

    # -- as a dictionary ---------------------------------------------------

    def __getitem__(self, key: int | str) -> Any:
        """`header`, `recs`, a path, or the record of a parameter by its id. Raises KeyError."""
        number = _number(key)
        if number is not None:
            return self.pydict["recs"][self._index(number, KeyError)]
        return self.pydict[str(key)] if key in self.pydict or "_" not in str(key) else self.get(str(key))

    def __setitem__(self, key: int | str, value: Any) -> None:
        """By id: the record is replaced, or added."""
        number = _number(key)
        if number is None:
            self.set(**{str(key): value})
        elif number in self:
            self.pydict["recs"][self._index(number, KeyError)] = {**value, "paramid": number}
        else:
            self.append_rec(number, value)

    def __contains__(self, key: object) -> bool:
        number = _number(key)
        if number is None:
            return key in self.pydict
        return any(rec.get("paramid") == number for rec in self.pydict.get("recs", []))

    def __iter__(self) -> Iterator[str]:
        return iter(self.pydict)

    def __len__(self) -> int:
        return len(self.pydict)

    def __eq__(self, other: object) -> bool:
        return bool(self.pydict == as_pydict(other))

    __hash__ = None  # type: ignore[assignment]  # it can be changed

    def keys(self) -> Any:
        """As a dict's, with items() and values(), so that dict(message) works."""
        return self.pydict.keys()

    def items(self) -> Any:
        """As a dict's."""
        return self.pydict.items()

    def values(self) -> Any:
        """As a dict's."""
        return self.pydict.values()

    def copyof(self) -> Message:
        """A message of its own with the same content."""
        return Message(self.pydict)

    # -- by paths ----------------------------------------------------------

    def get(self, keypath: str, default: Any = None) -> Any:
        """What is at a path such as `recs_0_value`. Raises KeyError, IndexError or ValueError.

        default: given back instead for a plain key that is not there, as of a dict.
        """
        if default is not None and "_" not in keypath:
            return self.pydict.get(keypath, default)
        place: Any = self.pydict
        for step in self._steps(keypath):
            place = place[step]
        return place

    def set(self, **kwargs: Any) -> None:
        """Set what is at each path. Raises ValueError for a parameter that the message has not."""
        for path, value in kwargs.items():
            *parents, last = self._steps(path)
            place: Any = self.pydict
            for step in parents:
                place = place[step]
            _put(place, last, value, _parameter_of(path))

    def alter(self, **kwargs: Any) -> Message:
        """set(), and the message itself."""
        self.set(**kwargs)
        return self

    def set_PARAM_NAME(self, key: str, value: Any) -> None:
        """`SWITCH_STATE_value`, or `SWITCH_STATE` for the whole record. Raises ValueError."""
        self.set(**{f"recs_{key}": value})

    def append_rec(self, *args: Any, **kwargs: Any) -> int:
        """Add a record, and give its index: append_rec({...}), (PARAM_x, {...}), or (PARAM_x, wr=True, value=1).

        Raises ValueError for anything else.
        """
        match args:
            case (dict() as rec,) if not kwargs:
                added = rec
            case (int() as number,):
                added = {"paramid": number, **kwargs}
            case (int() as number, dict() as rec) if not kwargs:
                added = {**rec, "paramid": number}
            case _:
                raise ValueError(f"expected a record, or a parameter and its fields, got {args!r} {kwargs!r}")
        self.pydict["recs"].append(added)
        return len(self.pydict["recs"]) - 1

    def _steps(self, path: str) -> list[str | int]:
        """Keys and indexes of a path."""
        number, match = _parameter_of(path), _BY_NAME.fullmatch(path.removeprefix("recs_"))
        if number is not None and match is not None:
            return ["recs", self._index(number, ValueError), *([match["field"]] if match["field"] else [])]
        return [path] if path in self.pydict else [int(step) if step.isdigit() else step for step in path.split("_")]

    def _index(self, number: int, error: type[Exception]) -> int:
        for index, rec in enumerate(self.pydict["recs"]):
            if rec.get("paramid") == number:
                return index
        raise error(f"the message has no {paramid_to_paramname(number)}")

    # -- to be read --------------------------------------------------------

    def __str__(self) -> str:
        return str(self.pydict)

    __repr__ = __str__

    def dump(self) -> None:
        """Print it."""
        print(text_of(self))


def as_pydict(message: Any) -> Any:
    """The dictionary of a Message; anything else as it is."""
    return message.pydict if isinstance(message, Message) else message


def text_of(message: Any, timestamp: float | None = None) -> str:
    """A line for address and each record, and one for the time of reception if that is known."""
    pydict = as_pydict(message)
    stamp = pydict.get("rxtimestamp") if timestamp is None else timestamp
    lines = [] if stamp is None else [time.strftime("receive-time:%Y-%m-%d %H:%M:%S", time.localtime(stamp))]
    header = {key: "" if value is None else f"{value:#x}" for key, value in pydict.get("header", {}).items()}
    ids = (header.get(key, "") for key in ("mfrid", "productid", "sensorid"))
    lines.append("mfrid:{} prodid:{} sensorid:{}".format(*ids))
    return "\n".join([*lines, *map(_record_text, pydict.get("recs", []))])


def _record_text(rec: dict[str, Any]) -> str:
    number = rec.get("paramid")
    name = rec.get("paramname", "") if number is None else f"{number:#x} {paramid_to_paramname(number)}"
    return f"{'write' if rec.get('wr') else 'read '} {name} {rec.get('paramunit', '')} = {rec.get('value')}"


def _number(key: object) -> int | None:
    """A parameter id, as a number or as digits."""
    return int(key) if isinstance(key, int) or (isinstance(key, str) and key.isdigit()) else None


def _parameter_of(path: str) -> int | None:
    """The parameter that a path such as `recs_SWITCH_STATE_value` names. Raises ValueError for an unknown one."""
    match = _BY_NAME.fullmatch(path.removeprefix("recs_"))
    return paramname_to_paramid(match["name"]) if path.startswith("recs_") and match else None


def _put(place: Any, last: str | int, value: Any, number: int | None) -> None:
    """Set it; a list grows to hold it, and a whole record keeps its parameter."""
    if isinstance(place, list) and isinstance(last, int):
        if last >= MOST_RECORDS:
            raise ValueError(f"expected a record below {MOST_RECORDS}, got {last}")
        place.extend({} for _ in range(last + 1 - len(place)))
        value = value if number is None else {**value, "paramid": number}
    place[last] = value
