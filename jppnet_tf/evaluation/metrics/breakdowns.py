"""What kind of image a score is reached on: the paper's challenge factors and object sizes.

LIP's own lists of challenging images were never published. These factors are derived from the
ground truth's joints, by the names of LIP's, and most do not have the paper's counts.
"""

import dataclasses
from collections.abc import Sequence

import numpy as np

from jppnet_tf.evaluation.metrics.lip_rules import require_lip
from jppnet_tf.evaluation.metrics.pose import is_there
from jppnet_tf.labels import LIP_JOINTS, Joints


@dataclasses.dataclass(frozen=True)
class Breakdown:
    """A kind of image.

    Attributes:
        title: what tables call it.
        rule: when an image is of this kind.
        paper_count: how many images of LIP's validation set the paper counts; None if it does not.
    """

    title: str
    rule: str
    paper_count: int | None = None


FACTORS = {
    "occlusion": Breakdown("occlusion", "a joint is flagged as occluded", 4277),
    "full_body": Breakdown("full body", "all 16 joints are there", 5452),
    "upper_body": Breakdown("upper body", "no knee and no ankle is there", 793),
    "lower_body": Breakdown("lower body", "knees and ankles are there, nothing above the hips"),
    "head_missing": Breakdown("head missing", "neither neck nor head is there", 112),
    "back_view": Breakdown("back view", "right shoulder to the right of the left one", 661),
}
"""The challenge factors, derived from joints."""

SIZES = {
    "small": Breakdown("small", "image of fewer than 153 x 153 pixels"),
    "medium": Breakdown("medium", "fewer than 321 x 321 pixels"),
    "large": Breakdown("large", "all others"),
}
"""The object sizes; LIP's images are cut out around a person, so the image's area is taken."""


KINDS = FACTORS | SIZES


def find_factors(points: np.ndarray, joints: Joints = LIP_JOINTS) -> list[str]:
    """Which challenge factors an image has.

    Args:
        points: numbers [16, 3]: x, y, flag (1 is occluded), nan where missing.
        joints: labels.Joints, what the points stand for.

    Returns:
        list of keys of `FACTORS`.

    Raises:
        InputError: the joints are not LIP's.

    Reference:
        arXiv:1804.01984, Figs. 5 and 7.
    """
    require_lip("a challenge factor", joints)
    points = np.asarray(points, np.float64)
    there = dict(zip(joints.names, is_there(points), strict=True))
    x = dict(zip(joints.names, points[:, 0], strict=True))
    shoulders = ("right shoulder", "left shoulder")
    legs = [there[f"{side} {joint}"] for side in ("right", "left") for joint in ("knee", "ankle")]
    below = {"pelvis"} | {name for name in there if name.split()[-1] in ("hip", "knee", "ankle")}
    has = {
        "occlusion": bool((points[:, 2] == 1).any()),
        "full_body": all(there.values()),
        "upper_body": not any(legs),
        "lower_body": all(legs) and not any(there[name] for name in there.keys() - below),
        "head_missing": not (there["neck"] or there["head"]),
        "back_view": all(there[name] for name in shoulders) and x[shoulders[0]] > x[shoulders[1]],
    }
    return [factor for factor in FACTORS if has[factor]]


def find_size(size_hw: Sequence[int]) -> str:
    """The object size of an image of (height, width) pixels: a key of `SIZES`.

    Reference:
        arXiv:1804.01984, Table 8.
    """
    area = size_hw[0] * size_hw[1]
    return "small" if area < 153**2 else "medium" if area < 321**2 else "large"
