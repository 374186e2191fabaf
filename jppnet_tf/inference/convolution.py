"""How a network's convolutions are computed: directly, or by fewer multiplications."""

import typing

import keras

from jppnet_tf.models.layers import FastConv2D

if typing.TYPE_CHECKING:
    from collections.abc import Iterator

CONVOLUTIONS = ("direct", "fast")
"""What a Predictor's `convolution` may be."""

_LEAST_CHANNELS = {3: 128, 5: 32, 7: 32, 9: 32}
"""By the kernel's size, how many channels and filters a convolution must have to be worth it: the
transforms take about as long for few as for many."""


def quicken(model: keras.Model) -> keras.Model:
    """The same network with its large convolutions computed by fewer multiplications.

    All other layers are the model's own, and so are all variables; the kernels are kept transformed
    as well, as they are now.

    Args:
        model: functional model of this package, in float32.

    Returns:
        keras.Model to predict with.
    """

    def replace(layer):
        return FastConv2D(layer) if is_worth_it(layer) else layer

    return keras.models.clone_model(model, clone_function=replace)


def is_worth_it(layer: keras.layers.Layer) -> bool:
    """Whether a layer is a convolution that takes less time with fewer multiplications."""
    if not FastConv2D.suits(layer):
        return False
    *_, channels, filters = layer.kernel.shape
    return min(channels, filters) >= _LEAST_CHANNELS[layer.kernel_size[0]]


def measure_kernels(model: keras.Model) -> int:
    """The memory that a quickened model's transformed kernels take, in bytes."""
    return sum(layer.nbytes for layer in _fast_layers(model))


def _fast_layers(model) -> "Iterator[FastConv2D]":
    return (layer for layer in model.layers if isinstance(layer, FastConv2D))
