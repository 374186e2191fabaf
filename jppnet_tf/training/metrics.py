"""LIP's scores as Keras metrics, for training and evaluation loops in the graph.

They count what `jppnet_tf.evaluation.metrics` counts, and give the same scores.
"""

import typing

import keras
import numpy as np
import tensorflow as tf

from jppnet_tf.evaluation.metrics.pose import GROUPS, pooled_joints
from jppnet_tf.labels import IGNORE, LIP, LIP_JOINTS, Classes, Joints


@keras.saving.register_keras_serializable("jppnet_tf")
class ParsingMeanIoU(keras.metrics.MeanIoU):
    """Mean IoU over all that was seen, in percent; classes that never occur are left out.

    Args:
        classes: labels.Classes, what the ids stand for. A saved metric keeps their names only.
        name, **kwargs: as for any Keras metric.
    """

    def __init__(
        self, classes: Classes = LIP, name: str = "mean_iou", **kwargs: typing.Any
    ) -> None:
        # float64 counts every pixel of a data set; float32 stops at 17 million of a kind.
        settings = {"ignore_class": IGNORE, "name": name, "dtype": "float64"} | kwargs
        super().__init__(len(classes.names), **settings)
        self.classes = classes

    def update_state(
        self,
        y_true: tf.Tensor | np.ndarray,
        y_pred: tf.Tensor | np.ndarray,
        sample_weight: tf.Tensor | None = None,
    ) -> None:
        """Counts labels.

        Args:
            y_true: integers [...], ids of classes; 255 is left out.
            y_pred: integers [...], ids of classes; or floating point [..., classes], logits.
            sample_weight: ignored, every pixel counts alike.

        Raises:
            tf.errors.InvalidArgumentError: an id is not a class.
        """
        del sample_weight
        y_true, y_pred = tf.convert_to_tensor(y_true), tf.convert_to_tensor(y_pred)
        if y_pred.dtype.is_floating:
            y_pred = tf.argmax(y_pred, axis=-1)
        y_true, y_pred = tf.cast(y_true, tf.int64), tf.cast(y_pred, tf.int64)
        counted = y_true != IGNORE
        for ids in (y_true[counted], y_pred[counted]):
            tf.debugging.assert_less(
                ids, tf.cast(self.num_classes, tf.int64), "ids must be classes"
            )
            tf.debugging.assert_non_negative(ids, "ids must be classes")
        super().update_state(y_true, y_pred)

    def result(self) -> tf.Tensor:
        """float32, percent; nan where nothing was counted."""
        counts = tf.reduce_sum(tf.convert_to_tensor(self.total_cm))
        percent = 100 * tf.cast(super().result(), tf.float32)
        return tf.where(counts > 0, percent, float("nan"))

    def get_config(self) -> dict:
        """The arguments, to build it again."""
        config = {"name": self.name, "dtype": self.dtype}
        return config | {"classes": list(self.classes.names)}

    @classmethod
    def from_config(cls, config: dict) -> "ParsingMeanIoU":
        """The metric of such arguments."""
        return cls(**config | {"classes": Classes(tuple(config["classes"]), (), ())})


@keras.saving.register_keras_serializable("jppnet_tf")
class PCKh(keras.metrics.Metric):
    """Share of joints found, by LIP's rules, in percent: the total, without pelvis and spine.

    Args:
        threshold: the largest distance of a joint that is right, in head sizes.
        joints: labels.Joints, what the points stand for. A saved metric keeps their names only.
        name, **kwargs: as for any Keras metric.

    Raises:
        InputError: the joints lack some that PCKh needs.
    """

    def __init__(
        self,
        threshold: float = 0.5,
        joints: Joints = LIP_JOINTS,
        name: str = "pckh",
        **kwargs: typing.Any,
    ) -> None:
        super().__init__(name=name, **kwargs)
        self.threshold = threshold
        self.joints = joints
        self._pooled = pooled_joints(joints=joints)
        self.right, self.counts = (
            self.add_weight(
                name=part, shape=(len(joints.names),), initializer="zeros", dtype="int64"
            )
            for part in ("right", "counts")
        )

    def update_state(
        self,
        y_true: tf.Tensor | np.ndarray,
        y_pred: tf.Tensor | np.ndarray,
        sample_weight: tf.Tensor | None = None,
    ) -> None:
        """Counts joints.

        Args:
            y_true: [batch, joints, 2 or 3], x and y in pixels, and a flag; nan where missing.
            y_pred: [batch, joints, 2 or 3], x and y in pixels; a third number is not read.
            sample_weight: ignored, every joint counts alike.
        """
        del sample_weight
        truth, found = (tf.cast(points, tf.float64) for points in (y_true, y_pred))
        there = tf.reduce_all(~tf.math.is_nan(truth), -1) & tf.reduce_all(truth[..., :2] >= 0, -1)
        neck, head = (self.joints.names.index(name) for name in GROUPS["head"])
        size = _distance(truth[:, neck, :2], truth[:, head, :2])
        has_head = there[:, neck] & there[:, head] & (size > 0)
        found = tf.where(found[..., :2] >= 0, found[..., :2], 1)
        near = _distance(truth[..., :2], found) / size[:, None] <= self.threshold
        counted = there & has_head[:, None]
        for weight, hits in ((self.counts, counted), (self.right, counted & near)):
            weight.assign(weight + tf.reduce_sum(tf.cast(hits, tf.int64), axis=0))

    def reset_state(self) -> None:
        """Forgets what was counted."""
        for weight in (self.right, self.counts):
            weight.assign(tf.zeros_like(weight))

    def result(self) -> tf.Tensor:
        """float32, percent; nan where nothing was counted."""
        right, counts = (
            tf.reduce_sum(tf.gather(tf.convert_to_tensor(weight), self._pooled))
            for weight in (self.right, self.counts)
        )
        return tf.cast(100 * right / counts, tf.float32)

    def get_config(self) -> dict:
        """The arguments, to build it again."""
        own = {"threshold": self.threshold, "joints": list(self.joints.names)}
        return super().get_config() | own

    @classmethod
    def from_config(cls, config: dict) -> "PCKh":
        """The metric of such arguments."""
        return cls(**config | {"joints": Joints(tuple(config["joints"]), (), ())})


def _distance(a, b):
    return tf.sqrt(tf.reduce_sum(tf.square(a - b), axis=-1))
