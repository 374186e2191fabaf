"""Losses of parsing and pose, one value per image: whoever calls takes the mean it needs."""

import math

import numpy as np
import tensorflow as tf

from jppnet_tf import ops
from jppnet_tf.labels import LIP, STRUCTURE_PARTS

_STRUCTURE_PEAK = 4 / math.sqrt(2 * math.pi)
_STRUCTURE_WEIGHT = 0.05


def parsing_loss(label, logits):
    """Softmax cross-entropy, averaged over the pixels of each image that have a class.

    Args:
        label: int32 [batch, H, W], class ids; pixels with other values, such as 255, are ignored.
            It is brought to the size of `logits` by nearest neighbour.
        logits: float32 [batch, h, w, classes].

    Returns:
        float32 [batch], >= 0. An image without any labelled pixel has 0 (the original divided
        by zero there, and its weights were lost).

    Reference:
        LIP_JPPNet train_JPPNet-s2.py, loss_p1 and its likes.
    """
    # As float32, which holds every id exactly: GPUs resize no integers.
    label = ops.resize_nearest(tf.cast(label, tf.float32)[..., None], tf.shape(logits)[1:3])
    return cross_entropy(tf.cast(label[..., 0], tf.int32), logits)


def cross_entropy(label, logits):
    """Softmax cross-entropy, averaged over the pixels of each image that have a class.

    Args:
        label: int32 [batch, h, w], class ids; pixels with other values are ignored.
        logits: float32 [batch, h, w, classes].

    Returns:
        float32 [batch], >= 0; 0 for an image without any labelled pixel.
    """
    counted = (label >= 0) & (label < logits.shape[-1])
    losses = tf.nn.sparse_softmax_cross_entropy_with_logits(tf.where(counted, label, 0), logits)
    counted = tf.cast(counted, tf.float32)
    total = tf.reduce_sum(losses * counted, axis=(1, 2))
    return total / tf.maximum(tf.reduce_sum(counted, axis=(1, 2)), 1)


def structure_error(label, logits):
    """How far the joints that a parsing implies lie from those of its label.

    A joint is the middle of the pixels of some classes (`labels.STRUCTURE_PARTS`), drawn as a
    peak one pixel wide; this is a twentieth of half the squared difference between the nine maps
    of label and prediction. A joint that is elsewhere adds about 0.4 (1 - exp(-d^2 / 4)), d being
    its distance in pixels of the map; one that is missing on one side adds 0.2.

    Args:
        label: int32 [batch, h, w], LIP's class ids; pixels with other values belong to no joint.
        logits: float32 [batch, h, w, 20], on the same grid: of stride 8, usually.

    Returns:
        float32 [batch], 0 (all joints the same) to 3.6. No gradient flows through it.

    Reference:
        arXiv:1804.01984, equation 2; LIP_SSL, heatmap layer and loss of its Caffe.
    """
    predicted = tf.argmax(logits, axis=-1, output_type=tf.int32)
    maps = [_draw_parts(locate_parts(ids), tf.shape(ids)[1:3]) for ids in (label, predicted)]
    squares = tf.reduce_sum(tf.math.squared_difference(*maps), axis=(1, 2, 3))
    return tf.stop_gradient(_STRUCTURE_WEIGHT / 2 * squares)


def locate_parts(ids):
    """The joints that a label map implies.

    Args:
        ids: int32 [batch, h, w], LIP's class ids, or others, which count as background.

    Returns:
        float32 [batch, 9, 2], whole x and y: the mean of the pixels, cut off; (0, 0) for joints
        without any.
    """
    # An image's own pixels only: the original's joints of a batch ran on into the next image.
    table = np.zeros((256, len(STRUCTURE_PARTS)), np.int32)
    for part, names in enumerate(STRUCTURE_PARTS):
        table[[LIP.names.index(name) for name in names], part] = 1
    members = tf.gather(tf.constant(table), ids)
    columns, rows = (tf.reduce_sum(members, axis=axis) for axis in (1, 2))
    sums = [
        tf.reduce_sum(line * tf.range(tf.shape(line)[1])[:, None], axis=1)
        for line in (columns, rows)
    ]
    # In whole numbers: a quotient in floating point may come out just below one.
    means = tf.stack(sums, axis=-1) // tf.maximum(tf.reduce_sum(rows, axis=1), 1)[..., None]
    return tf.cast(means, tf.float32)


def _draw_parts(xy, size_hw):
    """Heatmaps float32 [batch, h, w, 9] of joints; one at (0, 0) is missing, and its map empty."""
    ys, xs = (tf.range(size_hw[axis], dtype=tf.float32) for axis in (0, 1))
    x, y = (xy[:, None, :, axis] for axis in (0, 1))
    along_x = tf.exp(-tf.square(xs[:, None] - x) / 2)
    along_y = tf.exp(-tf.square(ys[:, None] - y) / 2)
    there = tf.cast(tf.reduce_any(xy > 0, axis=-1), tf.float32)
    return _STRUCTURE_PEAK * there[:, None, None] * along_y[:, :, None] * along_x[:, None]


def pose_loss(target, maps):
    """Root of the summed squared error of each image's heatmaps.

    Unlike a mean squared error it is not divided by the number of pixels, so values at
    different sizes are not comparable.

    Args:
        target: float32 [batch, H, W, joints], peaks at most 1. It is brought to the size of
            `maps` by nearest neighbour.
        maps: float32 [batch, h, w, joints], unbounded.

    Returns:
        float32 [batch], >= 0.

    Reference:
        LIP_JPPNet train_JPPNet-s2.py, loss_s1 and its likes.
    """
    target = ops.resize_nearest(target, tf.shape(maps)[1:3])
    total = tf.reduce_sum(tf.square(target - maps), axis=(1, 2, 3))
    # The root's slope is infinite at 0; a perfect map shall have slope 0, not nan.
    return tf.where(total > 0, tf.sqrt(tf.where(total > 0, total, 1)), 0)
