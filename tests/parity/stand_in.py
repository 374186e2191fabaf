"""The weights behind the recorded numbers: each follows from its name and shape alone."""

import zlib

import numpy as np

from jppnet_tf.weights.tf1 import tf1_name


def stand_in(name, shape):
    """float32 array of `shape` for the variable whose TF1 name is `name`.

    Filters are normal with He's deviation, centred per output channel, so that activations
    stay near 1 through the network; conv1 reads pixels of about +-128 and is scaled down.
    """
    seed = zlib.crc32(f"0/{name}".encode()) & 0x7FFFFFFF
    random = np.random.RandomState(seed)  # the one generator whose numbers never change
    scope, leaf = name.rsplit("/", 1)
    if leaf in ("w", "weights"):
        values = random.standard_normal(shape) * np.sqrt(2 / np.prod(shape[:3]))
        values -= values.mean(axis=(0, 1, 2), keepdims=True)
        values /= 64 if scope == "conv1" else 1
    elif leaf == "gamma":
        values = random.uniform(*((0.2, 0.4) if "branch2c" in scope else (0.8, 1.2)), shape)
    elif leaf == "moving_variance":
        values = random.uniform(0.6, 1.4, shape)
    else:  # biases, beta, moving mean
        values = random.standard_normal(shape) * 0.05
    return values.astype(np.float32)


def stand_in_arrays(shapes):
    """Stand-in weights for a model: dict of our name to array."""
    return {name: stand_in(tf1_name(name), shape) for name, shape in shapes.items()}
