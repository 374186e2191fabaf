"""TensorFlow computes the network: the original's numbers."""

import functools
from collections.abc import Callable

import numpy as np
import tensorflow as tf


class TensorFlowBackend:
    """Compiles a function once for each size of images, or once for all.

    Args:
        function, many_sizes: as for `build_backend`.
    """

    def __init__(
        self, function: Callable[[tf.Tensor], dict[str, tf.Tensor]], many_sizes: bool = False
    ) -> None:
        # TensorFlow counts compilations by code, over all predictors, and would warn of the fifth;
        # it finds none in a partial.
        signature = [tf.TensorSpec((None, None, None, 3), tf.float32)] if many_sizes else None
        self._function = tf.function(functools.partial(function), signature, autograph=False)

    def __call__(self, images: tf.Tensor) -> dict[str, np.ndarray]:
        """The results for images of one size: dict of arrays."""
        return {name: values.numpy() for name, values in self._function(images).items()}
