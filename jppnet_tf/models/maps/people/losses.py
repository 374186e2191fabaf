"""What PersonLab's maps are trained for: five losses, one value per image."""

import tensorflow as tf

from jppnet_tf.models.maps.people.skeleton import RADIUS
from jppnet_tf.models.maps.people.targets import Targets

WEIGHTS = {"heatmaps": 4.0, "segmentation": 2.0, "short": 1.0, "mid": 0.25, "long": 0.125}
"""The paper's factors on the losses."""


def compute_losses(
    maps: dict[str, tf.Tensor], targets: Targets, radius: float = RADIUS
) -> dict[str, tf.Tensor]:
    """The losses of a batch, unweighted.

    Heatmaps and segmentation: logistic, averaged over the cells that are looked at (and the
    joints). Offsets: the sum of both distances in radii, averaged over the offsets looked at. What
    has nothing to look at is 0.

    Args:
        maps: dict of PersonLab's outputs, float32 [batch, h, w, channels].
        targets: Targets of the batch, each field with one dimension more.
        radius: pixels that offsets are divided by.

    Returns:
        dict of the outputs' names to float32 [batch].

    Reference:
        arXiv:1803.08225, sections 3.1 to 3.3. That images count alike, whatever is seen of them, is
        our choice; the paper does not say.
    """
    losses = {}
    for name in ("heatmaps", "segmentation"):
        cross_entropy = tf.nn.sigmoid_cross_entropy_with_logits(getattr(targets, name), maps[name])
        weight = tf.broadcast_to(getattr(targets, f"{name}_weight"), tf.shape(cross_entropy))
        losses[name] = _average(cross_entropy, weight)
    for name in ("short", "mid", "long"):
        distances = tf.abs(maps[name] - getattr(targets, name)) / radius
        distances = distances[..., 0::2] + distances[..., 1::2]
        losses[name] = _average(distances, getattr(targets, f"{name}_weight"))
    return losses


def _average(values, weight):
    """Means over all but the first dimension, of what has weight: [batch]."""
    total = tf.reduce_sum(values * weight, axis=(1, 2, 3))
    return total / tf.maximum(tf.reduce_sum(weight, axis=(1, 2, 3)), 1)
