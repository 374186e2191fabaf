"""Weights to start from: another network's, or a part of them."""

import pathlib

from jppnet_tf import loading
from jppnet_tf.weights import imagenet, store


def load_initial_weights(network, path):
    """Puts weights into a network; what they do not hold keeps its random numbers.

    They must be whole in themselves, and fit: a smaller network of this package that is a part of
    this one (such as the trunk with its parsing head), or a trunk trained on ImageNet.

    Args:
        network: functional JPPNet.
        path: a TF1 checkpoint's folder or prefix, a safetensors file, or a file of
            keras.applications' ResNet (.h5).

    Returns:
        List of the variables' names that kept random numbers.

    Raises:
        InputError: the file is missing or damaged, or does not fit.
    """
    variables = store.model_variables(network)
    if pathlib.Path(path).suffix in (".h5", ".hdf5"):
        held = imagenet.load_trunk(network, path)
        return [name for name in variables if name not in held]
    archive = loading.open_weights(path)
    loading.identify(archive)
    held = {name: v for name, v in variables.items() if name in archive.shapes}
    shapes = {name: tuple(variable.shape) for name, variable in held.items()}
    store.check_shapes(archive, shapes, f"{network.name} model that is to be trained")
    for name, array in archive.read_all().items():
        held[name].assign(array)
    return [name for name in variables if name not in held]
