"""Which pixels are whose: by where their long-range offsets lead."""

from collections.abc import Sequence

import numpy as np

from jppnet_tf.models.maps.people.grid import enlarge

LEAST_PERSON = 0.5
"""What a pixel's probability of showing a person must reach."""
FARTHEST = 0.25
"""How far off somebody's joints a pixel's offsets may lead, as a share of the person's scale."""
_AT_ONCE = 1 << 16  # pixels, so that memory stays small beside the maps


def find_person_pixels(segmentation: np.ndarray, size_hw: Sequence[int], stride: int) -> np.ndarray:
    """The pixels that show people: bool [height, width].

    Args:
        segmentation: floating point [h, w], probabilities.
        size_hw: the input's (height, width).
        stride: pixels between cells.
    """
    return enlarge(segmentation, size_hw, stride) >= LEAST_PERSON


def measure_distances(
    is_person: np.ndarray,
    long: np.ndarray,
    keypoints: np.ndarray,
    probabilities: np.ndarray,
    scales: np.ndarray,
    stride: int,
) -> np.ndarray:
    """How far off each one's joints the offsets of each pixel lead.

    The mean over the joints, weighted by their probabilities, as a share of the person's scale.

    Args:
        is_person: bool [h, w], which pixels to look at.
        long: floating point [rows, columns, 34], long-range offsets, refined.
        keypoints: float64 [people, joints, 2].
        probabilities: float64 [people, joints].
        scales: float64 [people].
        stride: pixels between cells.

    Returns:
        float32 [people, pixels], of the pixels of `is_person` in reading order; inf where it is
        more than `FARTHEST`.
    """
    rows, columns = np.nonzero(is_person)
    joints = keypoints.shape[1]
    ends = np.empty((joints, 2, len(rows)), np.float32)
    for joint in range(joints):
        field = enlarge(long[..., 2 * joint : 2 * joint + 2], is_person.shape, stride)
        ends[joint, 0] = columns + field[..., 0][is_person]
        ends[joint, 1] = rows + field[..., 1][is_person]
    totals = np.maximum(probabilities.sum(axis=1), 1e-12)
    weights = (probabilities / (totals * np.maximum(scales, 1e-12))[:, None]).astype(np.float32)
    distances = np.full((len(keypoints), len(rows)), np.inf, np.float32)
    for start in range(0, len(rows), _AT_ONCE):
        part = np.s_[start : start + _AT_ONCE]
        _measure(ends[..., part], keypoints.astype(np.float32), weights, distances[:, part])
    return distances


def _measure(ends, keypoints, weights, distances):
    """Fills in the distances that count.

    The distance of the weighted means is at most the weighted mean of the distances, and one
    product of matrices for all people; only where it is small, the latter is needed.
    """
    middles = np.einsum("pj,pja->pa", weights, keypoints)
    led_to = np.tensordot(weights, ends, 1)
    bound = np.hypot(led_to[:, 0] - middles[:, :1], led_to[:, 1] - middles[:, 1:])
    for person, places in enumerate(keypoints):
        near = np.flatnonzero(bound[person] <= FARTHEST * (1 + 1e-5) + 1e-6)
        found = np.zeros(len(near), np.float32)
        for joint, (x, y) in enumerate(places):
            off = np.hypot(ends[joint, 0][near] - x, ends[joint, 1][near] - y)
            found += weights[person, joint] * off
        is_mine = found <= FARTHEST
        distances[person, near[is_mine]] = found[is_mine]
