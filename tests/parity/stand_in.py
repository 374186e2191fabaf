"""The weights behind the recorded numbers: each follows from its name and shape alone."""

import zlib

import numpy as np

from jppnet_tf.weights.tf1 import tf1_name


def stand_in(name, shape):
    """float32 array of `shape` for the variable whose TF1 name is `name`.

    Filters are normal with He's deviation, centred per output channel, so that activations
    stay near 1 through the network.
    """
    seed = zlib.crc32(f"0/{name}".encode()) & 0x7FFFFFFF
    random = np.random.RandomState(seed)  # the one generator whose numbers never change
    scope, leaf = name.rsplit("/", 1)
    if leaf in ("w", "weights", "depthwise_kernel", "pointwise_kernel"):
        read = shape[:2] if leaf == "depthwise_kernel" else shape[:-1]
        values = random.standard_normal(shape) * np.sqrt(2 / np.prod(read))
        values -= values.mean(axis=tuple(range(len(read))), keepdims=True)
    elif leaf == "gamma":
        values = random.uniform(*((0.2, 0.4) if "branch2c" in scope else (0.8, 1.2)), shape)
    elif leaf == "moving_variance":
        values = random.uniform(0.6, 1.4, shape)
    else:  # biases, beta, moving mean
        values = random.standard_normal(shape) * 0.05
    return values.astype(np.float32)


def stand_in_arrays(shapes, gain=1 / 64):
    """Stand-in weights for a model.

    Args:
        shapes: dict of our name to shape, the first layer first.
        gain: factor on the first layer's kernel; most networks read pixels of about +-128.

    Returns:
        dict of our name to array.
    """
    arrays = {name: stand_in(tf1_name(name), shape) for name, shape in shapes.items()}
    arrays[next(iter(shapes))] *= np.float32(gain)
    return arrays
