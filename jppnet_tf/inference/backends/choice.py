"""Which backends and precisions this machine has."""

import importlib
import types

import tensorflow as tf

from jppnet_tf.models.precision import check_precision
from jppnet_tf.system.errors import InputError
from jppnet_tf.system.machine import has_bfloat16

BACKENDS = ("tensorflow", "openvino")


def check_backend(backend: str, precision: str) -> None:
    """Refuses what this machine lacks or is slower at than at float32.

    Args:
        backend: one of BACKENDS.
        precision: one of models.precision.PRECISIONS.

    Raises:
        InputError: there is no such backend or precision, or not here; says what to take instead.
    """
    if backend not in BACKENDS:
        raise InputError(f"backend is one of {', '.join(BACKENDS)}, not {backend!r}")
    check_precision(precision)
    if backend == "openvino":
        import_openvino()
    on_gpu = backend == "tensorflow" and has_gpu()
    if precision == "float16" and not on_gpu:
        sees = (
            "TensorFlow sees none here" if backend == "tensorflow" else "OpenVINO runs on the CPU"
        )
        raise InputError(f"precision float16 is for GPUs, and {sees}: take bfloat16 or float32")
    if precision == "bfloat16" and not on_gpu and not has_bfloat16():
        raise InputError(
            "precision bfloat16: this processor does not compute in it (none of avx512_bf16, "
            "amx_bf16 and bf16 is among its features), and would be slower than in float32: take "
            "float32"
        )


def fall_back(backend: str, precision: str) -> tuple[str, str, list[str]]:
    """What comes nearest to a choice on this machine.

    Args:
        backend, precision: as for `check_backend`.

    Returns:
        (backend, precision, reasons): a choice that `check_backend` accepts, and a list of str, why
        it is another than was asked for.
    """
    reasons = []
    try:
        check_backend(backend, "float32")
    except InputError as error:
        backend = "tensorflow"
        reasons.append(str(error))
    try:
        check_backend(backend, precision)
    except InputError as error:
        precision = "float32"
        reasons.append(str(error))
    return backend, precision, reasons


def has_gpu() -> bool:
    """Whether TensorFlow sees a GPU."""
    return bool(tf.config.list_physical_devices("GPU"))


def import_openvino() -> types.ModuleType:
    """The package `openvino`, which is optional.

    Raises:
        InputError: it is not installed, or does not load.
    """
    try:
        return importlib.import_module("openvino")
    except ImportError as error:
        raise InputError(
            f"backend openvino needs a package that cannot be loaded ({error}): "
            "pip install 'jppnet-tf[openvino]'"
        ) from None
