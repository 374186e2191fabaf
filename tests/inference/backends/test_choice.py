"""What this machine lacks is an error that says what to take, or is replaced on request."""

import sys

import pytest

from jppnet_tf import InputError
from jppnet_tf.inference.backends import check_backend, choice, fall_back


def test_what_is_unknown_is_refused():
    with pytest.raises(InputError, match="backend is one of tensorflow, openvino, not 'caffe'"):
        check_backend("caffe", "float32")
    with pytest.raises(InputError, match="precision is one of float32, bfloat16, float16"):
        check_backend("tensorflow", "int8")


def test_a_processor_without_bfloat16_is_told_from_one_with(processor):
    processor("avx512_bf16")
    check_backend("tensorflow", "bfloat16")
    processor("avx2")
    with pytest.raises(InputError, match="does not compute in it .*take float32"):
        check_backend("tensorflow", "bfloat16")


def test_float16_needs_a_gpu_that_tensorflow_sees(processor, monkeypatch):
    processor("avx512_bf16")
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


def test_falling_back_keeps_what_is_there(processor, monkeypatch):
    processor("avx512_bf16")
    assert fall_back("tensorflow", "bfloat16") == ("tensorflow", "bfloat16", [])
    monkeypatch.setitem(sys.modules, "openvino", None)
    backend, precision, reasons = fall_back("openvino", "bfloat16")
    assert (backend, precision) == ("tensorflow", "bfloat16") and len(reasons) == 1
    processor("avx2")
    backend, precision, reasons = fall_back("openvino", "bfloat16")
    assert (backend, precision) == ("tensorflow", "float32")
    assert "pip install" in reasons[0] and "bfloat16" in reasons[1]
