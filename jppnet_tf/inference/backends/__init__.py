"""Who computes a network: TensorFlow, or a library that is fed from the same Keras model.

A backend is called with images, float32 [n, h, w, 3], and gives the network's results by name:
dict of float32 arrays [n, ...].
"""

import typing
from collections.abc import Callable

import numpy as np

from jppnet_tf.inference.backends.choice import (
    BACKENDS,
    check_backend,
    fall_back,
    has_gpu,
)
from jppnet_tf.inference.backends.tensorflow import TensorFlowBackend

if typing.TYPE_CHECKING:
    import keras
    import tensorflow as tf

__all__ = ["BACKENDS", "build_backend", "check_backend", "fall_back", "has_gpu"]


def build_backend(
    name: str,
    function: "Callable[[tf.Tensor], dict[str, tf.Tensor]]",
    model: "keras.Model",
    precision: str,
    identity: str = "",
    many_sizes: bool = False,
) -> "Callable[[tf.Tensor], dict[str, np.ndarray]]":
    """A backend that computes a function of images.

    Args:
        name: one of BACKENDS.
        function: takes a float32 tensor [n, h, w, 3], calls `model` and gives a dict of tensors.
        model: functional model of this package, its layers in float32 unless TensorFlow computes.
        precision: one of models.precision.PRECISIONS; TensorFlow's is what the model was built
            with.
        identity: what tells the function from others of the same model.
        many_sizes: whether images come in more sizes than are worth a compilation each.

    Raises:
        InputError: this machine lacks the backend or the precision, or its cache cannot be written.
    """
    if name == "tensorflow":
        return TensorFlowBackend(function, many_sizes)
    from jppnet_tf.inference.backends.openvino import OpenVINOBackend  # an optional package

    return OpenVINOBackend(function, model, precision, identity)
