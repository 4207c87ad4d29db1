"""mate3's `mate3.base_definitions` at 66a4525: what 0.4.0 has in base_parser."""

from __future__ import annotations

from energy_hw.compat.mate3.base_parser import BaseParser as BaseDefinition
from energy_hw.compat.mate3.base_parser import Field, Mode

__all__ = ["BaseDefinition", "Field", "Mode"]
