"""Everything that is counted of a set of images: as a whole, by kind of image, by image."""

import dataclasses

import numpy as np

from jppnet_tf.metrics import breakdowns
from jppnet_tf.metrics.datasets import LIP_CLASSES
from jppnet_tf.metrics.parsing import ParsingMetric
from jppnet_tf.metrics.pose import PoseMetric, pooled_joints
from jppnet_tf.metrics.scores import Scores

THRESHOLDS = tuple(step / 20 for step in range(21))
"""The thresholds of the curve, in head sizes."""


@dataclasses.dataclass(frozen=True)
class ImageScore:
    """What one image scores; nan where nothing was counted.

    Attributes:
        name: the image's.
        size_hw: (height, width) in pixels; None of an image without label.
        overall_accuracy, mean_iou: of this image's pixels alone, in percent.
        joints: how many joints counted.
        joints_right: how many of them were right.
        kinds: tuple of keys of `breakdowns.FACTORS` and `SIZES`.
    """

    name: str
    size_hw: tuple | None
    overall_accuracy: float
    mean_iou: float
    joints: int
    joints_right: int
    kinds: tuple

    @property
    def pckh(self):
        """Share of the joints that are right, in percent; nan without joints."""
        return 100 * self.joints_right / self.joints if self.joints else float("nan")

    @property
    def overall(self):
        """One number to order images by: the mean of mean IoU and PCKh, as far as there are."""
        values = [value for value in (self.mean_iou, self.pckh) if not np.isnan(value)]
        return float(np.mean(values)) if values else float("nan")


class Tally:
    """Counts a set of images, one by one.

    To share a set out over processes, give each a tally of its own and merge them in the order
    of the images. Memory grows by a line per image.

    Args:
        dataset: datasets.ParsingDataset, which classes the ids of labels and predictions are.

    Attributes:
        parsing: ParsingMetric of all images.
        pose: PoseMetric of all images.
        kinds: dict of a key of `breakdowns.FACTORS` or `SIZES` to its (ParsingMetric, PoseMetric).
        curve: list of PoseMetric, one per `THRESHOLDS`.
        images: list of ImageScore.
        given_head_sizes: how many images came with a head size of their own, which is not LIP's.
        without_label, without_joints, without_prediction: how many images lacked it.
    """

    def __init__(self, dataset=LIP_CLASSES):
        self._dataset = dataset
        self.parsing, self.pose = self._make_metrics()
        self.kinds = {
            kind: self._make_metrics() for kind in (*breakdowns.FACTORS, *breakdowns.SIZES)
        }
        self.curve = [PoseMetric(threshold) for threshold in THRESHOLDS]
        self.images = []
        self.given_head_sizes = 0
        self.without_label = self.without_joints = self.without_prediction = 0

    def _make_metrics(self):
        return ParsingMetric(self._dataset.ids, len(self._dataset.names)), PoseMetric()

    def update(
        self, name, label=None, parsing=None, joints=None, keypoints=None,
        head_size=None, label_place="", joints_place="",
    ):  # fmt: skip
        """Counts one image.

        Args:
            name: the image's.
            label, parsing: ground truth and prediction as for `parsing.count_confusion`, in the
                ids of the tally's dataset; None if there is none.
            joints, keypoints: ground truth and prediction as for `pose.score_joints`; or None.
            head_size: in pixels, for datasets that measure it otherwise than LIP; or None.
            label_place, joints_place: what to name in an error.

        Raises:
            InputError: as for these functions.
        """
        kinds = self._find_kinds(label, joints)
        image_parsing, image_pose = self._make_metrics()
        self.given_head_sizes += head_size is not None
        self.without_label += label is None
        self.without_joints += joints is None
        lacks = (label is not None and parsing is None) or (
            joints is not None and keypoints is None
        )
        self.without_prediction += lacks
        if label is not None and parsing is not None:
            label, parsing = self._dataset.translate(label, parsing, label_place)
            image_parsing.update(label, parsing, where=label_place)
        if joints is not None and keypoints is not None:
            image_pose.update(joints, keypoints, head_size, joints_place)
            for metric in self.curve:
                metric.update(joints, keypoints, head_size, joints_place)
        for parsing_metric, pose_metric in [(self.parsing, self.pose), *map(self.kinds.get, kinds)]:
            parsing_metric.merge(image_parsing)
            pose_metric.merge(image_pose)
        scores = image_parsing.scores()
        self.images.append(
            ImageScore(
                name=name,
                size_hw=None if label is None else label.shape[-2:],
                overall_accuracy=scores.overall_accuracy,
                mean_iou=scores.mean_iou,
                joints=int(image_pose.counts[pooled_joints()].sum()),
                joints_right=int(image_pose.right[pooled_joints()].sum()),
                kinds=tuple(kinds),
            )
        )

    @staticmethod
    def _find_kinds(label, joints):
        kinds = [] if joints is None else breakdowns.find_factors(joints)
        return kinds if label is None else [*kinds, breakdowns.find_size(label.shape)]

    def merge(self, other):
        """Adds what another tally of the same dataset counted."""
        self.parsing.merge(other.parsing)
        self.pose.merge(other.pose)
        for kind, metrics in self.kinds.items():
            for metric, more in zip(metrics, other.kinds[kind], strict=True):
                metric.merge(more)
        for metric, more in zip(self.curve, other.curve, strict=True):
            metric.merge(more)
        self.images += other.images
        self.given_head_sizes += other.given_head_sizes
        self.without_label += other.without_label
        self.without_joints += other.without_joints
        self.without_prediction += other.without_prediction

    def scores(self):
        """Scores of all images."""
        return Scores(self.parsing.scores(), self.pose.scores())

    def scores_by_kind(self):
        """dict of a kind of image to (how many there are, Scores)."""
        counts = {kind: sum(kind in image.kinds for image in self.images) for kind in self.kinds}
        return {
            kind: (counts[kind], Scores(parsing.scores(), pose.scores()))
            for kind, (parsing, pose) in self.kinds.items()
        }
