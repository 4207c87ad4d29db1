"""The container: its entrypoint run for real; no engine runs here, so its recipes are read."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from teleinfo_rig import BASE, Meter, historique
from web_rig import BOUND_S, ask, basic, until

ROOT = Path(__file__).parent.parent.parent
DOCKER = ROOT / "packaging" / "docker"
DOCKERFILE = (DOCKER / "Dockerfile").read_text()
FINAL = DOCKERFILE.rpartition("\nFROM ")[2]
COMPOSE = (DOCKER / "compose.yml").read_text()


@contextmanager
def entrypoint(tmp_path: Path, *arguments: str, **variables: str) -> Iterator[subprocess.Popen[str]]:
    """The script in an empty folder, with no more of an environment than a container has."""
    environment = {"PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin", "PYTHONPATH": str(ROOT / "src")}
    process = subprocess.Popen(
        [str(DOCKER / "entrypoint.sh"), *arguments],
        cwd=tmp_path,
        env={**environment, **variables},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with process:
        try:
            yield process
        finally:
            process.kill()


def test_without_a_password_it_does_not_start_and_says_which_variable_to_set(tmp_path: Path) -> None:
    with entrypoint(tmp_path) as process:
        _, errors = process.communicate(timeout=BOUND_S)
    assert process.returncode == 3
    assert "0.0.0.0:8000" in errors
    assert "set USERS_PASSWORD" in errors


def served(process: subprocess.Popen[str], name: str) -> None:
    assert process.stderr is not None
    url = process.stderr.readline().rpartition(" ")[2].strip()
    until(lambda: b'"ready":true' in ask(url, "/status.json", basic(name, "mine 100%")).body)
    process.terminate()
    process.communicate(timeout=BOUND_S)
    assert process.returncode == 130


def test_with_the_variables_of_the_old_image_it_serves_and_ends_with_sigterm(tmp_path: Path) -> None:
    variables = {"USERS_PASSWORD": "mine 100%", "HTTP_LISTEN": "127.0.0.1:0", "TELEINFO_MODE": "historique"}
    with (
        Meter(historique(*BASE), pause_s=0.05) as meter,
        entrypoint(tmp_path, TELEINFO_DEVICE=meter.path, **variables) as process,
    ):
        served(process, "apiuser")
    assert not list(tmp_path.iterdir())  # no password is left on a disk


def test_with_an_ini_file(tmp_path: Path) -> None:
    with Meter(historique(*BASE), pause_s=0.05) as meter:
        text = f"[teleinfo]\ndevice={meter.path}\n[http]\nlisten=127.0.0.1:0\n[users]\nAna=mine 100%\n"
        (tmp_path / "my.ini").write_text(text)
        with entrypoint(tmp_path, "my.ini") as process:
            served(process, "Ana")


def test_any_other_command_is_run(tmp_path: Path) -> None:
    with entrypoint(tmp_path, "energy-hw", "decode", "teleinfo", "--help") as process:
        output, _ = process.communicate(timeout=BOUND_S)
    assert process.returncode == 0
    assert "energy-hw" in output


def test_the_image_runs_as_nobody_special() -> None:
    assert re.findall(r"^USER (.*)$", FINAL, re.MULTILINE) == ["10020:20"]
    assert "gcc" not in FINAL
    assert not re.search(r":latest|curl|sudo|--privileged|chmod 777", DOCKERFILE)


def test_what_is_copied_is_there_and_let_through() -> None:
    sources = re.findall(r"^COPY (?:--chmod=\S+ )?([\w./]+) ", DOCKERFILE, re.MULTILINE)
    assert all((ROOT / source).exists() for source in sources)
    ignored = (DOCKER / "Dockerfile.dockerignore").read_text().splitlines()
    needed = [line[1:] for line in ignored if line.startswith("!")]
    assert "packaging/docker/entrypoint.sh" in needed
    assert all((ROOT / path).exists() for path in needed)
    assert os.access(DOCKER / "entrypoint.sh", os.X_OK)


def test_what_is_installed_is_an_extra_that_there_is() -> None:
    known = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    extras = re.findall(r"/source\[([\w,]+)\]", DOCKERFILE)
    assert extras
    assert set(extras[0].split(",")) <= set(known)


def test_no_password_comes_with_it() -> None:
    for path in (ROOT / "packaging").rglob("*"):
        if path.is_file():
            assert "apipassword" not in path.read_text()
    assert '"${USERS_PASSWORD:?' in COMPOSE


def test_the_old_password_is_in_the_sources_only_to_be_refused() -> None:
    places = [path for path in (ROOT / "src").rglob("*.py") if "apipassword" in path.read_text()]
    assert [path.name for path in places] == ["status_config.py"]


@pytest.mark.parametrize("setting", ["read_only: true", "cap_drop: [ALL]", "no-new-privileges:true", "group_add:"])
def test_compose_gives_it_little(setting: str) -> None:
    assert setting in COMPOSE
    assert "privileged: true" not in COMPOSE
