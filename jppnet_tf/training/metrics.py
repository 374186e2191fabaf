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
class ParsingMeanIoU(keras.metrics.Metric):
    """Mean IoU over all that was seen, in percent; classes that never occur are left out.

    Args:
        classes: labels.Classes, what the ids stand for. A saved metric keeps their names only.
        name, **kwargs: as for any Keras metric.
    """

    def __init__(
        self, classes: Classes = LIP, name: str = "mean_iou", **kwargs: typing.Any
    ) -> None:
        super().__init__(name=name, **kwargs)
        self.classes = classes
        self._count = len(classes.names)
        self.confusion = self.add_weight(
            name="confusion", shape=(self._count,) * 2, initializer="zeros", dtype="int64"
        )

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
        y_pred = tf.convert_to_tensor(y_pred)
        if y_pred.dtype.is_floating:
            y_pred = tf.argmax(y_pred, axis=-1)
        truth = tf.reshape(tf.cast(y_true, tf.int64), [-1])
        counted = truth != IGNORE
        truth, predicted = truth[counted], tf.reshape(tf.cast(y_pred, tf.int64), [-1])[counted]
        for ids in (truth, predicted):
            tf.debugging.assert_less(ids, tf.cast(self._count, tf.int64), "ids must be classes")
            tf.debugging.assert_non_negative(ids, "ids must be classes")
        pairs = truth * self._count + predicted
        counts = tf.math.bincount(tf.cast(pairs, tf.int32), minlength=self._count**2)
        counts = tf.reshape(tf.cast(counts, tf.int64), [self._count, self._count])
        self.confusion.assign(self.confusion + counts)

    def reset_state(self) -> None:
        """Forgets what was counted."""
        self.confusion.assign(tf.zeros_like(self.confusion))

    def result(self) -> tf.Tensor:
        """float32, percent; nan where nothing was counted."""
        confusion = tf.cast(tf.convert_to_tensor(self.confusion), tf.float64)
        right = tf.linalg.diag_part(confusion)
        union = tf.reduce_sum(confusion, 0) + tf.reduce_sum(confusion, 1) - right
        occurs = union > 0
        return tf.cast(100 * tf.reduce_mean(right[occurs] / union[occurs]), tf.float32)

    def get_config(self) -> dict:
        """The arguments, to build it again."""
        return super().get_config() | {"classes": list(self.classes.names)}

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
