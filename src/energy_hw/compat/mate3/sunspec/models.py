"""mate3 0.6's `mate3.sunspec.models`: one class for each model, its fields as class attributes.

Each is made when it is first asked for.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any

from energy_hw.compat.mate3.sunspec.fields import Field, Mode, fields_of

# fmt: off
MODELS = {
    #  model: class of its fields,                        class of its values,               class of the device
    1:     ("SunSpecCommonModel",                      "SunSpecCommonValues",                     ""),
    101:   ("SunSpecInverterSinglePhaseModel",         "SunSpecInverterSinglePhaseValues",        ""),
    102:   ("SunSpecInverterSplitPhaseModel",          "SunSpecInverterSplitPhaseValues",         ""),
    103:   ("SunSpecInverterThreePhaseModel",          "SunSpecInverterThreePhaseValues",         ""),
    64110: ("OutBackModel",                            "OutBackValues",                           "Mate3DeviceValues"),
    64111: ("ChargeControllerModel",                   "ChargeControllerValues",        "ChargeControllerDeviceValues"),
    64112: ("ChargeControllerConfigurationModel",      "ChargeControllerConfigurationValues",     ""),
    64113: ("FXInverterRealTimeModel",                 "FXInverterRealTimeValues",           "FXInverterDeviceValues"),
    64114: ("FXInverterConfigurationModel",            "FXInverterConfigurationValues",           ""),
    64115: ("SplitPhaseRadianInverterRealTimeModel",   "SplitPhaseRadianInverterRealTimeValues",
            "SplitPhaseRadianInverterDeviceValues"),
    64116: ("RadianInverterConfigurationModel",        "RadianInverterConfigurationValues",       ""),
    64117: ("SinglePhaseRadianInverterRealTimeModel",  "SinglePhaseRadianInverterRealTimeValues",
            "SinglePhaseRadianInverterDeviceValues"),
    64118: ("FLEXnetDCRealTimeModel",                  "FLEXnetDCRealTimeValues",                 "FNDCDeviceValues"),
    64119: ("FLEXnetDCConfigurationModel",             "FLEXnetDCConfigurationValues",            ""),
    64120: ("OutBackSystemControlModel",               "OutBackSystemControlValues",              ""),
    64255: ("OPTICSPacketStatisticsModel",             "OPTICSPacketStatisticsValues",            ""),
}
# fmt: on
NAMES = {row[0]: did for did, row in MODELS.items()}

__all__ = ["Model", *NAMES]


class Model:
    """Base of the models' classes."""

    did_: int

    @classmethod
    def fields(cls, modes: Iterable[Mode] | None = None) -> Iterator[Field]:
        """Fields in the order of the registers; modes: only those."""
        return (field for field, _ in fields_of(cls.did_) if modes is None or field.mode in modes)


@cache
def model_class(did: int) -> type[Model]:
    """Class of a model."""
    own: dict[str, Any] = {"__doc__": f"Fields of model {did}.", "did_": did}
    return type(MODELS[did][0], (Model,), {field.name: field for field, _ in fields_of(did)} | own)


def __getattr__(name: str) -> Any:
    if name == "MODEL_DEVICE_IDS":
        return {did: model_class(did) for did in MODELS}
    if name in NAMES:
        return model_class(NAMES[name])
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}; it has {', '.join(NAMES)}")


def __dir__() -> list[str]:
    return sorted([*__all__, "MODEL_DEVICE_IDS"])
