"""The scores of both tasks on one set of images."""

import dataclasses

import numpy as np

from jppnet_tf.evaluation.metrics.parsing import ParsingScores
from jppnet_tf.evaluation.metrics.pose import PoseScores


@dataclasses.dataclass(frozen=True)
class Scores:
    """What is reached on a set.

    Attributes:
        parsing: ParsingScores.
        pose: PoseScores, or None of a network without pose.
        structure_error: mean of `structure.structure_error`; None of other classes than LIP's.
    """

    parsing: ParsingScores
    pose: PoseScores | None
    structure_error: float | None = None

    @property
    def overall(self) -> float:
        """One number to choose the best weights by: the mean of mean IoU and PCKh, in percent.

        A task that nothing could be scored of is left out; nan if that is so of both.
        """
        values = [self.parsing.mean_iou] + ([self.pose.total] if self.pose else [])
        scored = [value for value in values if not np.isnan(value)]
        return float(np.mean(scored)) if scored else float("nan")

    def summary(self) -> dict[str, float]:
        """The main scores: dict of str to percent, and the structure-sensitive error."""
        scores = {
            "overall_accuracy": self.parsing.overall_accuracy,
            "mean_accuracy": self.parsing.mean_accuracy,
            "mean_iou": self.parsing.mean_iou,
        }
        if self.structure_error is not None:
            scores["structure_error"] = self.structure_error
        return scores | ({"pckh": self.pose.total} if self.pose else {})
