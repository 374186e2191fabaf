"""Losses of parsing and pose, one value per image: whoever calls takes the mean it needs."""

import tensorflow as tf

from jppnet_tf import ops


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
    label = tf.cast(label[..., 0], tf.int32)
    counted = (label >= 0) & (label < logits.shape[-1])
    losses = tf.nn.sparse_softmax_cross_entropy_with_logits(tf.where(counted, label, 0), logits)
    counted = tf.cast(counted, tf.float32)
    total = tf.reduce_sum(losses * counted, axis=(1, 2))
    return total / tf.maximum(tf.reduce_sum(counted, axis=(1, 2)), 1)


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
