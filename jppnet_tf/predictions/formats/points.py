"""Joints in the orders of other projects.

What a network does not know, such as LIP's nose, eyes and ears, stays 0, 0, 0, by which all of
these projects say that a point is missing.
"""

from collections.abc import Sequence

import numpy as np

from jppnet_tf.images.drawing import LEAST_SCORE
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
    size_hw: Sequence[int] | None = None,
) -> np.ndarray:
    """Joints in another order.

    Args:
        keypoints: float [joints, 3], x, y, score; None of a network that parses only.
        order: COCO, or one of OPENPOSE.
        least_score: joints that score less are missing; None means LEAST_SCORE. A number below all
            scores, such as -1, keeps all.
        joints: labels.Joints, what the keypoints stand for.
        size_hw: (height, width) of the image, outside which joints are missing; None for any place.

    Returns:
        float32 [len(order), 3]: x, y, score in the same pixels; 0, 0, 0 where missing. A point
        between two joints has the smaller of their scores, and is missing with either.

    Raises:
        InputError: there are no joints.
    """
    if keypoints is None:
        raise InputError("there are no joints: the network parses only, or there is nobody")
    keypoints = np.asarray(keypoints, np.float32)
    is_there = find_joints(keypoints, least_score, size_hw)
    found = np.zeros((len(order), 3), np.float32)
    for slot, source in enumerate(order):
        names = (source,) if isinstance(source, str) else source
        if names and set(names) <= set(joints.names):
            ends = [joints.names.index(name) for name in names]
            if is_there[ends].all():
                found[slot] = *keypoints[ends, :2].mean(axis=0), keypoints[ends, 2].min()
    return found


def find_joints(
    keypoints: np.ndarray,
    least_score: float | None = None,
    size_hw: Sequence[int] | None = None,
) -> np.ndarray:
    """Which joints are there: bool [...] of float [..., 3]; the arguments are as for `arrange`."""
    is_there = keypoints[..., 2] >= (LEAST_SCORE if least_score is None else least_score)
    if size_hw is not None:
        # A pixel reaches half a pixel around its middle, which is where its numbers point.
        xy, limits = keypoints[..., :2] + 0.5, size_hw[::-1]
        is_there &= ((xy >= 0) & (xy <= limits)).all(axis=-1)
    return is_there
