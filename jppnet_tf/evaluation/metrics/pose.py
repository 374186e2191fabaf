"""How many joints are found: PCKh, by the rules of LIP's challenge.

Unlike MPII's, its head size is the distance from neck to head, and pelvis and spine take no part.
"""

import dataclasses

import numpy as np

from jppnet_tf.evaluation.metrics.percent import mean_of_numbers, percent
from jppnet_tf.labels import LIP_JOINTS
from jppnet_tf.system.errors import InputError

GROUPS = {
    "head": ("neck", "head"),
    "shoulder": ("right shoulder", "left shoulder"),
    "elbow": ("right elbow", "left elbow"),
    "wrist": ("right wrist", "left wrist"),
    "hip": ("right hip", "left hip"),
    "knee": ("right knee", "left knee"),
    "ankle": ("right ankle", "left ankle"),
}
"""The joints of each score; pelvis and spine belong to none, and to no pool either."""

POOLS = {"upper_body": ("head", "shoulder", "elbow", "wrist"), "total": tuple(GROUPS)}
"""The groups whose joints are counted together, each joint with the same weight."""

_JOINTS = len(LIP_JOINTS.names)


@dataclasses.dataclass(frozen=True, eq=False)
class PoseScores:
    """Shares of joints found, in percent; nan where nothing was counted.

    Attributes:
        head, shoulder, elbow, wrist, hip, knee, ankle: mean of two joints' rates, however often
            each was counted; if only one was counted, its rate.
        upper_body: share of the joints from the head to the wrists, counted together.
        total: share of all joints but pelvis and spine, counted together.
        joints: float64 [16], each joint's rate.
        counts: int64 [16], how often each joint was counted.
        images: how many images were counted.
        images_left_out: how many were not, for want of a head size.
    """

    head: float
    shoulder: float
    elbow: float
    wrist: float
    hip: float
    knee: float
    ankle: float
    upper_body: float
    total: float
    joints: np.ndarray
    counts: np.ndarray
    images: int
    images_left_out: int


class PoseMetric:
    """Counts the joints of a set, image by image, and scores them together.

    To share a set out over processes, give each a metric of its own and merge them; the order
    does not matter.

    Attributes:
        threshold: the largest distance of a joint that is right, in head sizes.
        counts: int64 [16], how often each joint was counted.
        right: int64 [16], how often it was right.
        images: how many images were counted.
        images_left_out: how many were not, for want of a head size.
    """

    def __init__(self, threshold=0.5):
        self.threshold = threshold
        self.counts = np.zeros(_JOINTS, np.int64)
        self.right = np.zeros(_JOINTS, np.int64)
        self.images = 0
        self.images_left_out = 0

    def update(self, truth, predicted, head_size=None, where=""):
        """Counts one image, or several; arguments and errors as for `score_joints`."""
        truth = _read_truth(truth, where)
        head_size = measure_head(truth) if head_size is None else np.asarray(head_size)
        counted, right = score_joints(truth, predicted, self.threshold, head_size, where)
        images = int(np.count_nonzero(head_size > 0))
        self.images += images
        self.images_left_out += head_size.size - images
        self.counts += counted.reshape(-1, _JOINTS).sum(axis=0)
        self.right += right.reshape(-1, _JOINTS).sum(axis=0)

    def merge(self, other):
        """Adds what another metric counted.

        Raises:
            ValueError: it has another threshold.
        """
        if other.threshold != self.threshold:
            raise ValueError(f"threshold {other.threshold} merged with {self.threshold}")
        self.counts += other.counts
        self.right += other.right
        self.images += other.images
        self.images_left_out += other.images_left_out

    def scores(self):
        """PoseScores of all that was counted so far."""
        groups = {name: _indices(joints) for name, joints in GROUPS.items()}
        pools = {name: pooled_joints(name) for name in POOLS}
        rates = percent(self.right, self.counts)
        means = {name: mean_of_numbers(rates[joints]) for name, joints in groups.items()}
        pooled = {
            name: float(percent(self.right[joints].sum(), self.counts[joints].sum()))
            for name, joints in pools.items()
        }
        return PoseScores(
            **means,
            **pooled,
            joints=rates,
            counts=self.counts.copy(),
            images=self.images,
            images_left_out=self.images_left_out,
        )


def score_joints(truth, predicted, threshold=0.5, head_size=None, where=""):
    """Tells which joints count, and which of them are right.

    A joint of the ground truth is missing if any of its values is nan or a coordinate is negative;
    occluded ones count. An image without a head size above 0 is left out with all its joints.
    Before it is compared, a predicted coordinate that is negative or nan becomes 1.

    Args:
        truth: numbers [..., 16, 2 or 3]: x and y in pixels, and a flag that is read only for nan.
        predicted: numbers [..., 16, 2 or 3]: x and y in pixels, and a score that is not read.
        threshold: the largest distance of a joint that is right, in head sizes.
        head_size: numbers [...], one per image, in pixels, for data sets that measure it otherwise
            (MPII: 0.6 of the head box's diagonal); by default `measure_head(truth)`.
        where: what to name in an error, such as the image's name.

    Returns:
        Two bool arrays [..., 16]: the joint counts; it counts and is right.

    Raises:
        InputError: an array has another shape or does not hold numbers, or the ground truth is
            infinite.

    Reference:
        arXiv:1804.01984; PCKh of the MPII benchmark with another head size.
    """
    truth = _read_truth(truth, where)
    predicted = _read_points(predicted, "prediction", where)
    head_size = measure_head(truth) if head_size is None else np.asarray(head_size)
    if not truth.shape[:-2] == predicted.shape[:-2] == head_size.shape:
        raise InputError(
            f"{_place(where)}ground truth of {truth.shape[:-2]} images, prediction of "
            f"{predicted.shape[:-2]}, head sizes of {head_size.shape}; they must be the same"
        )
    head_size = np.where(head_size > 0, head_size, np.nan)[..., None]
    found = predicted[..., :2]
    found = np.where(found >= 0, found, 1)  # nan is not >= 0 either
    counted = is_there(truth) & ~np.isnan(head_size)
    # Whoever divides by nan gets nan, which is within no threshold.
    return counted, counted & (_distance(truth[..., :2], found) / head_size <= threshold)


def measure_head(truth):
    """LIP's head size: the distance from neck to head, not the diagonal of a box.

    Args:
        truth: numbers [..., 16, 2 or 3], as for `score_joints`.

    Returns:
        float64 [...], pixels; nan where one of the two is missing.
    """
    truth = _read_truth(truth)
    ends = truth[..., _indices(GROUPS["head"]), :]
    size = _distance(ends[..., 0, :2], ends[..., 1, :2])
    return np.where(is_there(ends).all(axis=-1), size, np.nan)


def pooled_joints(pool="total"):
    """The joints that a pool counts together: list of int."""
    return [joint for group in POOLS[pool] for joint in _indices(GROUPS[group])]


def is_there(joints):
    """Which joints of a ground truth are not missing: bool [..., joints]."""
    return ~np.isnan(joints).any(axis=-1) & (joints[..., :2] >= 0).all(axis=-1)


def _distance(a, b):
    # Not hypot: it may be off by a bit, and whole pixels are to meet the threshold exactly.
    return np.sqrt(np.square(a - b).sum(axis=-1))


def _indices(names):
    return [LIP_JOINTS.names.index(name) for name in names]


def _read_truth(truth, where=""):
    points = _read_points(truth, "ground truth", where)
    if np.isinf(points).any():
        raise InputError(f"{_place(where)}ground truth is infinite; a missing joint must be nan")
    return points


def _read_points(values, name, where):
    """Joints as float64, their shape checked."""
    try:
        points = np.asarray(values, np.float64)
    except (TypeError, ValueError):
        raise InputError(f"{_place(where)}{name} does not hold numbers") from None
    if points.ndim < 2 or points.shape[-2] != _JOINTS or points.shape[-1] not in (2, 3):
        raise InputError(
            f"{_place(where)}{name} has shape {points.shape}; wanted are {_JOINTS} joints of "
            "x, y or x, y and a third number: [..., 16, 2 or 3]"
        )
    return points


def _place(where):
    return f"{where}: " if where else ""
