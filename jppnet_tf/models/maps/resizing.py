"""Resizes as TF1 and Caffe did them, as tensor functions.

TF1 sampled an image of n pixels for a result of m at `i * n / m`, without the half-pixel centres
that `tf.image.resize` and OpenCV use. Whatever has to agree with the original resizes as here.
"""

from collections.abc import Sequence

import numpy as np
import tensorflow as tf


def resize_bilinear(
    images: tf.Tensor | np.ndarray, size_hw: tf.Tensor | Sequence[int]
) -> tf.Tensor:
    """Bilinear resize as TF1 did it.

    Args:
        images: [batch, h, w, channels].
        size_hw: (height, width) of the result.

    Returns:
        float32 tensor [batch, height, width, channels].
    """
    return tf.raw_ops.ResizeBilinear(
        images=images, size=size_hw, align_corners=False, half_pixel_centers=False
    )


def resize_nearest(images: tf.Tensor | np.ndarray, size_hw: tf.Tensor | Sequence[int]) -> tf.Tensor:
    """Nearest-neighbour resize as TF1 did it: the pixel up and left of the sampling point.

    Args:
        images: [batch, h, w, channels].
        size_hw: (height, width) of the result.

    Returns:
        Tensor [batch, height, width, channels] of the dtype of `images`.
    """
    return tf.raw_ops.ResizeNearestNeighbor(
        images=images, size=size_hw, align_corners=False, half_pixel_centers=False
    )


def pad_to_multiple(images: tf.Tensor, multiple: int) -> tf.Tensor:
    """Adds zeros below and to the right, up to sides that are multiples.

    Args:
        images: [batch, h, w, channels].
        multiple: int.

    Returns:
        Tensor of the same dtype.
    """
    below, right = (-side % multiple for side in _sides(images))
    return tf.pad(images, [[0, 0], [0, below], [0, right], [0, 0]])


def crop_to(maps: tf.Tensor, images: tf.Tensor) -> tf.Tensor:
    """The upper left of maps, as much as images are high and wide."""
    height, width = _sides(images)
    return maps[:, :height, :width]


def _sides(images):
    """[height, width], ints where they are known."""
    static, actual = images.shape[1:3], tf.shape(images)[1:3]
    return [actual[axis] if side is None else side for axis, side in enumerate(static)]


def interp_length(length: int | tf.Tensor, shrink: int = 1, zoom: int = 1) -> int | tf.Tensor:
    """How many pixels `interp` makes of `length`: int, or a tensor if that is one."""
    shrunk = (length - 1) // shrink + 1
    return shrunk + (shrunk - 1) * (zoom - 1)


def interp(images: tf.Tensor, shrink: int = 1, zoom: int = 1) -> tf.Tensor:
    """Caffe's Interp layer: bilinear, first and last pixel staying where they are.

    One resampling, from the size that it has to `interp_length`. The interval between two
    neighbours grows by `zoom`, exactly; shrinking cuts off what is over, and is then stretched.

    Args:
        images: floating point [batch, h, w, channels].
        shrink, zoom: ints, at least 1; both given, sizes are shrunk first.

    Returns:
        Tensor of the same dtype.
    """
    size_hw = [interp_length(side, shrink, zoom) for side in _sides(images)]
    resized = tf.raw_ops.ResizeBilinear(images=images, size=size_hw, align_corners=True)
    return tf.cast(resized, images.dtype)
