"""Losses of parsing and pose, one value per image: whoever calls takes the mean it needs."""

import math
from collections.abc import Sequence

import tensorflow as tf

from jppnet_tf.evaluation.metrics import structure
from jppnet_tf.models.maps.resizing import resize_nearest


def parsing_loss(label: tf.Tensor, logits: tf.Tensor) -> tf.Tensor:
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
    return cross_entropy(resize_label(label, tf.shape(logits)[1:3]), logits)


def resize_label(label: tf.Tensor, size_hw: tf.Tensor | Sequence[int]) -> tf.Tensor:
    """Brings labels to another size by nearest neighbour: int32 [batch, *size_hw]."""
    # As float32, which holds every id exactly: GPUs resize no integers.
    label = resize_nearest(tf.cast(label, tf.float32)[..., None], size_hw)
    return tf.cast(label[..., 0], tf.int32)


def cross_entropy(label: tf.Tensor, logits: tf.Tensor) -> tf.Tensor:
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


def border_loss(label: tf.Tensor, logits: tf.Tensor) -> tf.Tensor:
    """Binary cross-entropy of every class's probability, in which borders weigh more.

    A pixel is on the border of a class where 0.5 to 99.5 % of the 11 x 11 pixels around it, as far
    as they lie in the image, are of that class. There the class weighs three times as much as
    elsewhere, if it is the pixel's own: of classes that are not there, all pixels weigh 1. The
    weights are rescaled so that their mean over pixels and classes is 1.

    Args:
        label: int32 [batch, h, w], class ids; pixels with other values are ignored.
        logits: float32 [batch, h, w, classes].

    Returns:
        float32 [batch], >= 0, the mean over pixels and classes; 0 for an image without any labelled
        pixel. Probabilities within 1e-7 of 0 or 1 count as that far away, and have no gradient.

    Reference:
        LIP-Net's repository, which rescales over the batch.
    """
    target, counted = _one_hot(label, logits.shape[-1])
    around = tf.nn.avg_pool2d(target, 11, 1, "SAME")
    border = tf.cast((around > 0.005) & (around < 0.995), tf.float32)
    weight = (1 + 2 * border) * counted
    number = tf.reduce_sum(tf.broadcast_to(counted, tf.shape(target)), axis=(1, 2, 3))
    total = tf.reduce_sum(weight, axis=(1, 2, 3))
    weight *= tf.math.divide_no_nan(number, total)[:, None, None, None]
    limit = math.log((1 - 1e-7) / 1e-7)
    z = tf.clip_by_value(_log_odds(logits), -limit, limit)
    distance = tf.math.log1p(tf.exp(-tf.abs(z))) + tf.nn.relu(-z)
    losses = (1 - target) * z + (1 + (weight - 1) * target) * distance
    return tf.math.divide_no_nan(tf.reduce_sum(losses * counted, axis=(1, 2, 3)), number)


def dice_loss(label: tf.Tensor, logits: tf.Tensor) -> tf.Tensor:
    """1 minus the overlap of every class's probability with the label, averaged over classes.

    The overlap is (2 I + 1) / (S + 1), I being the sum of the probability over the class's pixels,
    S that over all pixels and the number of the class's; a class that is nowhere overlaps by 1.

    Args:
        label: int32 [batch, h, w], class ids; pixels with other values are ignored.
        logits: float32 [batch, h, w, classes].

    Returns:
        float32 [batch], 0 to 1.
    """
    target, counted = _one_hot(label, logits.shape[-1])
    probability = tf.nn.softmax(logits) * counted
    both = tf.reduce_sum(target * probability, axis=(1, 2))
    either = tf.reduce_sum(target, axis=(1, 2)) + tf.reduce_sum(probability, axis=(1, 2))
    return 1 - tf.reduce_mean((2 * both + 1) / (either + 1), axis=-1)


def _log_odds(logits):
    """log(p / (1 - p)) of the softmax p, exact also where p is nearly 1."""
    probability = tf.nn.softmax(logits)
    classes = logits.shape[-1]
    highest = tf.one_hot(tf.argmax(logits, axis=-1), classes, True, False)
    others = tf.reduce_sum(tf.where(highest, 0.0, probability), axis=-1, keepdims=True)
    rest = tf.where(highest, tf.maximum(others, 1e-30), 1 - probability)
    return tf.nn.log_softmax(logits) - tf.math.log(rest)


def _one_hot(label, classes):
    """Labels as maps float32 [batch, h, w, classes], and [batch, h, w, 1]: 0 of ignored pixels."""
    counted = tf.cast((label >= 0) & (label < classes), tf.float32)[..., None]
    return tf.one_hot(label, classes), counted


def structure_loss(losses: tf.Tensor, error: tf.Tensor, variant: str = "paper") -> tf.Tensor:
    """Losses of parsing as structure-sensitive training has them.

    Args:
        losses: float32 [batch], such as `cross_entropy`.
        error: float32 [batch], `structure_error` of the same images.
        variant: "paper" multiplies each image's loss by its error, so that an image whose
            joints are all in place teaches nothing more: a way to go on from a trained network.
            "released" leaves the losses as they are: the released program multiplies those that
            it reports, but not their gradients.

    Returns:
        float32 [batch]. No gradient flows through `error`.

    Reference:
        arXiv:1804.01984, equation 2; LIP_SSL, the loss layer of its Caffe.
    """
    return losses * tf.stop_gradient(error) if variant == "paper" else losses


def structure_error(label: tf.Tensor, parsing: tf.Tensor) -> tf.Tensor:
    """How far the joints that a parsing implies lie from those of its label.

    A joint is the middle of the pixels of some classes (`labels.STRUCTURE_PARTS`), drawn as a
    peak one pixel wide; this is a twentieth of half the squared difference between the nine maps
    of label and prediction. A joint that is elsewhere adds about 0.4 (1 - exp(-d^2 / 4)), d being
    its distance in pixels of the map; one that is missing on one side adds 0.2.

    Args:
        label: int32 [batch, h, w], LIP's class ids; pixels with other values belong to no joint.
        parsing: int32 [batch, h, w], class ids on the same grid: of stride 8, usually.

    Returns:
        float32 [batch], 0 (all joints the same) to 3.6.

    Reference:
        arXiv:1804.01984, equation 2; LIP_SSL, heatmap layer and loss of its Caffe.
    """
    maps = [_draw_parts(locate_parts(ids), tf.shape(ids)[1:3]) for ids in (label, parsing)]
    squares = tf.reduce_sum(tf.math.squared_difference(*maps), axis=(1, 2, 3))
    return structure.WEIGHT * squares


def locate_parts(ids: tf.Tensor) -> tf.Tensor:
    """The joints that a label map implies.

    Args:
        ids: int32 [batch, h, w], LIP's class ids, or others, which count as background.

    Returns:
        float32 [batch, 9, 2], whole x and y: the mean of the pixels, cut off; (0, 0) for joints
        without any.
    """
    # An image's own pixels only: the original's joints of a batch ran on into the next image.
    members = tf.gather(tf.constant(structure.MEMBERS), ids)
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
    return structure.PEAK * there[:, None, None] * along_y[:, :, None] * along_x[:, None]


def pose_loss(target: tf.Tensor, maps: tf.Tensor) -> tf.Tensor:
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
    target = resize_nearest(target, tf.shape(maps)[1:3])
    total = tf.reduce_sum(tf.square(target - maps), axis=(1, 2, 3))
    # The root's slope is infinite at 0; a perfect map shall have slope 0, not nan.
    return tf.where(total > 0, tf.sqrt(tf.where(total > 0, total, 1)), 0)
