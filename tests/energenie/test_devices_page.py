"""docs/devices.md says what there is, and what it says is there."""

from __future__ import annotations

import re
from pathlib import Path
from textwrap import dedent

import pytest

import energy_hw
from device_rig import SENSOR, open_desk
from energy_hw.energenie import sensors
from energy_hw.energenie.switchable import Switchable
from energy_hw.energenie.thing import Thing

DOCS = Path(__file__).resolve().parents[2] / "docs"
PAGE = (DOCS / "devices.md").read_text()
ROWS = dict(re.findall(r"^\| `(\w+)` \| (.*)$", PAGE, re.MULTILINE))
CLASSES = {name: getattr(energy_hw, name) for name in energy_hw.__all__ if isinstance(getattr(energy_hw, name), type)}
THINGS = {name: kind for name, kind in CLASSES.items() if issubclass(kind, Thing)}
VALUES = {"single", "double", "long", "last"}


@pytest.mark.parametrize("name", sorted(THINGS))
def test_every_class_has_a_row_and_every_name_in_it_is_an_attribute(name: str) -> None:
    words = set(re.findall(r"`(\w+)[`(\"]", ROWS[name])) - VALUES - {"Monitor"}
    assert words
    assert {word for word in words if not hasattr(THINGS[name], word)} == set()


@pytest.mark.parametrize("name", sorted(THINGS))
def test_what_can_be_switched_says_so(name: str) -> None:
    assert ("`on` `off`" in ROWS[name] or name == "Strip") is issubclass(THINGS[name], Switchable)


@pytest.mark.parametrize("word", ["UnknownDevice", "NotWritable", "OutOfRange", "NotConfirmed", "CommandError"])
def test_errors_on_the_page_exist(word: str) -> None:
    assert word in PAGE
    assert hasattr(__import__("energy_hw.errors", fromlist=[word]), word)


def test_the_class_that_the_page_on_adding_one_shows_works() -> None:
    text = (DOCS / "adding-a-device.md").read_text()
    (block,) = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    names = dict(vars(sensors))
    exec(dedent(block), names)  # noqa: S102 - our own page
    with open_desk() as desk:
        sensor = names["FloodSensor"](desk.engine, SENSOR)
        assert sensor.is_wet is None
        for _ in range(2):  # an unknown product is believed from the second frame on
            desk.say(0x42, WATER_DETECTOR=1)
        assert sensor.is_wet is True
