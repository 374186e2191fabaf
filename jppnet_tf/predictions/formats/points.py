"""Joints in the orders of other projects.

What a network does not know, such as LIP's nose, eyes and ears, stays 0, 0, 0, by which all of
these projects say that a point is missing.
"""

from collections.abc import Sequence

import numpy as np

from jppnet_tf.labels import COCO_JOINTS, LIP_JOINTS, Joints
from jppnet_tf.system.errors import InputError

# A slot's source: a joint, the two that it lies midway between, or None where no network has one.
_NECK = ("right shoulder", "left shoulder")
_ARMS = (
    "right shoulder", "right elbow", "right wrist", "left shoulder", "left elbow", "left wrist",
)  # fmt: skip
_RIGHT_LEG = ("right hip", "right knee", "right ankle")
_FACE = ("right eye", "left eye", "right ear", "left ear")
_LEFT_LEG = ("left hip", "left knee", "left ankle")

OPENPOSE = {
    18: ("nose", _NECK, *_ARMS, *_RIGHT_LEG, *_LEFT_LEG, *_FACE),
    25: (
        "nose", _NECK, *_ARMS, ("right hip", "left hip"), *_RIGHT_LEG, *_LEFT_LEG, *_FACE,
        *[None] * 6,
    ),
    15: ("head", "neck", *_ARMS, *_RIGHT_LEG, *_LEFT_LEG, "spine"),
}  # fmt: skip
"""OpenPose's models by their number of points: COCO-18, BODY_25, MPI-15."""

COCO = COCO_JOINTS.names
"""COCO's 17 points, whose left comes first."""


def openpose_order(points: int) -> tuple:
    """The order of an OpenPose model.

    Args:
        points: how many points it has: 18, 25 or 15.

    Raises:
        InputError: there is no such model.
    """
    if points not in OPENPOSE:
        raise InputError(f"OpenPose's models have {', '.join(map(str, OPENPOSE))} points")
    return OPENPOSE[points]


def arrange(
    keypoints: np.ndarray | None,
    order: Sequence,
    least_score: float | None = None,
    joints: Joints = LIP_JOINTS,
) -> np.ndarray:
    """Joints in another order.

    Args:
        keypoints: float [joints, 3], x, y, score; None of a network that parses only.
        order: COCO, or one of OPENPOSE.
        least_score: joints that score less are missing; None keeps all.
        joints: labels.Joints, what the keypoints stand for.

    Returns:
        float32 [len(order), 3]: x, y, score in the same pixels; 0, 0, 0 where missing. A point
        between two joints has the smaller of their scores, and is missing with either.

    Raises:
        InputError: there are no joints.
    """
    if keypoints is None:
        raise InputError("there are no joints: the network parses only")
    keypoints = np.asarray(keypoints, np.float32)
    found = np.zeros((len(order), 3), np.float32)
    for slot, source in enumerate(order):
        names = (source,) if isinstance(source, str) else source
        if names and set(names) <= set(joints.names):
            ends = keypoints[[joints.names.index(name) for name in names]]
            score = ends[:, 2].min()
            if least_score is None or score >= least_score:
                found[slot] = *ends[:, :2].mean(axis=0), score
    return found
