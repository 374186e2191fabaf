"""What this machine lacks is an error that says what to take, or is replaced on request."""

import sys

import pytest

from jppnet_tf import InputError
from jppnet_tf.inference.backends import check_backend, choice, fall_back
from jppnet_tf.system import machine


@pytest.fixture
def cpu(monkeypatch):
    """Function that makes this machine one without GPU, with or without bfloat16."""

    def pretend(bfloat16):
        monkeypatch.setattr(choice, "has_gpu", lambda: False)
        monkeypatch.setattr(choice, "has_bfloat16", lambda: bfloat16)

    return pretend


def test_what_is_unknown_is_refused():
    with pytest.raises(InputError, match="backend is one of tensorflow, openvino, not 'caffe'"):
        check_backend("caffe", "float32")
    with pytest.raises(InputError, match="precision is one of float32, bfloat16, float16"):
        check_backend("tensorflow", "int8")


def test_a_processor_without_bfloat16_is_told_from_one_with(cpu):
    cpu(bfloat16=True)
    check_backend("tensorflow", "bfloat16")
    cpu(bfloat16=False)
    with pytest.raises(InputError, match="does not compute in it .*take float32"):
        check_backend("tensorflow", "bfloat16")


def test_float16_needs_a_gpu_that_tensorflow_sees(cpu, monkeypatch):
    cpu(bfloat16=True)
    with pytest.raises(InputError, match="for GPUs, and TensorFlow sees none here"):
        check_backend("tensorflow", "float16")
    monkeypatch.setattr(choice, "has_gpu", lambda: True)
    check_backend("tensorflow", "float16")
    pytest.importorskip("openvino")
    with pytest.raises(InputError, match="for GPUs, and OpenVINO runs on the CPU"):
        check_backend("openvino", "float16")


def test_a_missing_package_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "openvino", None)
    with pytest.raises(InputError, match=r"pip install 'jppnet-tf\[openvino\]'"):
        check_backend("openvino", "float32")


def test_falling_back_keeps_what_is_there(cpu, monkeypatch):
    cpu(bfloat16=True)
    assert fall_back("tensorflow", "bfloat16") == ("tensorflow", "bfloat16", [])
    monkeypatch.setitem(sys.modules, "openvino", None)
    backend, precision, reasons = fall_back("openvino", "bfloat16")
    assert (backend, precision) == ("tensorflow", "bfloat16") and len(reasons) == 1
    cpu(bfloat16=False)
    backend, precision, reasons = fall_back("openvino", "bfloat16")
    assert (backend, precision) == ("tensorflow", "float32")
    assert "pip install" in reasons[0] and "bfloat16" in reasons[1]


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
    monkeypatch.setattr(machine, "_read_cpuinfo", lambda: cpuinfo)
    assert machine.has_bfloat16() is expected
