"""Dilated convolution, fast on CPUs."""

import numpy as np
import tensorflow as tf


def far_conv(x: tf.Tensor, kernel: tf.Tensor | np.ndarray, dilation: int) -> tf.Tensor:
    """Dilated convolution with 'SAME' padding, fast on CPUs where the dilation is wide.

    One matrix product gives what each position sends through each tap; the products are then
    moved to where they belong. TensorFlow's own dilated convolution gives the same (but for the
    order of summation), and takes longer, its gradients most of all.

    Args:
        x: floating point [batch, h, w, channels].
        kernel: [size, size, channels, filters] with an odd size, array, tensor or variable.
        dilation: distance between taps in pixels.

    Returns:
        Tensor [batch, h, w, filters].
    """
    kernel = tf.cast(tf.convert_to_tensor(kernel), x.dtype)
    if None in x.shape[1:3]:  # while Keras builds a network: nothing is computed yet
        return tf.nn.conv2d(x, kernel, 1, "SAME", dilations=dilation)
    size, _, channels, filters = kernel.shape
    taps = tf.reshape(tf.transpose(kernel, [2, 0, 1, 3]), [1, 1, channels, -1])
    products = tf.nn.conv2d(x, taps, 1, "VALID")
    reach = [dilation * (tap - size // 2) for tap in range(size)]
    offsets = [(dy, dx) for dy in reach for dx in reach]
    parts = tf.split(products, [filters] * len(offsets), axis=-1)
    height, width = x.shape[1:3]
    return tf.add_n(
        [
            _shift(part, dy, dx)
            for part, (dy, dx) in zip(parts, offsets, strict=True)
            if abs(dy) < height and abs(dx) < width  # the others reach nothing
        ]
    )


def _shift(x, dy, dx):
    """What lies `dy` rows below and `dx` columns to the right of each pixel, 0 outside."""
    height, width = x.shape[1:3]
    top, left, bottom, right = max(dy, 0), max(dx, 0), max(-dy, 0), max(-dx, 0)
    inside = x[:, top : height - bottom, left : width - right]
    return tf.pad(inside, [[0, 0], [bottom, top], [right, left], [0, 0]])
