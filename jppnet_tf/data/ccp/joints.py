"""BlazePose's landmarks as LIP's joints."""

import cv2
import numpy as np

from jppnet_tf.data.ccp.body import SIDES, Body, number_of
from jppnet_tf.labels import LIP, LIP_JOINTS

MISSING, OCCLUDED = 0.1, 0.5
"""Visibilities below which a joint is so."""
# How far from the hips' middle to the shoulders' LIP's annotators put these: medians of its joints.
_SPINE, _NECK = 0.68, 1.095
_HEAD_TOP = 0.93
"""From the neck over the eyes and beyond, by how many more of that length the head ends."""
_HEAD = tuple(LIP.names.index(name) for name in ("hat", "hair", "sunglasses", "face"))

_LIMBS = ("shoulder", "elbow", "wrist", "hip", "knee", "ankle")


def are_of_labelled(landmarks: np.ndarray, tags: np.ndarray) -> bool:
    """Whether landmarks are those of the person who is labelled, and not of somebody beside.

    Args:
        landmarks: float32 [33, 4], see clone.Photograph.
        tags: [h, w], the tag of each pixel, 0 where there is nobody.

    Returns:
        Whether at least half of the limbs' joints lie on the person, or near. Of CCP's
        photographs three quarters do, or next to none.
    """
    margin = tags.shape[0] // 40
    person = cv2.dilate((tags > 0).astype(np.uint8), np.ones((2 * margin + 1,) * 2))
    numbers = [number_of(kind, side) for kind in _LIMBS for side in SIDES]
    columns, rows = np.rint(landmarks[numbers, :2]).astype(int).T
    inside = (columns >= 0) & (columns < tags.shape[1]) & (rows >= 0) & (rows < tags.shape[0])
    return 2 * np.count_nonzero(person[rows[inside], columns[inside]]) >= len(numbers)


def make_joints(
    landmarks: np.ndarray, size_hw: tuple[int, int], label: np.ndarray | None = None
) -> np.ndarray:
    """LIP's joints of a person.

    Args:
        landmarks: float32 [33, 4], see clone.Photograph.
        size_hw: (height, width) of the photograph.
        label: uint8 [h, w], LIP's class ids, by which the top of the head is found; or None.

    Returns:
        float32 [16, 3] of x, y, flag (0 visible, 1 occluded), nan where missing.
    """
    body = Body.of(landmarks)
    joints = np.full((len(LIP_JOINTS.names), 3), np.nan, np.float32)
    for side in SIDES:
        for kind in _LIMBS:
            seen = body.visibility[number_of(kind, side)]
            if seen >= MISSING:
                index = LIP_JOINTS.names.index(f"{side} {kind}")
                joints[index] = *body.at(kind, side), seen < OCCLUDED
    hips, shoulders = body.middle("hip"), body.middle("shoulder")
    neck = hips + _NECK * (shoulders - hips)
    trunk = {
        "pelvis": hips,
        "spine": hips + _SPINE * (shoulders - hips),
        "neck": neck,
        "head": find_head_top(body, neck, label),
    }
    for name, xy in trunk.items():
        joints[LIP_JOINTS.names.index(name)] = *xy, 0
    outside = ((joints[:, :2] < 0) | (joints[:, :2] > np.array(size_hw[::-1]) - 1)).any(axis=1)
    joints[outside] = np.nan
    return joints


def find_head_top(body: Body, neck: np.ndarray, label: np.ndarray | None) -> np.ndarray:
    """The highest point of hat, hair or face along the line from the neck through the face.

    Without a label, or where it shows nothing there, the usual place.
    """
    along = body.eyes - neck
    usual = neck + (1 + _HEAD_TOP) * along
    length = float(np.linalg.norm(along))
    if label is None or length < 1:
        return usual
    steps = np.arange(0.8, 3.0, 0.5 / length)
    places = neck + steps[:, None] * along
    xs, ys = np.rint(places).astype(int).T
    inside = (xs >= 0) & (ys >= 0) & (xs < label.shape[1]) & (ys < label.shape[0])
    on_head = np.isin(label[ys[inside], xs[inside]], _HEAD)
    return places[inside][on_head][-1] if on_head.any() else usual
