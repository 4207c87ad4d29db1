"""The names of the package, and that they cost nothing until they are used."""

from __future__ import annotations

import subprocess
import sys

import pytest

from energy_hw import p1


@pytest.mark.parametrize("name", p1.__all__)
def test_each_name_leads_to_something_of_that_name(name: str) -> None:
    assert getattr(p1, name) is not None
    assert name in dir(p1)


def test_another_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'P2Meter'"):
        _ = p1.P2Meter  # type: ignore[attr-defined]


def test_importing_the_package_loads_no_meter_and_no_serial_port() -> None:
    code = "import energy_hw.p1, sys; sys.exit(any(m.startswith(('energy_hw.p1.', 'serial')) for m in sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], timeout=30).returncode == 0


def test_the_short_name_is_the_same_class() -> None:
    import energy_hw

    assert energy_hw.P1Meter is p1.P1Meter
