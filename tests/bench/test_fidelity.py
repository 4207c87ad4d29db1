"""The shim answers as the kernel does: the same probe on both, the kernel's answers beside this file.

fidelity.json is what tests/bench/kernel/run.sh printed on Linux 6.1.192 (Debian 12, x86-64):
`tests/bench/kernel/run.sh env PYTHONPATH=src:tests python3 -m bench.kernel.guest sh -c
'python3 tests/bench/probe.py $EHW_BENCH_HEADER $EHW_BENCH_DRIVE'`. There the same test runs on the kernel.
"""

import json
import os
from pathlib import Path

import pytest

from bench.shimmed import open_bench, shim_bench

HERE = Path(__file__).parent
X86_ALIGN, ARM64_ALIGN = 8, 128
EMULATED = os.environ.get("EHW_BENCH_EMULATED") == "1"
BEYOND_QEMU_USER = {"transfer from a bad address", "transfer to a bad address"} if EMULATED else set[str]()
"""qemu-user cuts a message short at a bad address, where the kernel says EFAULT."""


def test_probe_finds_what_it_found_on_a_real_kernel() -> None:
    recorded = json.loads((HERE / "fidelity.json").read_text())
    with open_bench(dma_align=X86_ALIGN) as bench:
        done = bench.run(str(HERE / "probe.py"), bench.header, bench.drive)
    assert done.status == 0, done.err
    tables = json.loads(done.out), recorded
    answers, expected = ({name: row for name, row in table.items() if name not in BEYOND_QEMU_USER} for table in tables)
    assert answers == expected


@pytest.mark.parametrize(("transfers", "answer"), [(32, 64), (33, "EMSGSIZE")])
def test_message_of_64_bit_arm_has_room_for_32_transfers(transfers: int, answer: object) -> None:
    """Each takes a multiple of 128 bytes from 4096; on the machine of fidelity.json it was 511 of 8 bytes."""
    code = f"""
import ctypes, json, os, sys
sys.path.insert(0, {str(HERE)!r})
import probe
at = ctypes.addressof(buffer := ctypes.create_string_buffer(64))
fd = os.open(probe.SPIDEV, os.O_RDWR)
probe.record("answer", lambda: probe.message(fd, [(at, at, 2)] * {transfers}))
print(json.dumps(probe.answers["answer"]))
"""
    with shim_bench(dma_align=ARM64_ALIGN) as bench:
        done = bench.run("-c", code)
    assert (done.err, json.loads(done.out)) == ("", answer)
