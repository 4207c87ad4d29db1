"""From a frame to the Report that the rest of the package knows.

    Frame  ->  Report(device "teleinfo:041961123456", a reading for each dataset, then what their codes mean)

`docs/teleinfo-labels.md` has the names. Pure functions: safe from any thread.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import partial

from energy_hw.reading import Quantity, Reading, Readings, Report
from energy_hw.teleinfo.dataset import Dataset
from energy_hw.teleinfo.frame import Mode
from energy_hw.teleinfo.frames import Frame, FrameBuilder, Kind
from energy_hw.teleinfo.labels_historique import LINKY_PMAX
from energy_hw.teleinfo.readings import decoded, over_power, to_reading

__all__ = ["Doubts", "Frame", "FrameBuilder", "Kind", "to_report"]

OVERLOADS = ("ADPS", "ADIR1", "ADIR2", "ADIR3")

Doubts = Mapping[str, str]
"""Code -> why its value is not believed; see plausible.py."""


def to_report(frame: Frame, received: datetime, link_name: str, doubts: Doubts | None = None) -> Report:
    """The report of a frame; its readings are built when first asked for.

    link_name: stands for the meter where that gives no address. doubts: a value in here comes under its name with
    `_doubtful` behind, its code with `?`, and quantity other: not hidden, and never taken for a good one.
    """
    return Report(
        source="teleinfo",
        device=f"teleinfo:{frame.address or link_name}",
        model=frame.meter.model if frame.meter else "unknown meter",
        time=frame.time,
        received=received,
        integrity="checksum",
        raw=frame.raw,
        build=partial(_readings, frame, doubts or {}),
    )


def _readings(frame: Frame, doubts: Doubts) -> Readings:
    readings = [to_reading(_of_linky(dataset, frame)) for dataset in frame.datasets]
    for dataset in frame.datasets:
        readings += decoded(dataset)
    readings += _overload(frame)
    return tuple(_doubted(reading) if reading.code in doubts else reading for reading in readings)


def _of_linky(dataset: Dataset, frame: Frame) -> Dataset:
    """PMAX is another thing in a Linky."""
    if dataset.row.code != "PMAX" or not (frame.meter and frame.meter.type and frame.meter.type.linky):
        return dataset
    return dataset._replace(row=LINKY_PMAX)


def _overload(frame: Frame) -> Readings:
    """The warning of the historique mode, sent while it lasts: only a complete long frame says that it is over."""
    if frame.mode is not Mode.HISTORIQUE or not (known := [d for d in frame.datasets if d.known]):
        return ()
    over = next((d.code for d in known if d.code in OVERLOADS), None)
    if over is None and not (frame.complete and frame.kind is Kind.LONG and "OPTARIF" in frame):
        return ()
    return (over_power(over or "ADPS", over is not None),)


def _doubted(reading: Reading) -> Reading:
    return Reading(
        f"{reading.code}?",
        f"{reading.name}_doubtful",
        Quantity.OTHER,
        reading.value,
        reading.unit,
        reading.phase,
        reading.tariff,
        reading.channel,
        reading.time,
    )
