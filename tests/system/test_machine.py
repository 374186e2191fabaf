import os

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
