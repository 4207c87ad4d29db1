"""The Teleinfo monitor."""

from __future__ import annotations

import io
import json
from pathlib import Path

from energy_hw.app.session import Options as SessionOptions
from energy_hw.app.session import Session
from energy_hw.app.teleinfo import Options, monitor
from teleinfo_rig import BASE, Meter, historique

CAPTURE = Path(__file__).parent.parent / "captures" / "teleinfo" / "linky_tempo_historique" / "input.bin"


def run(options: Options, **session: object) -> tuple[int, str, str]:
    out, err = io.StringIO(), io.StringIO()
    one = Session(SessionOptions(**session), out, err)  # type: ignore[arg-type]
    code = one.run("teleinfo monitor", lambda: monitor(one, options))
    return code, out.getvalue(), err.getvalue()


def test_frames_of_a_recording_until_its_end() -> None:
    code, output, errors = run(Options(str(CAPTURE)))
    assert code == 0
    assert output.count("\n\n") == 10
    assert "  HPJB" in output or "PTEC" in output
    assert "10 frames shown; groups: 160 good, 0 refused." in errors


def test_json_is_one_report_a_line() -> None:
    code, output, errors = run(Options(str(CAPTURE), count=2), as_json=True, quiet=True)
    assert code == 0
    assert [json.loads(line)["source"] for line in output.splitlines()] == ["teleinfo"] * 2
    assert errors == ""


def test_verbose_shows_each_group_as_it_came() -> None:
    with Meter(historique(*BASE), pause_s=0.05) as meter:
        code, _, errors = run(Options(meter.path, mode="historique", count=3), verbose=1)
    assert code == 0
    assert "BASE 000804220" in errors


def test_silence_is_exit_4_after_the_duration() -> None:
    with Meter() as meter:
        code, output, errors = run(Options(meter.path, duration_s=0.3))
    assert (code, output) == (4, "")
    assert "0 frames shown" in errors


def test_no_frames_were_asked_for() -> None:
    assert run(Options(count=0), simulate=True)[0] == 0


def test_a_port_that_is_not_there_says_what_to_do() -> None:
    code, _, errors = run(Options("/dev/ttyNone7"))
    assert code == 4
    assert "/dev/ttyNone7 does not exist" in errors
    assert "--simulate" in errors
