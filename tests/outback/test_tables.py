"""The register tables hold together, and a block shows only the points that fit into it."""

from __future__ import annotations

import csv
import pickle
import re
import subprocess
import sys
from pathlib import Path

import pytest

import energy_hw.outback
from energy_hw.errors import CommandError, UnknownPoint
from energy_hw.outback.tables import HEADER, by_name, model, models, point, points
from energy_hw.outback.types import Point, PointType

FOLDER = Path(energy_hw.outback.__file__).parent / "models"
DIDS = [did for did in models() if did != 65535]
VARIANTS = [(did, since) for did in DIDS for since in (True, False)]
T = PointType
SIZES = {T.UINT32: 2, T.INT32: 2, T.ACC32: 2, T.BITFIELD32: 2, T.IPADDR: 2}
PATTERNS = {  # what says "not implemented", as unsigned registers show it
    T.UINT16: {(0xFFFF,), ()}, T.ENUM16: {(0xFFFF,)}, T.BITFIELD16: {(0xFFFF,)}, T.SUNSSF: {(0x8000,)},
    T.INT16: {(0x8000,)}, T.ENUM16S: {(0x8000,)}, T.UINT32: {(0xFFFFFFFF,)}, T.INT32: {(0x80000000,)},
    T.ACC32: {(0,)}, T.BITFIELD32: {(0xFFFFFFFF,)}, T.IPADDR: {(0,)}, T.STRING: {(0, 0xFFFF)},
}  # fmt: skip
TWICE = {64115: {(0x8000, 0xFFFF)}}  # sheet and vendor's tool type its numbers differently; both patterns are none


def rows(did: int) -> list[dict[str, str]]:
    with (FOLDER / f"{did:05}_{models()[did].name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def everything() -> list[Point]:
    return [row for did in DIDS for row in {*points(did), *points(did, since_2018=False)}]


def test_every_row_of_every_file_is_a_point() -> None:
    assert len(everything()) == sum(len(rows(did)) for did in DIDS) == 893
    assert {f"{did:05}_{models()[did].name}.csv" for did in DIDS} | {"models.csv"} == {
        file.name for file in FOLDER.glob("*.csv")
    }


@pytest.mark.parametrize(("did", "since"), VARIANTS)
def test_registers_of_a_layout_follow_one_another_without_overlap_or_gap(did: int, since: bool) -> None:
    offset = 0
    for row in points(did, since_2018=since):
        assert (row.code, row.offset) == (row.code, offset)
        offset = row.end


@pytest.mark.parametrize(("did", "since"), VARIANTS)
def test_one_point_of_a_layout_has_a_name(did: int, since: bool) -> None:
    layout = points(did, since_2018=since)
    for names in ([row.name for row in layout], [row.mate3_06 for row in layout], [row.mate3_04 for row in layout]):
        used = [name for name in names if name]
        assert len(used) == len(set(used))
    assert all(re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", row.name) for row in layout)


@pytest.mark.parametrize("did", DIDS)
def test_the_newest_firmware_has_every_point(did: int) -> None:
    assert max(row.end for row in points(did)) == max(models()[did].lengths) + HEADER
    assert points(did, max(models()[did].lengths)) == points(did)


@pytest.mark.parametrize("did", DIDS)
def test_scale_factors_stand_in_the_same_model(did: int) -> None:
    for row in points(did):
        if row.scale:
            assert row.type in (T.UINT16, T.INT16, T.ACC32), row.code
            assert point(did, row.scale).type is T.SUNSSF, row.code
        assert row.scale_fixed is None or row.scale, row.code


@pytest.mark.parametrize("did", DIDS)
def test_size_pattern_and_limits_fit_the_type(did: int) -> None:
    for row in points(did):
        assert row.type is T.STRING or row.size == SIZES.get(row.type, 1), row.code
        assert row.not_implemented in PATTERNS[row.type] | TWICE.get(did, set()), row.code
        assert 0 <= (row.low or 0) <= (0xFFFF if row.high is None else row.high) <= 0xFFFF, row.code
        assert (row.low is None and row.high is None) or row.type is T.UINT16, row.code
        assert not row.low_word_first or row.type in (T.UINT32, T.INT32), row.code
        assert not row.is_time or row.low_word_first, row.code


@pytest.mark.parametrize("did", DIDS)
def test_enum_and_bit_tables_are_read_whole(did: int) -> None:
    for text in rows(did):
        row = next(
            row for row in everything() if (row.did, row.source, row.name) == (did, text["source"], text["field"])
        )
        assert "|".join(f"{code}={label}" for code, label in row.enum.items()) == text["enum"]
        masks = {**row.bits, **{mask: f"{label} (value)" for mask, label in row.masks.items()}}
        assert "|".join(f"0x{mask:04X}={label}" for mask, label in masks.items()) == text["bits"]


WRITABLE = sorted((row for row in everything() if row.enum and row.writable), key=lambda row: row.code)


@pytest.mark.parametrize("row", WRITABLE, ids=lambda row: row.code)
def test_a_label_stands_for_one_code(row: Point) -> None:
    keys = {re.sub(r"[\s_-]+", "", label.casefold()) for label in row.enum.values()}
    assert len(keys) == len(row.enum)
    assert not any(key.isdigit() for key in keys), "a label that is a number is no longer told from a code"
    assert not set(row.enum) & set(row.not_implemented)


def test_only_enums_have_codes_and_only_bit_fields_bits() -> None:
    for row in everything():
        assert bool(row.enum) == (row.type in (T.ENUM16, T.ENUM16S)), row.code
        assert row.is_bits or not (row.bits or row.masks), row.code
        assert all(mask & (mask - 1) == 0 for mask in row.bits), row.code
        assert "," not in "".join([*row.bits.values(), *row.masks.values()]), row.code


def test_pairs_of_live_and_settings_are_told_from_both_sides() -> None:
    for did, found in models().items():
        assert all(did in models()[other].pairs for other in found.pairs)
    assert models()[64116].pairs == (64115, 64117)


def test_every_device_model_has_its_port_in_register_3() -> None:
    for did in DIDS:
        assert models()[did].has_port == ("port_number" in by_name(did)), did
        assert not models()[did].has_port or point(did, "port_number").start == 3, did


def test_the_rows_that_sources_dispute() -> None:
    disputed = [row.code for row in everything() if row.disputed]
    assert sorted(disputed) == [
        "64112/absorb_end_amps",
        "64112/aux_polarity",
        "64116/aux_relay_control",
        "64116/mini_grid_lbx_delay",
    ]


@pytest.mark.parametrize(
    ("did", "length", "last"),
    [
        (64117, 47, "gt_number"),  # the sheet
        (64117, 46, None),  # Mate3s 1.4.2: register 49 is the next block's DID
        (64116, 84, None),
        (64113, 32, None),
    ],
)
def test_a_point_behind_the_end_of_the_block_is_not_there(did: int, length: int, last: str | None) -> None:
    fitting = points(did, length)
    assert fitting[-1].end == length + HEADER
    assert (fitting == points(did)) == (last is not None)
    assert ("gt_number" in {row.name for row in fitting}) == (last == "gt_number")


def test_a_point_that_is_cut_by_the_end_is_not_there() -> None:
    serial = point(64119, "serial_number")
    assert serial.size > 1
    assert serial not in points(64119, serial.end - HEADER - 1)
    assert serial in points(64119, serial.end - HEADER)


@pytest.mark.parametrize("length", [-2, -1, 0])
def test_a_block_of_no_length_has_its_header_at_most(length: int) -> None:
    assert [row.name for row in points(64118, length)] == ["did", "length"][: length + 2]


def test_the_two_layouts_of_the_gateway() -> None:
    def layout(since: bool) -> list[tuple[str, int, int]]:
        return [(row.name, row.start, row.size) for row in points(64110, 420, since) if row.variant]

    assert layout(True) == [("system_name", 167, 30), ("alarm_email_to_address_1", 197, 15)]
    assert layout(False) == [("alarm_email_subject_line", 167, 25), ("alarm_email_to_address_1", 192, 20)]


def test_a_point_by_name_is_the_newest_layouts() -> None:
    assert point(64110, "alarm_email_to_address_1").start == 197
    assert point(64110, "alarm_email_subject_line").variant == "before-2018-12"


def test_what_a_point_says_of_itself() -> None:
    soc = point(64118, "state_of_charge")
    assert (soc.code, soc.unit, soc.readable, soc.writable, soc.disputed) == (
        "64118/state_of_charge", "%", True, False, False,
    )  # fmt: skip
    command = point(64120, "inverter_ac_drop_use")
    assert (command.readable, command.writable, command.flags) == (False, True, {"command"})
    assert (soc.offset, soc.end - soc.offset) == (soc.start - 1, soc.size)
    assert {soc, command} == {pickle.loads(pickle.dumps(row)) for row in (soc, command)}  # noqa: S301


@pytest.mark.parametrize(
    ("did", "name", "told"),
    [
        (64118, "state_of_charg", "did you mean state_of_charge"),
        (64118, "STATE OF CHARGE", "flexnet_dc has no such point"),
        (4711, "x", "no table for model 4711; there is one for 1, 101"),
        (65535, "did", "no table for model 65535"),
    ],
)
def test_an_unknown_point_is_told_with_near_names(did: int, name: str, told: str) -> None:
    with pytest.raises(UnknownPoint, match=told) as caught:
        point(did, name)
    assert isinstance(caught.value, CommandError | KeyError)
    assert str(caught.value).startswith(f"{did}/{name}: ")


def test_an_unknown_did_has_no_model_and_no_points() -> None:
    assert model(120) is None
    assert points(120) == points(65535) == ()
    assert model(64118) is models()[64118]


def test_importing_reads_no_table() -> None:
    code = """
import sys
import energy_hw.outback.tables as tables
late = [name for name in ("csv", "importlib.resources", "difflib", "decimal", "pymodbus") if name in sys.modules]
assert not late, late
assert tables.point(1, "did").start == 1
"""
    subprocess.run([sys.executable, "-c", code], check=True)
