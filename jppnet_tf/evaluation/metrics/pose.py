"""How many joints are found: PCKh, by the rules of LIP's challenge.

Unlike MPII's, its head size is the distance from neck to head, and pelvis and spine take no part.
The rules name LIP's joints. Other joints are scored too if those that the rules name are among
them; joints beyond these belong to no group and to no pool.
"""

import dataclasses

import numpy as np

from jppnet_tf.evaluation.metrics.percent import mean_of_numbers, percent
from jppnet_tf.labels import LIP_JOINTS, Joints
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


@dataclasses.dataclass(frozen=True, eq=False)
class PoseScores:
    """Shares of joints found, in percent; nan where nothing was counted.

    Attributes:
        head, shoulder, elbow, wrist, hip, knee, ankle: mean of two joints' rates, however often
            each was counted; if only one was counted, its rate.
        upper_body: share of the joints from the head to the wrists, counted together.
        total: share of all joints but pelvis and spine, counted together.
        joints: float64 [joints], each joint's rate.
        counts: int64 [joints], how often each joint was counted.
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

    Args:
        threshold: the largest distance of a joint that is right, in head sizes.
        joints: labels.Joints, what the points stand for.

    Attributes:
        threshold, joints: as above.
        counts: int64 [joints], how often each joint was counted.
        right: int64 [joints], how often it was right.
        images: how many images were counted.
        images_left_out: how many were not, for want of a head size.

    Raises:
        InputError: the joints lack some that the groups name.
    """

    def __init__(self, threshold: float = 0.5, joints: Joints = LIP_JOINTS) -> None:
        pooled_joints(joints=joints)  # refuses joints that have no PCKh
        self.threshold = threshold
        self.joints = joints
        self.counts = np.zeros(len(joints.names), np.int64)
        self.right = np.zeros(len(joints.names), np.int64)
        self.images = 0
        self.images_left_out = 0

    def update(
        self,
        truth: np.ndarray,
        predicted: np.ndarray,
        head_size: np.ndarray | float | None = None,
        where: str = "",
    ) -> None:
        """Counts one image, or several; arguments and errors as for `score_joints`."""
        counted, right, sizes = _judge(
            truth, predicted, self.threshold, head_size, where, self.joints
        )
        images = int(np.count_nonzero(sizes > 0))
        self.images += images
        self.images_left_out += sizes.size - images
        self.counts += counted.reshape(-1, len(self.counts)).sum(axis=0)
        self.right += right.reshape(-1, len(self.right)).sum(axis=0)

    def merge(self, other: "PoseMetric") -> None:
        """Adds what another metric counted.

        Raises:
            ValueError: it has another threshold, or other joints.
        """
        if other.threshold != self.threshold:
            raise ValueError(f"threshold {other.threshold} merged with {self.threshold}")
        if other.joints.names != self.joints.names:
            raise ValueError(f"joints {other.joints.names} merged with {self.joints.names}")
        self.counts += other.counts
        self.right += other.right
        self.images += other.images
        self.images_left_out += other.images_left_out

    def scores(self) -> PoseScores:
        """PoseScores of all that was counted so far."""
        groups = {name: _indices(names, self.joints) for name, names in GROUPS.items()}
        pools = {name: pooled_joints(name, self.joints) for name in POOLS}
        rates = percent(self.right, self.counts)
        means = {name: mean_of_numbers(rates[indices]) for name, indices in groups.items()}
        pooled = {
            name: float(percent(self.right[indices].sum(), self.counts[indices].sum()))
            for name, indices in pools.items()
        }
        return PoseScores(
            **means,
            **pooled,
            joints=rates,
            counts=self.counts.copy(),
            images=self.images,
            images_left_out=self.images_left_out,
        )


def score_joints(
    truth: np.ndarray,
    predicted: np.ndarray,
    threshold: float = 0.5,
    head_size: np.ndarray | float | None = None,
    where: str = "",
    *,
    joints: Joints = LIP_JOINTS,
) -> tuple[np.ndarray, np.ndarray]:
    """Tells which joints count, and which of them are right.

    A joint of the ground truth is missing if any of its values is nan or a coordinate is negative;
    occluded ones count. An image without a head size above 0 is left out with all its joints.
    Before it is compared, a predicted coordinate that is negative or nan becomes 1.

    Args:
        truth: numbers [..., joints, 2 or 3]: x and y in pixels, and a flag that is read only for
            nan.
        predicted: numbers [..., joints, 2 or 3]: x and y in pixels, and a score that is not read.
        threshold: the largest distance of a joint that is right, in head sizes.
        head_size: numbers [...], one per image, in pixels, for data sets that measure it otherwise
            (MPII: 0.6 of the head box's diagonal); by default `measure_head(truth)`.
        where: what to name in an error, such as the image's name.
        joints: labels.Joints, what the points stand for.

    Returns:
        Two bool arrays [..., joints]: the joint counts; it counts and is right.

    Raises:
        InputError: an array has another shape or does not hold numbers, the ground truth is
            infinite, or there is neither a head size nor neck and head to measure it by.

    Reference:
        arXiv:1804.01984; PCKh of the MPII benchmark with another head size.
    """
    counted, right, _ = _judge(truth, predicted, threshold, head_size, where, joints)
    return counted, right


def _judge(truth, predicted, threshold, head_size, where, joints):
    """What `score_joints` returns, and the head sizes."""
    truth = _read_truth(truth, where, joints)
    predicted = _read_points(predicted, "prediction", where, joints)
    head_size = measure_head(truth, joints) if head_size is None else np.asarray(head_size)
    if not truth.shape[:-2] == predicted.shape[:-2] == head_size.shape:
        raise InputError(
            f"{_place(where)}ground truth of {truth.shape[:-2]} images, prediction of "
            f"{predicted.shape[:-2]}, head sizes of {head_size.shape}; they must be the same"
        )
    size = np.where(head_size > 0, head_size, np.nan)[..., None]
    found = predicted[..., :2]
    found = np.where(found >= 0, found, 1)  # nan is not >= 0 either
    counted = is_there(truth) & ~np.isnan(size)
    # Whoever divides by nan gets nan, which is within no threshold.
    right = counted & (_distance(truth[..., :2], found) / size <= threshold)
    return counted, right, head_size


def measure_head(truth: np.ndarray, joints: Joints = LIP_JOINTS) -> np.ndarray:
    """LIP's head size: the distance from neck to head, not the diagonal of a box.

    Args:
        truth, joints: as for `score_joints`.

    Returns:
        float64 [...], pixels; nan where one of the two is missing.
    """
    truth = _read_truth(truth, "", joints)
    ends = truth[..., _indices(GROUPS["head"], joints), :]
    size = _distance(ends[..., 0, :2], ends[..., 1, :2])
    return np.where(is_there(ends).all(axis=-1), size, np.nan)


def pooled_joints(pool: str = "total", joints: Joints = LIP_JOINTS) -> list[int]:
    """The joints that a pool counts together: list of int, places in `joints`.

    Raises:
        InputError: one of them is not among the joints.
    """
    return _indices([name for group in POOLS[pool] for name in GROUPS[group]], joints)


def is_there(joints: np.ndarray) -> np.ndarray:
    """Which joints of a ground truth are not missing: bool [..., joints]."""
    return ~np.isnan(joints).any(axis=-1) & (joints[..., :2] >= 0).all(axis=-1)


def _distance(a, b):
    # Not hypot: it may be off by a bit, and whole pixels are to meet the threshold exactly.
    return np.sqrt(np.square(a - b).sum(axis=-1))


def _indices(names, joints):
    if missing := [name for name in names if name not in joints.names]:
        raise InputError(
            f"PCKh needs LIP's joints, and these {len(joints.names)} have no {', '.join(missing)}"
        )
    return [joints.names.index(name) for name in names]


def _read_truth(truth, where, joints):
    points = _read_points(truth, "ground truth", where, joints)
    if np.isinf(points).any():
        raise InputError(f"{_place(where)}ground truth is infinite; a missing joint must be nan")
    return points


def _read_points(values, name, where, joints):
    """Points as float64, their shape checked."""
    try:
        points = np.asarray(values, np.float64)
    except (TypeError, ValueError):
        raise InputError(f"{_place(where)}{name} does not hold numbers") from None
    if points.ndim < 2 or points.shape[-2] != len(joints.names) or points.shape[-1] not in (2, 3):
        raise InputError(
            f"{_place(where)}{name} has shape {points.shape}; wanted are {len(joints.names)} "
            f"joints of x, y or x, y and a third number: [..., {len(joints.names)}, 2 or 3]"
        )
    return points


def _place(where):
    return f"{where}: " if where else ""
