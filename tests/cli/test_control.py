"""`energy-hw switch`, `set`, `watch`, `log`, `send`, and taking devices in, on the simulated house."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from energy_hw.app.log_csv import HEAD
from energy_hw.cli.commands import energy_hw
from energy_hw.energenie.registry import Registry

FAST, SLOW = "sim:house?speed=20", "sim:house?speed=4"
GUESTS = "sim:house?guests=1&speed=6"
VALVE = "sim:house?valve_s=10&speed=4"


@pytest.fixture(autouse=True)
def registry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Registry:
    monkeypatch.setenv("ENERGY_HW_REGISTRY", str(tmp_path / "devices.toml"))
    return Registry()


def invoke(*arguments: str, device: str = SLOW) -> Result:
    return CliRunner().invoke(energy_hw, [*arguments, "--device", device])


# -- switch --------------------------------------------------------------------


def test_a_plug_confirms() -> None:
    done = invoke("switch", "kettle", "off")
    assert (done.exit_code, done.stdout) == (0, "kettle is off (confirmed)\n")


def test_a_socket_is_assumed() -> None:
    done = invoke("switch", "LAMP", "on", "--json")
    assert json.loads(done.stdout) == {
        "device": "energenie:ook:0x6C6C6/1",
        "name": "lamp",
        "control": "switch",
        "value": True,
        "outcome": "assumed",
    }


def test_toggle_waits_for_a_plug_to_say_how_it_stands() -> None:
    done = invoke("switch", "kettle", "toggle")
    assert (done.exit_code, done.stdout) == (0, "kettle is off (confirmed)\n")


def test_toggle_of_what_never_says_is_refused() -> None:
    done = invoke("switch", "lamp", "toggle")
    assert done.exit_code == 6
    assert "say on() or off()" in done.stderr


def test_a_device_by_its_id_needs_no_name() -> None:
    done = invoke("switch", "energenie:ook:0x12345/3", "on")
    assert (done.exit_code, done.stdout) == (0, "energenie:ook:0x12345/3 is on (assumed)\n")


def test_a_plug_that_is_not_there_is_not_confirmed() -> None:
    done = invoke("switch", "energenie:2:0x0ABCDE", "on", "--wait", "2", device=FAST)
    assert done.exit_code == 6
    assert "energenie:2:0x0ABCDE" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("switch", "ketle", "on"), 3, "did you mean kettle"),
        (("switch", "hall", "on"), 6, "cannot be switched; it obeys nothing"),
        (("switch", "energenie:2:0x12", "on"), 3, "did you mean|expected a device such as"),
        (("switch", "kettle", "up"), 2, "up"),
        (("set", "kettle", "on"), 3, "expected NAME.FIELD"),
        (("set", "kettle.switch"), 3, "takes a value: on, off"),
        (("set", "kettle.colour", "red"), 6, "no 'colour'; it obeys switch"),
        (("set", "bedroom valve.target_temperature", "20.3"), 6, "the nearest is 20.5"),
        (("set", "bedroom valve.target_temperature", "40"), 6, "expected 4 to 30"),
        (("set", "bedroom valve.target_temperature"), 3, "4 to 30 degC in steps of 0.5"),
        (("devices", "identify", "kettle"), 6, "no 'identify'"),
        (("send", "fsk", "0e04"), 6, "it announces 15 in all, got 2"),
        (("send", "fsk", "xyz"), 3, "expected bytes in hexadecimal"),
        (("send", "ook", "00"), 6, "expected 16 bytes"),
        (("send", "message", "nonsense"), 3, "expected a dictionary"),
        (("send", "message", "{}"), 6, "expected a dictionary with header"),
        (("devices", "learn", "kettle", "--model", "ENER002"), 3, "kettle is the name of"),
        (("devices", "learn", "desk", "--model", "MIHO005"), 3, "a device that only listens"),
    ],
)
def test_what_cannot_be_done_is_told_with_its_exit_code(
    registry: Registry, arguments: tuple[str, ...], code: int, words: str
) -> None:
    registry.add("kettle", "energenie:2:0x000373")
    done = invoke(*arguments, device=FAST)
    assert done.exit_code == code, done.stderr
    assert any(word in done.stderr for word in words.split("|"))
    assert "Traceback" not in done.stderr


# -- set -----------------------------------------------------------------------


def test_a_switch_is_set_too() -> None:
    done = invoke("set", "kettle.switch", "off")
    assert (done.exit_code, done.stdout) == (0, "kettle: switch = off (confirmed)\n")


def test_a_valve_gets_its_temperature_when_it_listens() -> None:
    done = invoke("set", "bedroom valve.target", "20.5", device=VALVE)
    assert (done.exit_code, done.stdout) == (0, "bedroom valve: target_temperature = 20.5 (assumed)\n")
    assert "listens after its reports" in done.stderr


def test_a_valve_answers_what_it_can_answer() -> None:
    done = invoke("set", "bedroom valve.request_voltage", "--json", device=VALVE)
    assert json.loads(done.stdout)["outcome"] == "confirmed"


def test_a_dimmer_has_levels() -> None:
    done = invoke("set", "ceiling light.level", "40")
    assert (done.exit_code, done.stdout) == (0, "ceiling light: level = 40 (assumed)\n")


@pytest.mark.parametrize(
    ("target", "value", "json_value", "outcome"),
    [
        ("kettle.switch", "off", False, "confirmed"),
        ("bedroom valve.target", "20.5", 20.5, "assumed"),
        ("bedroom valve.valve_state", "auto", "auto", "assumed"),
        ("ceiling light.level", "40", "40", "assumed"),
    ],
)
def test_what_was_set_is_a_number_a_word_or_a_truth_in_json(
    target: str, value: str, json_value: object, outcome: str
) -> None:
    done = invoke("set", target, value, "--json", device=VALVE)
    said = json.loads(done.stdout)
    assert (said["value"], said["outcome"]) == (json_value, outcome)


@pytest.mark.parametrize(
    ("arguments", "outcome"),
    [
        (("switch", "kettle", "off"), "sent"),
        (("set", "kettle.switch", "off"), "sent"),
        (("set", "bedroom valve.target", "20.5"), "queued"),
    ],
)
def test_without_waiting_it_is_sent_or_queued_before_the_end(arguments: tuple[str, ...], outcome: str) -> None:
    done = invoke(*arguments, "--wait", "0", "--json", device=VALVE)
    assert (done.exit_code, json.loads(done.stdout)["outcome"]) == (0, outcome)


@pytest.mark.parametrize("arguments", [("switch", "kettle", "off"), ("set", "kettle.switch", "off")])
def test_what_is_not_confirmed_in_time_is_not_said_to_go_on(arguments: tuple[str, ...]) -> None:
    done = invoke(*arguments, "--wait", "0.01", device="sim:house")
    assert done.exit_code == 6
    assert "not confirmed within 0.01 s" in done.stderr
    assert "goes on" not in done.stderr


# -- taking in -----------------------------------------------------------------


def test_pairing_names_the_first_that_asks() -> None:
    done = invoke("devices", "pair", "--name", "spare", "--seconds", "60", device=GUESTS)
    assert (done.exit_code, done.stdout) == (0, "spare: energenie:2:0x00A11C MIHO005 Smart Plug+\n")
    assert "hold the button" in done.stderr


def test_a_name_that_is_taken_is_refused_before_anybody_holds_a_button(registry: Registry) -> None:
    registry.add("spare", "energenie:2:0x000001")
    done = invoke("devices", "pair", "--name", "Spare", "--registry", str(registry.path), device=GUESTS)
    assert done.exit_code == 3
    assert "spare is the name of energenie:2:0x000001" in done.stderr
    assert "hold the button" not in done.stderr


def test_a_device_that_cannot_be_named_is_told_in_one_line(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "x.lock").mkdir()  # root, too, cannot write then
    done = invoke("devices", "pair", "--seconds", "20", "--registry", str(tmp_path / "x"), device=GUESTS)
    assert done.exit_code == 4
    assert caplog.text.count("energenie:2:0x00A11C is not taken in: ") == 1
    assert "Traceback" not in caplog.text


def test_a_named_device_has_one_shape_in_json(registry: Registry) -> None:
    path = str(registry.path)
    paired = invoke("devices", "pair", "--name", "spare", "--json", "--registry", path, device=GUESTS).stdout
    assert paired == invoke("devices", "list", "--json", "--registry", path).stdout


def test_listening_to_nobody_says_so() -> None:
    done = invoke("devices", "list", "--listen", "0.1", device=FAST)
    assert (done.exit_code, done.stdout, done.stderr.splitlines()[-1]) == (0, "", "nobody without a name was heard")


def test_pairing_with_nobody_says_who_else_was_heard() -> None:
    done = invoke("devices", "pair", "--seconds", "3", device=FAST)
    assert done.exit_code == 4
    assert "no device was taken in" in done.stderr


def test_a_socket_learns_and_has_a_name_then(registry: Registry) -> None:
    assert invoke("devices", "learn", "desk", "--house", "0x123456").exit_code == 2
    done = invoke("devices", "learn", "desk", "--house", "0x12345", device="sim:house?guests=1&speed=8")
    assert (done.exit_code, done.stdout) == (0, "desk: energenie:ook:0x12345/1 ENER002 Green Button Socket\n")
    assert "until its light flashes" in done.stderr


def test_the_code_of_a_hand_controller_is_taken_over() -> None:
    done = invoke("devices", "learn", "far", "--from-remote", device="sim:house?guests=1&speed=2")
    assert (done.exit_code, done.stdout) == (0, "far: energenie:ook:0x6C6C6/2 ENER002 Green Button Socket\n")


# -- watch, log, send ----------------------------------------------------------


def test_watch_shows_every_device() -> None:
    done = invoke("watch", "--duration", "1", device=FAST)
    assert done.exit_code == 0
    for words in ("kettle", "MIHO013", "only listens", "dBm", "sim:house: "):
        assert words in done.stdout


def test_watch_keeps_values_with_their_units_in_80_columns() -> None:
    lines = invoke("watch", "--duration", "1", device="sim:house?speed=40").stdout.splitlines()
    assert max(map(len, lines)) <= 80
    assert [line for line in lines if re.search(r"-?\d+ (W|var|V|Hz)\b", line)]
    assert not [line for line in lines if re.match(r" *(W|var|V|Hz)\b", line)]


def test_watch_in_json_gives_reports() -> None:
    done = invoke("watch", "--duration", "1", "--json", device=FAST)
    assert {json.loads(line)["source"] for line in done.stdout.splitlines()} == {"energenie"}


def test_log_writes_the_columns_of_pyenergenie(tmp_path: Path) -> None:
    path = tmp_path / "energenie.csv"
    assert invoke("log", str(path), "--count", "3", device=FAST).exit_code == 0
    assert invoke("log", str(path), "--count", "2", device=FAST).exit_code == 0
    lines = path.read_text().splitlines()
    assert lines[0] == HEAD
    assert len(lines) == 6
    kettle = dict(zip(HEAD.split(","), lines[1].split(","), strict=True))
    assert (kettle["mfrid"], kettle["prodid"], kettle["sensorid"], kettle["flags"]) == ("4", "2", "883", "11111000")
    assert float(kettle["apparent"]) == pytest.approx(
        (float(kettle["real"]) ** 2 + float(kettle["reactive"]) ** 2) ** 0.5, abs=0.1
    )


def test_log_mends_half_a_line_and_refuses_another_file(tmp_path: Path) -> None:
    path = tmp_path / "energenie.csv"
    path.write_text(f"{HEAD}\n1795274327.081,4,2,88")
    assert invoke("log", str(path), "--count", "1", device=FAST).exit_code == 0
    assert path.read_text().splitlines()[1] == "1795274327.081,4,2,88"
    other = tmp_path / "letter.txt"
    other.write_text("Dear all,\n")
    done = invoke("log", str(other), device=FAST)
    assert done.exit_code == 3
    assert other.read_text() == "Dear all,\n"


@pytest.mark.parametrize(
    ("arguments", "airtime_ms"),
    [
        (("fsk", "0d04020100c29fb40cf542f13def"), 55),
        (("message", '{"header":{"mfrid":4,"productid":2,"sensorid":883},"recs":[]}'), 45),
        (("message", "{'header':{'mfrid':4,'productid':2,'sensorid':0x373},'recs':[]}"), 45),
        (("ook", "8EE8EE888EE8EE888EE8EEEE", "--repeats", "4"), 107),
    ],
)
def test_raw_frames_go_on_the_air(arguments: tuple[str, ...], airtime_ms: int) -> None:
    done = invoke("send", *arguments, "--json")
    assert done.exit_code == 0, done.stderr
    assert json.loads(done.stdout)["airtime_ms"] == airtime_ms
