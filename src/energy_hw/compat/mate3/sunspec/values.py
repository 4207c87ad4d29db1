"""mate3 0.6's `mate3.sunspec.values`: classes of what is read from each model."""

from __future__ import annotations

from energy_hw.compat.mate3.field_values import ModelValues, values_class
from energy_hw.compat.mate3.sunspec.models import MODELS

NAMES = {row[1]: did for did, row in MODELS.items()}

__all__ = ["ModelValues", *NAMES]


def __getattr__(name: str) -> type[ModelValues]:
    if name in NAMES:
        return values_class(NAMES[name])
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}; it has {', '.join(NAMES)}")


def __dir__() -> list[str]:
    return sorted(__all__)
