"""Everything that is counted of a set of images: as a whole, by kind of image, by image."""

import dataclasses
import typing

import numpy as np

from jppnet_tf.evaluation.metrics import breakdowns
from jppnet_tf.evaluation.metrics.datasets import LIP_CLASSES
from jppnet_tf.evaluation.metrics.parsing import ParsingMetric
from jppnet_tf.evaluation.metrics.pose import PoseMetric, pooled_joints
from jppnet_tf.evaluation.metrics.scores import Scores
from jppnet_tf.evaluation.metrics.structure import StructureMetric
from jppnet_tf.labels import LIP_JOINTS, Joints

if typing.TYPE_CHECKING:
    from jppnet_tf.evaluation.metrics.datasets import ParsingDataset

THRESHOLDS = tuple(step / 20 for step in range(21))
"""The thresholds of the curve, in head sizes."""


@dataclasses.dataclass(frozen=True)
class ImageScore:
    """What one image scores; nan where nothing was counted.

    Attributes:
        name: the image's.
        size_hw: (height, width) in pixels; None of an image without label.
        overall_accuracy, mean_iou: of this image's pixels alone, in percent.
        structure_error: `structure.structure_error`, 0 to 3.6.
        joints: how many joints counted.
        joints_right: how many of them were right.
        kinds: tuple of keys of `breakdowns.KINDS`.
    """

    name: str
    size_hw: tuple[int, ...] | None
    overall_accuracy: float
    mean_iou: float
    structure_error: float
    joints: int
    joints_right: int
    kinds: tuple[str, ...]

    @property
    def pckh(self) -> float:
        """Share of the joints that are right, in percent; nan without joints."""
        return 100 * self.joints_right / self.joints if self.joints else float("nan")

    @property
    def overall(self) -> float:
        """One number to order images by: the mean of mean IoU and PCKh, as far as there are."""
        values = [value for value in (self.mean_iou, self.pckh) if not np.isnan(value)]
        return float(np.mean(values)) if values else float("nan")


@dataclasses.dataclass(frozen=True, eq=False)
class JudgedImage:
    """Ground truth and prediction of one image; None where there is none.

    Attributes:
        name: the image's.
        label, parsing: ids of the tally's dataset, integers [h, w].
        joints: ground truth, numbers [joints, 3] of x, y, flag; nan where missing.
        keypoints: prediction, numbers [joints, 2 or 3].
        head_size: in pixels, where it is measured otherwise than LIP's.
        label_place, joints_place: what to name in an error.
    """

    name: str
    label: np.ndarray | None = None
    parsing: np.ndarray | None = None
    joints: np.ndarray | None = None
    keypoints: np.ndarray | None = None
    head_size: float | None = None
    label_place: str = ""
    joints_place: str = ""


class Tally:
    """Counts a set of images, one by one.

    To share a set out over processes, give each a tally of its own and merge them in the order
    of the images. Memory grows by a line per image.

    Args:
        dataset: datasets.ParsingDataset, which classes the ids of labels and predictions are.
        joints: labels.Joints, what the points of ground truth and predictions stand for.

    Attributes:
        joints: as above.
        parsing: ParsingMetric of all images.
        pose: PoseMetric of all images.
        structure: StructureMetric of all images; of LIP's classes only, else it stays empty.
        kinds: dict of a key of `breakdowns.KINDS` to its (ParsingMetric, PoseMetric).
        curve: list of PoseMetric, one per `THRESHOLDS`.
        images: list of ImageScore.
        given_head_sizes: how many images came with a head size of their own, which is not LIP's.
        without_label, without_joints, without_prediction: how many images lacked it.

    Raises:
        InputError: the joints lack some that PCKh needs.
    """

    def __init__(
        self, dataset: "ParsingDataset" = LIP_CLASSES, joints: Joints = LIP_JOINTS
    ) -> None:
        self._dataset, self.joints = dataset, joints
        self.parsing, self.pose = self._make_metrics()
        self.structure = StructureMetric()
        self.kinds = {kind: self._make_metrics() for kind in breakdowns.KINDS}
        self.curve = [PoseMetric(threshold, joints) for threshold in THRESHOLDS]
        self.images: list[ImageScore] = []
        self.given_head_sizes = 0
        self.without_label = self.without_joints = self.without_prediction = 0

    def _make_metrics(self) -> tuple[ParsingMetric, PoseMetric]:
        parsing = ParsingMetric(self._dataset.ids, len(self._dataset.names))
        return parsing, PoseMetric(joints=self.joints)

    def update(self, image: JudgedImage) -> None:
        """Counts one image.

        Args:
            image: JudgedImage.

        Raises:
            InputError: as for `parsing.count_confusion` and `pose.score_joints`.
        """
        kinds = self._find_kinds(image)
        parsing, pose, structure = self._score(image)
        counted = [(self.parsing, self.pose), *(self.kinds[kind] for kind in kinds)]
        for parsing_metric, pose_metric in counted:
            parsing_metric.merge(parsing)
            pose_metric.merge(pose)
        self.structure.merge(structure)
        self.images.append(self._describe(image, kinds, parsing, pose, structure))
        self.given_head_sizes += image.head_size is not None
        self.without_label += image.label is None
        self.without_joints += image.joints is None
        self.without_prediction += (image.label is not None and image.parsing is None) or (
            image.joints is not None and image.keypoints is None
        )

    def _score(self, image):
        """The metrics of one image alone; the curve's count it right away."""
        parsing, pose = self._make_metrics()
        structure = StructureMetric()
        if image.label is not None and image.parsing is not None:
            where = image.label_place
            parsing.update(*self._dataset.translate(image.label, image.parsing, where), where)
            if self._dataset == LIP_CLASSES:  # not "is": processes have copies
                structure.update(image.label, image.parsing)
        if image.joints is not None and image.keypoints is not None:
            for metric in (pose, *self.curve):
                metric.update(image.joints, image.keypoints, image.head_size, image.joints_place)
        return parsing, pose, structure

    def merge(self, other: "Tally") -> None:
        """Adds what another tally of the same dataset counted."""
        self.parsing.merge(other.parsing)
        self.pose.merge(other.pose)
        self.structure.merge(other.structure)
        for kind, (parsing, pose) in self.kinds.items():
            more_parsing, more_pose = other.kinds[kind]
            parsing.merge(more_parsing)
            pose.merge(more_pose)
        for metric, more in zip(self.curve, other.curve, strict=True):
            metric.merge(more)
        self.images += other.images
        self.given_head_sizes += other.given_head_sizes
        self.without_label += other.without_label
        self.without_joints += other.without_joints
        self.without_prediction += other.without_prediction

    def scores(self) -> Scores:
        """Scores of all images."""
        error = self.structure.mean if self.structure.images else None
        return Scores(self.parsing.scores(), self.pose.scores(), error)

    def scores_by_kind(self) -> dict[str, tuple[int, Scores]]:
        """dict of a kind of image to (how many there are, Scores)."""
        counts = {kind: sum(kind in image.kinds for image in self.images) for kind in self.kinds}
        return {
            kind: (counts[kind], Scores(parsing.scores(), pose.scores()))
            for kind, (parsing, pose) in self.kinds.items()
        }

    def _find_kinds(self, image):
        # Other data sets than LIP do not flag occlusion, and number their joints' flags otherwise.
        is_lip = image.head_size is None and self.joints.names == LIP_JOINTS.names
        has_factors = is_lip and image.joints is not None
        kinds = breakdowns.find_factors(image.joints, self.joints) if has_factors else []
        return kinds if image.label is None else [*kinds, breakdowns.find_size(image.label.shape)]

    def _describe(self, image, kinds, parsing, pose, structure):
        scores, pooled = parsing.scores(), pooled_joints(joints=self.joints)
        return ImageScore(
            name=image.name,
            size_hw=None if image.label is None else image.label.shape,
            overall_accuracy=scores.overall_accuracy,
            mean_iou=scores.mean_iou,
            structure_error=structure.mean,
            joints=int(pose.counts[pooled].sum()),
            joints_right=int(pose.right[pooled].sum()),
            kinds=tuple(kinds),
        )
