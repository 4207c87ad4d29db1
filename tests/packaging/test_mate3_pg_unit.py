"""What the service file of mate3_pg says, the command line understands; and what its example of definitions says."""

from __future__ import annotations

import configparser
import re
import shlex
from pathlib import Path

import pytest

from energy_hw.app.mate3_pg_sample import place
from energy_hw.app.pg_definitions import read_definitions
from energy_hw.cli.mate3_pg_command import mate3_pg
from energy_hw.outback.sunspec import walk
from mate3_rig import CountingRegisters

PACKAGING = Path(__file__).parent.parent.parent / "packaging"
UNIT = PACKAGING / "systemd" / "energy-hw-mate3-pg.service"


@pytest.fixture
def unit() -> configparser.RawConfigParser:
    parser = configparser.RawConfigParser(strict=False, comment_prefixes=("#", ";"))
    parser.read(UNIT)
    return parser


def test_the_command_line_understands_it(unit: configparser.RawConfigParser, monkeypatch: pytest.MonkeyPatch) -> None:
    program, *rest = shlex.split(unit.get("Service", "ExecStart"))
    assert program.endswith("/mate3_pg")
    context = mate3_pg.make_context("mate3_pg", rest)
    assert str(context.params["definitions"]) == "${CREDENTIALS_DIRECTORY}/mate3-pg.yaml"
    named = unit.get("Service", "LoadCredential").partition(":")[0]
    assert named == "mate3-pg.yaml"


def test_no_password_stands_in_it() -> None:
    assert not re.search(r"^Environment=.*(PGPASSWORD|DATABASE_URL)", UNIT.read_text(), re.MULTILINE)


def test_the_example_of_definitions_fits_the_captured_house() -> None:
    definitions = read_definitions(PACKAGING / "mate3-pg.yaml")
    layout = walk(CountingRegisters())
    columns = [each for table in definitions.tables for each in table.columns]
    assert len(columns) == 10
    assert all((place(each, layout) or (None, None))[1] is not None for each in columns)
    assert not definitions.notes
