"""The simulated Mate3 against readers that know nothing of it: a raw socket, and pymodbus's client."""

from __future__ import annotations

import json
import struct
import subprocess
import sys
import threading
from pathlib import Path
from random import Random

import pytest
from pymodbus.client import ModbusTcpClient

from energy_hw.errors import ExtraMissing
from energy_hw.sim.mate3 import SimMate3
from mate3_rig import RawClient, mate3

__all__ = ["mate3"]
CAPTURE = Path(__file__).parents[1] / "captures/outback/mate3s/registers.json"


def test_every_register_of_the_capture_is_served(mate3: SimMate3) -> None:
    expected = {int(address): value for address, value in json.loads(CAPTURE.read_text()).items()}
    got: dict[int, int] = {}
    with RawClient(mate3) as client:
        for address in range(40000, 41278, 100):
            got.update(enumerate(client.read(address, min(100, 41278 - address)), address))
    assert got == expected
    assert mate3.requests[0] == (3, 40000, 100)
    assert len(mate3.requests) == 13


def test_pymodbus_reads_and_writes(mate3: SimMate3) -> None:
    with ModbusTcpClient(mate3.host, port=mate3.port) as client:
        assert client.read_holding_registers(40000, count=2, device_id=0).registers == [0x5375, 0x6E53]
        assert not client.write_registers(40946, [580], device_id=1).isError()
    assert mate3.registers[40946] == 580
    assert mate3.units == [0, 1]


def test_one_register_and_several_are_written(mate3: SimMate3) -> None:
    with RawClient(mate3) as client:
        assert client.write(40946, 581) == struct.pack(">BHH", 6, 40946, 581)
        assert client.write(40946, 582, 10) == struct.pack(">BHH", 16, 40946, 2)
        assert client.read(40946, 2) == (582, 10)
    assert mate3.requests == [(6, 40946, (581,)), (16, 40946, (582, 10)), (3, 40946, 2)]


@pytest.mark.parametrize(
    ("pdu", "code"),
    [
        (struct.pack(">BHH", 4, 40000, 2), 1),
        (struct.pack(">BHH", 3, 39999, 2), 2),
        (struct.pack(">BHH", 3, 41277, 2), 2),
        (struct.pack(">BHH", 3, 40000, 0), 3),
        (struct.pack(">BHH", 3, 40000, 126), 3),
        (struct.pack(">BHH", 6, 1, 0), 2),
        (struct.pack(">BHHB", 16, 40946, 0, 0), 3),
        (struct.pack(">BHHBH", 16, 40946, 2, 2, 1), 3),
        (struct.pack(">BHHB", 16, 40946, 2, 0), 3),
    ],
    ids=[
        "input registers",
        "before the first",
        "past the last",
        "none",
        "too many",
        "written nowhere",
        "nothing written",
        "two of one",
        "two of none",
    ],
)
def test_refused(mate3: SimMate3, pdu: bytes, code: int) -> None:
    with RawClient(mate3) as client:
        assert client.ask(pdu) == bytes((pdu[0] | 0x80, code))


def test_a_little_may_be_read_behind_the_end_if_wanted(mate3: SimMate3) -> None:
    mate3.overshoot = 2
    with RawClient(mate3) as client:
        assert client.read(41276, 4) == (0xFFFF, 0, 0xFFFF, 0xFFFF)
        assert client.ask(struct.pack(">BHH", 3, 41276, 5)) == b"\x83\x02"
        assert client.ask(struct.pack(">BHH", 3, 39999, 2)) == b"\x83\x02"
        assert client.write(41278, 1) == b"\x86\x02"


def test_registers_are_live(mate3: SimMate3) -> None:
    with RawClient(mate3) as client:
        mate3.registers[40004] = 0xABCD
        assert client.read(40004, 1) == (0xABCD,)


def test_hook_runs_before_the_answer_in_order_of_requests(mate3: SimMate3) -> None:
    def hook(function: int, address: int, what: int | tuple[int, ...]) -> None:
        mate3.registers[address] = len(mate3.requests)

    mate3.on_request(hook)
    with RawClient(mate3) as client:
        assert [client.read(40004, 1) for _ in range(3)] == [(1,), (2,), (3,)]


def test_what_a_hook_raises_is_told_at_the_end() -> None:
    def hook(*_: object) -> None:
        raise ValueError("from the hook")

    house = SimMate3().start()
    house.on_request(hook)
    with RawClient(house) as client:
        client.send(struct.pack(">BHH", 3, 40000, 2))
        assert client.socket.recv(1) == b""
    with pytest.raises(ValueError, match="from the hook"):
        house.stop()


def test_two_clients_at_once(mate3: SimMate3) -> None:
    with RawClient(mate3) as one, RawClient(mate3, unit=0) as two:
        assert one.read(40000, 2) == two.read(40000, 2)
    assert mate3.connects == 2


def test_stops_with_clients_connected_and_leaves_no_thread() -> None:
    before = set(threading.enumerate())
    house = SimMate3().start()
    with RawClient(house) as client:
        client.read(40000, 1)
        house.stop()
        with pytest.raises((EOFError, ConnectionError)):
            client.exactly(1)
    house.stop()
    assert set(threading.enumerate()) <= before


def test_port_that_is_taken() -> None:
    with SimMate3() as house, pytest.raises(OSError, match=f"127.0.0.1:{house.port}"):
        SimMate3(port=house.port).start()


def test_starts_again_on_its_port() -> None:
    with SimMate3() as house:
        port = house.port
    with house:
        assert house.port == port


def test_notes_of_requests_are_bounded(mate3: SimMate3, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("energy_hw.sim.mate3.MOST_NOTED", 10)
    with RawClient(mate3) as client:
        for address in range(40000, 40100):
            client.read(address, 1)
    assert len(mate3.requests) == len(mate3.units) <= 10
    assert mate3.requests[-1] == (3, 40099, 1)


def test_pymodbus_comes_only_when_it_starts() -> None:
    program = "import sys; from energy_hw.sim.mate3 import SimMate3; SimMate3(); print('pymodbus' in sys.modules)"
    came = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert came.stdout == "False\n"


def test_without_pymodbus_it_says_which_extra_and_has_no_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "energy_hw.sim.mate3_server", raising=False)
    monkeypatch.setitem(sys.modules, "pymodbus.pdu", None)
    before = threading.active_count()
    with pytest.raises(ExtraMissing, match=r"simulated Mate3 needs the \[outback\] extra"):
        SimMate3().start()
    assert threading.active_count() == before


@pytest.mark.parametrize("arguments", [["--simulate", "devices"], ["replay", "-p", "15020"]])
def test_command_without_pymodbus_ends_with_2(arguments: list[str]) -> None:
    program = "import sys; sys.modules['pymodbus'] = None; from energy_hw.cli.mate3 import main; main()"
    done = subprocess.run([sys.executable, "-c", program, *arguments], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr.count("\n"), "[outback] extra" in done.stderr) == (2, 1, True), done.stderr


def test_requests_in_one_piece_are_all_answered_in_turn(mate3: SimMate3) -> None:
    ask = struct.pack(">BHH", 3, 40000, 2)
    frames = [struct.pack(">HHHB", number, 0, len(ask) + 1, 1) + ask for number in (7, 8, 9)]
    with RawClient(mate3) as client:
        client.socket.sendall(b"".join(frames))
        assert [client.receive()[0] for _ in frames] == [7, 8, 9]


def test_request_in_single_bytes_is_answered(mate3: SimMate3) -> None:
    ask = struct.pack(">HHHBBHH", 7, 0, 6, 1, 3, 40000, 2)
    with RawClient(mate3) as client:
        for at in range(len(ask)):
            client.socket.sendall(ask[at : at + 1])
        assert client.receive()[2][2:] == struct.pack(">HH", 0x5375, 0x6E53)


@pytest.mark.parametrize("seed", range(20))
def test_garbage_harms_nobody_else(mate3: SimMate3, seed: int) -> None:
    dice = Random(seed)
    pdu = bytes(dice.randrange(256) for _ in range(dice.randrange(1, 30)))
    with RawClient(mate3) as client, RawClient(mate3) as other:
        client.send(bytes((dice.choice((3, 6, 16, 23, 43, 0x90)),)) + pdu)
        client.socket.sendall(pdu)
        assert other.read(40000, 2) == (0x5375, 0x6E53)
    assert mate3.failures == []
