"""/status.json with a meter on a pty behind it and curl in front."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from energy_hw.sim.teleinfo import open_pty
from energy_hw.web.serve import Server
from energy_hw.web.status_json import app_factory, main
from teleinfo_rig import BASE, Meter, historique
from web_rig import BOUND_S, ask, basic, until

GOOD = basic("apiuser", "secret")
OF_THE_README = {
    "ISOUSC": [30, "A"],
    "BASE": [804220, "Wh"],
    "PTEC": ["TH", None],
    "IINST": [1, "A"],
    "IMAX": [90, "A"],
    "PAPP": [340, "VA"],
    "HHPHC": ["A", None],
    "MOTDETAT": ["000000", None],
    "ADCO": ["012345678901", None],
    "OPTARIF": ["BASE", None],
}


@pytest.fixture(scope="module")
def meter() -> Iterator[Meter]:
    with Meter(historique(*BASE), pause_s=0.05) as meter:
        yield meter


@pytest.fixture(scope="module")
def server(meter: Meter) -> Iterator[Server]:
    with Server(app_factory(meter.path, {"apiuser": "secret"}), "127.0.0.1:0") as server:
        until(lambda: body(server.url)["ready"])
        yield server


def body(url: str, headers: Mapping[str, str] = GOOD) -> dict[str, Any]:
    answer = ask(url, "/status.json", dict(headers))
    assert answer.status == 200
    assert answer.headers["content-type"] == "application/json; charset=utf-8"
    got: dict[str, Any] = json.loads(answer.body)
    return got


def test_the_body_of_the_readme(server: Server) -> None:
    assert body(server.url) == {"connected": True, "ready": True, "values": OF_THE_README}


def test_curl_gets_it(server: Server) -> None:
    curl = shutil.which("curl")
    assert curl, "install curl"
    url = server.url.replace("http://", "http://apiuser:secret@") + "/status.json"
    done = subprocess.run([curl, "--silent", "--fail", url], capture_output=True, timeout=BOUND_S)
    assert json.loads(done.stdout)["values"] == OF_THE_README


def test_without_a_password_401_of_basic(server: Server) -> None:
    for headers in ({}, basic("apiuser", "wrong")):
        answer = ask(server.url, "/status.json", headers)
        assert (answer.status, answer.headers["www-authenticate"]) == (401, "Basic")


@pytest.mark.parametrize("path", ["/", "/status.json/", "/status", "/..%2fstatus.json"])
def test_any_other_path_is_404(server: Server, path: str) -> None:
    assert ask(server.url, path).status == 404


def test_head_has_no_body(server: Server) -> None:
    answer = ask(server.url, "/status.json", GOOD, "HEAD")
    assert (answer.status, answer.body) == (200, b"")


def test_the_name_of_this_machine_is_answered_and_another_is_not(server: Server) -> None:
    assert ask(server.url, "/status.json", {**GOOD, "Host": socket.gethostname()}).status == 200
    assert ask(server.url, "/status.json", {**GOOD, "Host": "evil.example"}).status == 421


def test_a_value_that_changes_is_a_new_body_and_the_same_is_not_sent_twice(server: Server, meter: Meter) -> None:
    before = ask(server.url, "/status.json", GOOD)
    again = ask(server.url, "/status.json", {**GOOD, "If-None-Match": before.headers["etag"]})
    assert again.status == 304
    meter.says = historique(*((key, "00350" if key == "PAPP" else text) for key, text in BASE))
    until(lambda: body(server.url)["values"]["PAPP"] == [350, "VA"])
    meter.says = historique(*BASE)
    until(lambda: body(server.url)["values"]["PAPP"] == [340, "VA"])


def test_a_standard_meter_without_a_word_of_configuration() -> None:
    with (
        open_pty("linky", speed=4.0) as meter,
        Server(app_factory(meter.path, None), "127.0.0.1:0") as server,
    ):
        until(lambda: body(server.url, {})["ready"])
        values = body(server.url, {})["values"]
    assert values["EAST"][1] == "Wh"
    assert values["DATE"][0].endswith("Z")


def test_without_a_port_it_serves_and_says_so() -> None:
    with Server(app_factory("/dev/ttyNone7", None), "127.0.0.1:0") as server:
        assert body(server.url, {}) == {"connected": False, "ready": False, "values": {}}


@contextmanager
def running(*arguments: str) -> Iterator[subprocess.Popen[str]]:
    """The server in a process of its own, which does not outlive the test."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("TELEINFO_", "HTTP_", "USERS_"))}
    process = subprocess.Popen(
        [sys.executable, "-m", "energy_hw.teleinfo.server", *arguments],
        env={**kept, "PYTHONPATH": str(Path("src").resolve())},
        stderr=subprocess.PIPE,
        text=True,
    )
    with process:
        try:
            yield process
        finally:
            process.kill()


def test_the_old_command_line_with_its_ini(tmp_path: Path) -> None:
    path = tmp_path / "teleinfo.ini"
    with Meter(historique(*BASE), pause_s=0.05) as meter:
        path.write_text(f"[teleinfo]\ndevice={meter.path}\n[http]\nlisten=[::1]:0\n[users]\nAna=100% mine\n")
        with running(str(path)) as process:
            assert process.stderr is not None
            url = process.stderr.readline().rpartition(" ")[2].strip()
            until(lambda: body(url, basic("Ana", "100% mine"))["ready"])
            process.terminate()
            assert process.wait(BOUND_S) == -signal.SIGTERM


@pytest.mark.parametrize(
    ("arguments", "environment", "code", "words"),
    [
        ([], {"HTTP_LISTEN": "0.0.0.0:0"}, 3, "set USERS_PASSWORD"),
        ([], {"HTTP_LISTEN": "0.0.0.0:0", "USERS_PASSWORD": "apipassword"}, 3, "set USERS_PASSWORD"),
        (["/nowhere/teleinfo.ini"], {}, 3, "/nowhere/teleinfo.ini"),
        (["one", "two"], {}, 2, "usage:"),
    ],
)
def test_what_is_wrong_is_a_line_and_an_exit_code(
    arguments: list[str],
    environment: dict[str, str],
    code: int,
    words: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for key, value in environment.items():
        monkeypatch.setenv(key, value)
    try:
        got = main(arguments)
    except SystemExit as end:  # argparse
        got = int(end.code or 0)
    assert got == code
    assert words in capsys.readouterr().err


def test_without_the_extra_it_names_it() -> None:
    code = (
        "import sys, runpy; sys.modules['starlette'] = None; "
        "runpy.run_module('energy_hw.teleinfo.server', run_name='__main__')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=BOUND_S)
    assert done.returncode == 2
    assert "pip install 'energy-hw[web]'" in done.stderr
