"""Fixtures for every test."""

from __future__ import annotations

import pytest

from energy_hw import core as cores
from energy_hw.core.interface import Core


@pytest.fixture(params=cores.NAMES)
def core(request: pytest.FixtureRequest) -> Core:
    """Each of the two cores."""
    return cores.get(request.param)
