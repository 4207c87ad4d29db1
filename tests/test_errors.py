"""The exception tree: what each class is, also as a built-in, and what it knows."""

from __future__ import annotations

import inspect
import pickle
import re

import pytest

from energy_hw import errors

CLASSES = {
    name: kind for name, kind in vars(errors).items() if inspect.isclass(kind) and kind.__module__ == errors.__name__
}


@pytest.mark.parametrize(
    ("name", "builtin"),
    [
        ("LinkError", OSError),
        ("NodeMissing", FileNotFoundError),
        ("SpiDisabled", FileNotFoundError),
        ("PermissionDenied", PermissionError),
        ("LinkTimeout", TimeoutError),
        ("RadioNotFound", OSError),
        ("ProtocolError", ValueError),
        ("ChecksumError", ValueError),
        ("OutOfRange", ValueError),
        ("ConfigError", ValueError),
        ("ExtraMissing", ValueError),
    ],
)
def test_each_is_also_the_builtin_that_it_resembles(name: str, builtin: type[Exception]) -> None:
    assert issubclass(CLASSES[name], builtin)


def test_everything_is_an_energy_hw_error() -> None:
    assert all(issubclass(kind, errors.EnergyHwError) for kind in CLASSES.values())


def drawn() -> dict[str, str]:
    """Class -> base, as the tree in the module's docstring draws them."""
    parents: dict[int, str] = {}
    tree = {}
    for line in (errors.__doc__ or "").splitlines():
        match = re.match(r"^([│ ├└─]*)([A-Z]\w+)\b", line)
        if match and ("─" in match[1] or match[2] == "EnergyHwError"):
            depth = len(match[1]) // 4
            parents[depth] = match[2]
            tree[match[2]] = parents.get(depth - 1, "Exception")
    return tree


def test_the_tree_in_the_docstring_is_the_tree_in_the_code() -> None:
    assert drawn() == {name: kind.__bases__[0].__name__ for name, kind in CLASSES.items()}


@pytest.mark.parametrize(
    ("error", "known"),
    [
        (errors.LinkBusy("busy", 42), {"holder": 42}),
        (errors.RadioNotFound("none", 0x12), {"version": 0x12}),
        (errors.FrameError("bad", b"\x01"), {"raw": b"\x01"}),
        (errors.ChecksumError("bad", b"\x01", 2, 3), {"raw": b"\x01", "expected": 2, "computed": 3}),
        (errors.ModbusError("illegal address", 2), {"code": 2}),
        (errors.OutOfRange("too much", 4, 30), {"low": 4, "high": 30}),
        (errors.AirtimeExceeded("wait", 12.5), {"wait_s": 12.5}),
        (errors.ConfigError("wrong", "house.toml", 3), {"path": "house.toml", "line": 3}),
        (errors.ExtraMissing("an encrypted meter", "crypto"), {"extra": "crypto", "line": None}),
        (errors.SinkError("away"), {"retry": True}),
        (errors.LinkBusy("busy"), {"holder": None}),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else "",
)
def test_what_an_error_knows(error: Exception, known: dict[str, object]) -> None:
    assert {name: getattr(error, name) for name in known} == known
    assert str(error) == error.args[0]


@pytest.mark.parametrize("kind", [errors.LinkError, errors.FrameError, errors.CommandError, errors.SpiDisabled])
def test_a_message_survives_being_sent_to_another_process(kind: type[Exception]) -> None:
    copy = pickle.loads(pickle.dumps(kind("expected this, got that")))  # noqa: S301
    assert (type(copy), str(copy)) == (kind, "expected this, got that")
