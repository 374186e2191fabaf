"""The colours that a network reads."""

from collections.abc import Sequence

import numpy as np
import tensorflow as tf

MEAN_BGR = (104.00698793, 116.66876762, 122.67891434)
"""The mean colour that JPPNet was trained with."""

SS_MEAN_BGR = (104.008, 116.669, 122.675)
"""The one that SS-JPPNet was trained with."""

POSENET_MEAN_RGB = (123.15, 115.9, 103.06)
"""The one that PoseNet and BodyPix with a ResNet were trained with."""


def preprocess(rgb: np.ndarray | tf.Tensor, mean_bgr: Sequence[float] = MEAN_BGR) -> tf.Tensor:
    """What JPPNet and SS-JPPNet read: BGR minus the mean, not scaled.

    Args:
        rgb: uint8 or float [..., 3], 0..255, array or tensor.
        mean_bgr: MEAN_BGR for JPPNet, SS_MEAN_BGR for SS-JPPNet.

    Returns:
        float32 tensor of the same shape, about -123..151.

    Reference:
        LIP_JPPNet utils/image_reader.py, IMG_MEAN.
    """
    return tf.cast(rgb, tf.float32)[..., ::-1] - tf.constant(mean_bgr, tf.float32)


def scale_rgb(rgb: np.ndarray | tf.Tensor) -> tf.Tensor:
    """What LIP-Net reads: RGB from 0 to 1.

    Args:
        rgb: uint8 or float [..., 3], 0..255, array or tensor.

    Returns:
        float32 tensor of the same shape.
    """
    return tf.cast(rgb, tf.float32) / 255


def center_rgb(rgb: np.ndarray | tf.Tensor) -> tf.Tensor:
    """What PersonLab reads: RGB from -1 to 1.

    Args:
        rgb: uint8 or float [..., 3], 0..255, array or tensor.

    Returns:
        float32 tensor of the same shape.
    """
    return tf.cast(rgb, tf.float32) / 127.5 - 1


def to_caffe(centered: tf.Tensor) -> tf.Tensor:
    """What `preprocess` gives, of what `center_rgb` gives: of the same shape and dtype."""
    return tf.cast(preprocess(_uncenter(centered)), centered.dtype)


def to_posenet(centered: tf.Tensor) -> tf.Tensor:
    """RGB minus the mean, not scaled, of what `center_rgb` gives: of the same shape and dtype."""
    mean = tf.constant(POSENET_MEAN_RGB, tf.float32)
    return tf.cast(_uncenter(centered) - mean, centered.dtype)


def _uncenter(centered):
    return (tf.cast(centered, tf.float32) + 1) * 127.5
