import math
import os
import subprocess
import sys
import types

import pytest

from jppnet_tf.system import machine
from tests.conftest import PROCESSORS


@pytest.mark.parametrize(
    "cpuinfo, expected",
    [
        ("flags\t\t: fpu avx512f avx512_bf16\n", True),
        ("flags\t\t: fpu avx512f amx_bf16\n", True),
        ("flags\t\t: fpu avx512f avx512bw\n", False),
        ("Features\t: fp asimd bf16\n", True),  # ARM
        ("", True),  # another system: nothing is known
    ],
)
def test_bfloat16_is_read_from_the_processors_features(monkeypatch, cpuinfo, expected):
    monkeypatch.setattr(machine, "read_cpuinfo", lambda: cpuinfo)
    assert machine.has_bfloat16() is expected


def test_the_machine_is_described_by_its_model_and_what_counts_of_its_features(processor):
    processor("avx2")
    assert machine.describe_machine()["processor"] == "Simulated processor (avx2)"
    processor("avx512_bf16")
    described = machine.describe_machine()
    assert described["processor"] == "Simulated processor (avx2 avx512f avx512_bf16)"
    assert described["cores"] == str(machine.count_cores())


def test_cores_are_those_that_this_process_may_use(monkeypatch):
    monkeypatch.setattr(os, "sched_getaffinity", lambda process: {3, 5, 7}, raising=False)
    assert machine.count_cores() == 3
    monkeypatch.delattr(os, "sched_getaffinity")  # as on other systems than Linux
    monkeypatch.setattr(os, "cpu_count", lambda: 6)
    assert machine.count_cores() == 6
    monkeypatch.setattr(os, "cpu_count", lambda: None)
    assert machine.count_cores() == 1


def test_a_masked_processor_is_what_the_whole_package_sees(pytestconfig):
    masked = pytestconfig.getoption("--processor")
    if masked is None:
        pytest.skip("no --processor was given")
    assert machine.read_cpuinfo() == PROCESSORS[masked]


def test_memory_is_told_where_linux_is_not(monkeypatch):
    used = types.SimpleNamespace(ru_maxrss=300_000_000)  # bytes, on a Mac
    resource = types.SimpleNamespace(RUSAGE_SELF=0, getrusage=lambda _: used)
    monkeypatch.setattr(machine, "resource", resource)
    monkeypatch.setattr(machine.pathlib.Path, "exists", lambda _: False)
    monkeypatch.setattr(machine.sys, "platform", "darwin")
    assert machine.held_memory() == machine.peak_memory() == 300
    monkeypatch.setattr(machine, "resource", None)  # on Windows
    assert math.isnan(machine.peak_memory()) and math.isnan(machine.held_memory())


def test_the_package_loads_where_the_modules_of_unix_are_not():
    program = "import sys; sys.modules |= dict.fromkeys(('resource', 'fcntl'))\n"
    program += "from jppnet_tf.runs import sharing; from jppnet_tf.system import machine"
    subprocess.run([sys.executable, "-c", program], check=True)
