"""What the service files of the P1 commands say, the command line understands."""

from __future__ import annotations

import configparser
import re
import shlex
from pathlib import Path

import pytest

from energy_hw.cli.p1_out import forward, serve

PACKAGING = Path(__file__).parent.parent.parent / "packaging"
COMMANDS = {"serve": serve, "forward": forward}


def unit(name: str) -> configparser.RawConfigParser:
    parser = configparser.RawConfigParser(strict=False, comment_prefixes=("#", ";"))
    parser.read(PACKAGING / name)
    return parser


def arguments(line: str) -> list[str]:
    """What follows `energy-hw p1`."""
    words = shlex.split(line)
    at = next(number for number, word in enumerate(words) if word.endswith("/energy-hw"))
    assert words[at + 1] == "p1"
    return words[at + 2 :]


LINES = {
    "systemd/energy-hw-p1-serve.service": ("Service", "ExecStart"),
    "systemd/energy-hw-p1-forward.service": ("Service", "ExecStart"),
    "supervisor/energy-hw-p1-forward.conf": ("program:energy_hw_p1_forward", "command"),
}


@pytest.mark.parametrize("name", LINES)
def test_the_command_line_understands_it(name: str) -> None:
    command, *rest = arguments(unit(name).get(*LINES[name]))
    context = COMMANDS[command].make_context(command, rest)
    assert context.params


@pytest.mark.parametrize("name", LINES)
def test_no_key_stands_in_it(name: str) -> None:
    text = (PACKAGING / name).read_text()
    assert not re.search(r"(API_KEYS|USERS_PASSWORD)=", text)


def test_supervisor_starts_it_as_it_started_the_script() -> None:
    """The values of DSMR-reader's own file for its datalogger."""
    section = dict(unit("supervisor/energy-hw-p1-forward.conf")["program:energy_hw_p1_forward"])
    assert (section["autostart"], section["startsecs"], section["startretries"]) == ("true", "1", "100")
    assert (section["stdout_logfile_maxbytes"], section["stdout_logfile_backups"]) == ("10MB", "3")
