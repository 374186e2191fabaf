"""The scores of both tasks on one set of images."""

import dataclasses

import numpy as np

from jppnet_tf.metrics.parsing import ParsingScores
from jppnet_tf.metrics.pose import PoseScores


@dataclasses.dataclass(frozen=True)
class Scores:
    """What is reached on a set.

    Attributes:
        parsing: ParsingScores.
        pose: PoseScores, or None of a network without pose.
    """

    parsing: ParsingScores
    pose: PoseScores | None

    @property
    def overall(self):
        """One number to choose the best weights by: the mean of mean IoU and PCKh, in percent."""
        values = [self.parsing.mean_iou] + ([self.pose.total] if self.pose else [])
        return float(np.mean(values))

    def summary(self):
        """The main scores as a dict of str to percent."""
        scores = {
            "overall_accuracy": self.parsing.overall_accuracy,
            "mean_accuracy": self.parsing.mean_accuracy,
            "mean_iou": self.parsing.mean_iou,
        }
        return scores | ({"pckh": self.pose.total} if self.pose else {})
