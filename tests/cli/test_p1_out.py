"""`energy-hw p1 serve` and `p1 forward` as processes: options in, bytes and exit codes out."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from dsmr_rig import BEGIN, METER, raw
from energy_hw.cli.commands import energy_hw
from p1_server import KEY, Server
from teleinfo_rig import Meter
from web_rig import BOUND_S, ask, basic, until

PREFIX = "DSMRREADER_REMOTE_DATALOGGER_"
OURS = ("DSMRREADER_", "DATALOGGER_", "HTTP_", "USERS_", "ENERGY_HW_P1")


def invoke(*arguments: str) -> Result:
    return CliRunner().invoke(energy_hw, ("p1", *arguments))


@contextmanager
def running(*arguments: str, **variables: str) -> Iterator[subprocess.Popen[str]]:
    """The command in a process of its own, which does not outlive the test."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
    process = subprocess.Popen(
        [sys.executable, "-m", "energy_hw", "p1", *arguments],
        env={**kept, "PYTHONPATH": str(Path("src").resolve()), **variables},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with process:
        try:
            yield process
        finally:
            process.kill()


def recording(folder: Path, *numbers: int) -> str:
    path = folder / "meter.raw"
    path.write_bytes(b"".join(map(raw, numbers)))
    return str(path)


@pytest.mark.parametrize("command", ["serve", "forward"])
def test_help(command: str) -> None:
    done = invoke(command, "--help")
    assert done.exit_code == 0
    assert "Usage:" in done.stdout


@pytest.mark.parametrize("arguments", [["serve", "--nonsense"], ["forward", "--api", "v3"], ["forward", "--spool"]])
def test_a_wrong_command_line_exits_2(arguments: list[str]) -> None:
    assert invoke(*arguments).exit_code == 2


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["serve", "--simulate", "--listen", "0.0.0.0:0"], "USERS_PASSWORD"),
        (["serve", "--simulate", "--listen", "8080"], "expected host:port"),
        (["forward", "--simulate"], "no server: set"),
        (["forward", "--simulate", "--env-file", "/nowhere/.env"], "/nowhere/.env"),
    ],
)
def test_a_wrong_configuration_exits_3(arguments: list[str], words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith(OURS)]:
        monkeypatch.delenv(name)
    done = invoke(*arguments)
    assert done.exit_code == 3
    assert words in done.stderr


def test_serve_answers_curl_and_ends_with_sigterm() -> None:
    curl = shutil.which("curl")
    assert curl, "install curl"
    with Meter(raw(1), pause_s=0.1) as meter:
        secret = {"USERS_PASSWORD": "mine", "HTTP_LISTEN": "127.0.0.1:0"}
        with running("serve", meter.path, "--strict-seed", **secret) as process:
            assert process.stderr is not None
            url = next(line for line in process.stderr if "http" in line).rpartition(" ")[2].strip()
            until(lambda: ask(url, "/health").status == 200)
            done = subprocess.run(
                [curl, "--silent", "--fail", "--user", "apiuser:mine", f"{url}/"], capture_output=True, timeout=BOUND_S
            )
            assert json.loads(done.stdout)["electricityUsedTariff1"] == {"value": 1001.0, "unit": "kWh"}
            assert ask(url, headers=basic("apiuser", "theirs")).status == 401
            process.terminate()
            assert process.wait(BOUND_S) in (130, -signal.SIGTERM)


def test_forward_delivers_a_recording_and_ends(tmp_path: Path) -> None:
    env_file = tmp_path / ".env"
    with Server(tmp_path) as server:
        env_file.write_text(f"{PREFIX}API_HOSTS={server.url}\n{PREFIX}API_KEYS={KEY}\n{PREFIX}DEBUG_LOGGING=true\n")
        arguments = [recording(tmp_path, *range(40)), "--env-file", str(env_file), "--spool", str(tmp_path / "s.db")]
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
            systemd.bind(str(tmp_path / "notify"))
            with running("forward", *arguments, NOTIFY_SOCKET=str(tmp_path / "notify")) as process:
                _, said = process.communicate(timeout=60)
            assert process.returncode == 0, said
            assert systemd.recv(100) == b"READY=1"
        assert [round((moment - BEGIN).total_seconds()) for moment in server.stored()] == list(range(40))
    assert "40 sent, 0 waiting" in said
    assert KEY not in said
    assert METER not in said


def test_forward_ends_when_the_meter_is_silent_if_it_is_to(tmp_path: Path) -> None:
    variables = {"API_HOSTS": "http://127.0.0.1:9", "API_KEYS": KEY, "TIMEOUT": "0.3", "SPOOL": "memory"}
    with Meter() as meter:
        named = {PREFIX + name: value for name, value in variables.items()}
        with running("forward", meter.path, "--exit-when-silent", **named) as process:
            _, said = process.communicate(timeout=60)
    assert process.returncode == 4
    assert "expected a telegram within 0.3 s" in said


@pytest.mark.parametrize(
    ("module", "command", "extra"), [("starlette", "serve", "web"), ("httpx", "forward", "forward")]
)
def test_without_the_extra_it_is_named(module: str, command: str, extra: str, tmp_path: Path) -> None:
    names = ["--server", "http://x"] if command == "forward" else []
    code = (
        f"import sys; sys.modules[{module!r}] = None; sys.argv[1:] = ['p1', {command!r}, *{names!r}, '--simulate']; "
        "import energy_hw.cli as cli; cli.main()"
    )
    variables = {PREFIX + "API_HOSTS": "http://x", PREFIX + "API_KEYS": "k", "STATE_DIRECTORY": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", code], env={**os.environ, **variables}, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 2
    assert f"energy-hw[{extra}]" in done.stderr


@pytest.mark.parametrize("spool", [(), ("--spool", "s.db")])
def test_a_simulated_meter_leaves_nothing_to_be_forwarded_later(spool: tuple[str, ...], tmp_path: Path) -> None:
    """In the spool of the real one its telegrams would reach the server with the next start."""
    chosen = [part.replace("s.db", str(tmp_path / "s.db")) for part in spool]
    env_file = tmp_path / ".env"
    env_file.write_text(
        f"{PREFIX}API_HOSTS=http://127.0.0.1:9\n{PREFIX}API_KEYS={KEY}\n{PREFIX}SPOOL={tmp_path / 'real.db'}\n"
    )
    server = ("--server", "http://127.0.0.1:9")
    arguments = ["--simulate", *server, "--duration", "0", "--env-file", str(env_file), *chosen]
    with running("forward", *arguments, STATE_DIRECTORY=str(tmp_path)) as process:
        _, said = process.communicate(timeout=BOUND_S)
    assert process.returncode == 0, said
    assert not (tmp_path / "real.db").exists()
    assert (tmp_path / "s.db").exists() is bool(spool)


def test_a_simulated_meter_is_not_forwarded_to_the_servers_of_the_settings(tmp_path: Path) -> None:
    with Server(tmp_path) as server:
        env_file = tmp_path / ".env"
        env_file.write_text(f"{PREFIX}API_HOSTS={server.url}\n{PREFIX}API_KEYS={KEY}\n")
        done = invoke("forward", "--simulate", "--duration", "2", "--env-file", str(env_file))
        assert server.stored() == []
    assert done.exit_code == 3
    assert "expected --server with --simulate" in done.stderr
    assert KEY not in done.stderr


def test_forward_does_not_need_the_server(tmp_path: Path) -> None:
    code = (
        "import sys; sys.modules['starlette'] = sys.modules['uvicorn'] = None; "
        "sys.argv[1:] = 'p1 forward --simulate --server http://x --spool memory --duration 0'.split(); "
        "import energy_hw.cli as cli; cli.main()"
    )
    variables = {**os.environ, PREFIX + "API_HOSTS": "http://x", PREFIX + "API_KEYS": "k"}
    done = subprocess.run([sys.executable, "-c", code], env=variables, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert "0 sent, 0 waiting" in done.stderr
