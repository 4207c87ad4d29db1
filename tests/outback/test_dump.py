"""Dumps: files of registers that answer as a controller does, and what is left out when one is given away."""

from __future__ import annotations

import io
import json
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from energy_hw.errors import ConfigError, ModbusError, NotSunSpec
from energy_hw.outback.dump import Dump, dumps, parse, redact
from energy_hw.outback.poll import Poller
from energy_hw.outback.sunspec import walk
from energy_hw.outback.tables import points
from energy_hw.outback.values import decode_block
from outback_rig import CAPTURE, CHARGER, Controller, image

REGISTERS = st.dictionaries(st.integers(0, 0xFFFF), st.integers(0, 0xFFFF))


# -- as registers --------------------------------------------------------------


def test_a_dump_is_read_as_a_controller_is() -> None:
    dump = Dump.load(CAPTURE)
    poll = Poller(dump).read()
    assert (len(poll.blocks), poll.registers) == (15, dump.registers)
    assert dump.read(40000, 2) == (0x5375, 0x6E53)


@pytest.mark.parametrize(("address", "count"), [(39999, 2), (41277, 2), (0, 1), (65535, 2)])
def test_what_it_does_not_hold_is_an_illegal_address(address: int, count: int) -> None:
    with pytest.raises(ModbusError, match="is not in the dump") as caught:
        Dump.load(CAPTURE).read(address, count)
    assert caught.value.code == 2


def test_a_gap_is_an_illegal_address() -> None:
    with pytest.raises(ModbusError, match="register 11 is not"):
        Dump({10: 1, 12: 1}).read(10, 3)


def test_writing_changes_what_it_holds_and_not_the_file(tmp_path: Path) -> None:
    path = tmp_path / "dump.json"
    path.write_text(CAPTURE.read_text())
    dump = Dump.load(path)
    with dump.session():
        dump.write(40946, (570, 5))
    assert dump.read(40946, 2) == (570, 5)
    assert path.read_text() == CAPTURE.read_text()
    with pytest.raises(ModbusError):
        dump.write(41277, (1, 2))
    assert dump.read(41277, 1) == (0,)


# -- files ---------------------------------------------------------------------


@given(REGISTERS)
def test_what_is_written_is_read_again(registers: dict[int, int]) -> None:
    assert parse(dumps(registers)) == registers
    assert {int(key): value for key, value in json.loads(dumps(registers)).items()} == registers


def test_open_files_and_paths_and_a_byte_order_mark(tmp_path: Path) -> None:
    path = tmp_path / "dump.json"
    path.write_bytes(b'\xef\xbb\xbf{"40000": "21365",\r\n "40001": 28243}')
    assert Dump.load(path).registers == Dump.load(str(path)).registers == {40000: 21365, 40001: 28243}
    assert Dump.load(io.StringIO('{"7": 1}')).registers == {7: 1}


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ('{"40000": 1,\n"40001": }', 2, "Expecting value"),
        ("", 1, "Expecting value"),
        ("[1, 2]", 1, "expected an object"),
        ("[]", 1, "expected an object"),
        ("7", 1, "expected an object"),
        ('{"1": 1' + "0" * 5000 + "}", 1, "digits"),
        ("[" * 100_000, 1, "recursion"),
        ('{"1": 1,\n"65536": 1}', 2, "'65536': 1"),
        ('{"1": 1,\n\n"2": 65536}', 3, "'2': 65536"),
        ('{"1": 1,\n"-1": 1}', 2, "'-1': 1"),
        ('{"1": 1,\n"2": -1}', 2, "'2': -1"),
        ('{"1": 1,\n"2": 1.5}', 2, "'2': 1.5"),
        ('{"1": 1,\n"2": true}', 2, "'2': True"),
        ('{"1": 1,\n"2": null}', 2, "'2': None"),
        ('{"1": 1,\n"2": {"3": 4}}', 2, "'2':"),
        ('{"1": 1,\n"two": 2}', 2, "'two': 2"),
        ('{"1": 1,\n"1": 2}', 2, "another value before"),
        ('{"1": 1,\n"²": 2}', 2, "'²': 2"),
    ],
)
def test_what_is_no_dump_is_told_with_its_line(tmp_path: Path, text: str, line: int, said: str) -> None:
    path = tmp_path / "broken.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        Dump.load(path)
    assert (caught.value.path, caught.value.line) == (str(path), line)
    assert str(caught.value).startswith(f"{path}:{line}: ")
    assert said in str(caught.value)


@pytest.mark.parametrize("content", [b"\xff\xfe\x00\x01", b" " * (5 << 20)], ids=["bytes", "long"])
def test_what_is_no_text_or_too_much(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "broken.json"
    path.write_bytes(content)
    with pytest.raises(ConfigError, match="expected"):
        Dump.load(path)


@given(st.text() | st.text(alphabet='{}[]":,0123456789-truenulls \n').map(lambda text: "{" + text))
def test_any_text_is_a_dump_or_an_error_of_configuration(text: str) -> None:
    try:
        registers = parse(text)
    except ConfigError:
        return
    assert all(0 <= number <= 0xFFFF for item in registers.items() for number in item)


# -- given away ----------------------------------------------------------------


def private() -> Controller:
    """The capture with something in every register that is secret or personal."""
    controller = Controller()
    for block in controller.layout.blocks:
        for since_2018 in (True, False):
            for point in points(block.did, block.length, since_2018):
                if point.flags & {"secret", "personal"}:
                    controller.holds(block.address + point.offset, *[0x5A5A] * point.size)
    return controller


def test_nothing_secret_or_personal_is_left() -> None:
    controller = private()
    layout = controller.layout
    assert 0x5A5A in controller.registers.values()
    shown = redact(controller.registers, layout)
    assert 0x5A5A not in shown.values()
    for block in layout.blocks:
        words = [shown[at] for at in range(block.address, block.end)]
        for value in decode_block(block.did, words, block.address, layout.since_2018).values():
            if value.point.flags & {"secret", "personal"}:
                assert set(value.registers) == {0}


def test_all_else_stays_as_it_was() -> None:
    controller = private()
    shown = redact(controller.registers, controller.layout)
    kept = [at for at in shown if shown[at] == controller.registers[at]]
    assert len(kept) > 900
    assert walk(Dump(shown)).blocks == controller.layout.blocks
    assert shown[40946] == controller.registers[40946]


def test_what_no_table_knows_is_blanked_and_keeps_its_header() -> None:
    controller = Controller(image((1, 65), (120, 4, 7, 7, 7, 7), (CHARGER, 40, 3, *[9] * 39)) | {5: 5})
    shown = redact(controller.registers, controller.layout)
    assert [shown[at] for at in range(40069, 40075)] == [120, 4, 0, 0, 0, 0]
    assert [shown[at] for at in range(40075 + 28, 40075 + 42)] == [0] * 14  # longer than any firmware known
    assert shown[40077] == 3
    assert 5 not in shown
    assert walk(Dump(shown)).blocks == controller.layout.blocks


def test_saving_redacts_unless_told_otherwise(tmp_path: Path) -> None:
    dump = Dump(private().registers)
    dump.save(tmp_path / "public.json")
    dump.save(tmp_path / "private.json", redacted=False)
    assert 0x5A5A not in Dump.load(tmp_path / "public.json").registers.values()
    assert Dump.load(tmp_path / "private.json").registers == dump.registers
    assert stat.S_IMODE((tmp_path / "private.json").stat().st_mode) == 0o600
    assert [path.name for path in sorted(tmp_path.iterdir())] == ["private.json", "public.json"]


def test_what_cannot_be_followed_cannot_be_redacted(tmp_path: Path) -> None:
    with pytest.raises(NotSunSpec):
        Dump({1: 2}).save(tmp_path / "dump.json")
    assert not list(tmp_path.iterdir())


def test_a_full_disk_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "dump.json"
    path.write_text("old")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("energy_hw.outback.files.os.fsync", full)
    with pytest.raises(OSError, match="No space"):
        Dump.load(CAPTURE).save(path)
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("dump.json", "old")]
