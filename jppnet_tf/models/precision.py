"""What networks compute in: one vocabulary for training, prediction and loading."""

import contextlib
from collections.abc import Iterator

from jppnet_tf.system.errors import InputError

_POLICIES = {
    "float32": "float32",
    "bfloat16": "mixed_bfloat16",
    "float16": "mixed_float16",
}

PRECISIONS = tuple(_POLICIES)
"""What layers may compute in; weights and results are float32 in any case."""


def check_precision(precision: str) -> None:
    """Raises InputError if there is no such precision."""
    if precision not in PRECISIONS:
        raise InputError(f"precision is one of {', '.join(PRECISIONS)}, not {precision!r}")


def set_precision(precision: str) -> None:
    """Sets what layers that are built from now on compute in: Keras's global policy."""
    import keras  # here, so that the vocabulary alone loads nothing

    keras.mixed_precision.set_global_policy(_POLICIES[precision])


@contextlib.contextmanager
def computing_in(precision: str) -> Iterator[None]:
    """Sets what layers compute in that are built in the block."""
    import keras

    before = keras.mixed_precision.global_policy()
    set_precision(precision)
    try:
        yield
    finally:
        keras.mixed_precision.set_global_policy(before)
