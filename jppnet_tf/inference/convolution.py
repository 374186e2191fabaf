"""How a network's convolutions are computed: directly, or by fewer multiplications."""

import typing
from collections.abc import Iterator

import keras

from jppnet_tf.models.layers import FastConv2D, JoinedNormalization
from jppnet_tf.models.maps.fast_convolution import fold

CONVOLUTIONS = ("direct", "fast")
"""What a Predictor's `convolution` may be."""

_LEAST_CHANNELS = {3: 256, 5: 32, 7: 32, 9: 32}
"""By the kernel's size, how many channels and filters a convolution must have to be worth it: the
transforms take about as long for few as for many."""


def quicken(model: keras.Model) -> keras.Model:
    """The same network with its large convolutions computed by fewer multiplications.

    Batch normalizations become part of the convolutions before them. All other layers are the
    model's own; kernels are kept as they are now.

    Args:
        model: functional model of this package, in float32.

    Returns:
        keras.Model to predict with.
    """
    norms = find_norms(model)
    folded = {norm.name for norm in norms.values()}

    def replace(layer):
        if layer.name in folded:
            return JoinedNormalization(name=layer.name)
        norm = norms.get(layer.name)
        if is_worth_it(layer):
            return FastConv2D(layer, norm)
        return layer if norm is None else _join(layer, norm)

    return keras.models.clone_model(model, clone_function=replace)


def _join(layer, norm):
    """A convolution that normalizes, too."""
    settings = {"use_bias": True, "kernel_initializer": "zeros"}  # no chance: it is overwritten
    joined = keras.layers.Conv2D.from_config(layer.get_config() | settings)
    kernel, bias = fold(layer, norm)
    joined.build((None, None, None, kernel.shape[2]))
    joined.set_weights([kernel, bias])
    return joined


def find_norms(model: keras.Model) -> dict[str, keras.layers.BatchNormalization]:
    """The batch normalizations that alone follow a convolution: by the convolution's name."""
    before = _find_inputs(model)
    uses: dict[str, int] = {}
    for names in before.values():
        for name in names:
            uses[name] = uses.get(name, 0) + 1
    outputs = {*_find_names(model.get_config()["output_layers"])}
    norms = {}
    for layer in model.layers:
        if not isinstance(layer, keras.layers.BatchNormalization) or len(layer.get_weights()) != 4:
            continue
        (name,) = before[layer.name]
        convolution = model.get_layer(name)
        if (
            type(convolution) is keras.layers.Conv2D
            and uses[name] == 1
            and name not in outputs
            and convolution.activation is keras.activations.linear
        ):
            norms[name] = layer
    return norms


def _find_inputs(model) -> dict[str, list[str]]:
    """Of each layer the names of those it reads, as the model's config has them."""
    return {
        each.get("name") or each["config"]["name"]: [*_find_names(each["inbound_nodes"])]
        for each in model.get_config()["layers"]
    }


def _find_names(nodes: typing.Any) -> Iterator[str]:
    """The names in inbound nodes, or output layers, of Keras 2 or 3."""
    if isinstance(nodes, dict):
        if "keras_history" in nodes:
            yield nodes["keras_history"][0]
            return
        for value in nodes.values():
            yield from _find_names(value)
    elif isinstance(nodes, (list, tuple)):
        if len(nodes) >= 3 and isinstance(nodes[0], str) and isinstance(nodes[1], int):
            yield nodes[0]  # name, node, tensor, and arguments perhaps
            return
        for value in nodes:
            yield from _find_names(value)


def is_worth_it(layer: keras.layers.Layer) -> bool:
    """Whether a layer is a convolution that takes less time with fewer multiplications."""
    if not FastConv2D.suits(layer):
        return False
    *_, channels, filters = layer.kernel.shape
    return min(channels, filters) >= _LEAST_CHANNELS[layer.kernel_size[0]]


def measure_kernels(model: keras.Model) -> int:
    """The memory that a quickened model's transformed kernels take, in bytes."""
    return sum(layer.nbytes for layer in model.layers if isinstance(layer, FastConv2D))
