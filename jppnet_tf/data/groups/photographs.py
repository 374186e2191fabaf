"""People cut out of CCP's photographs, and what is behind them."""

from collections.abc import Sequence

import cv2
import numpy as np

from jppnet_tf.data.ccp.clone import Photograph, read_tags
from jppnet_tf.data.ccp.joints import MISSING as LEAST_VISIBILITY
from jppnet_tf.data.ccp.joints import OCCLUDED as LEAST_SEEN
from jppnet_tf.data.ccp.joints import are_of_labelled
from jppnet_tf.data.ccp.labels import make_label
from jppnet_tf.data.groups.cutout import HIDDEN, MISSING, VISIBLE, Cutout
from jppnet_tf.images.reading import to_rgb
from jppnet_tf.labels import IGNORE

_LANDMARKS = (0, 2, 5, 7, 8, *range(11, 17), *range(23, 29))
"""The numbers of COCO's joints among BlazePose's landmarks."""
_NOT_OF_THE_PERSON = ("null", "bag", "purse", "wallet")
_BLURRED_AT = 96  # pixels of the longer side at which people are painted over


def cut_photograph(photograph: Photograph, names: Sequence[str]) -> Cutout | None:
    """Cuts the person out of a labelled photograph.

    Args:
        photograph: clone.Photograph with `tags`.
        names: the tag of each number.

    Returns:
        Cutout, whose bags belong to what is cut out, and not to the person. None where the
        landmarks are missing or somebody else's.

    Raises:
        InputError: a file is damaged.
    """
    tags = read_tags(photograph, len(names))
    landmarks = photograph.landmarks
    if landmarks is None or not are_of_labelled(landmarks, tags):
        return None
    others = [number for number, name in enumerate(names) if name in _NOT_OF_THE_PERSON]
    rgb = to_rgb(photograph.image)
    keypoints = to_coco(landmarks, tags.shape)
    mask, parsing = ~np.isin(tags, others), make_label(tags, names, landmarks)
    parsing = np.where(mask, np.where(parsing == 0, IGNORE, parsing), 0).astype(np.uint8)
    return Cutout(rgb, tags > 0, mask, parsing, keypoints).trim()


def to_coco(landmarks: np.ndarray, size_hw: Sequence[int]) -> np.ndarray:
    """BlazePose's landmarks as COCO's joints.

    Args:
        landmarks: float32 [33, 4], see clone.Photograph.
        size_hw: (height, width) of the photograph.

    Returns:
        float32 [17, 3] of x, y, flag; zeros of joints that are outside or hardly there.
    """
    points = landmarks[list(_LANDMARKS)]
    visibility = points[:, 3]
    flags = np.where(visibility < LEAST_SEEN, HIDDEN, VISIBLE)
    inside = ((points[:, :2] >= 0) & (points[:, :2] <= np.array(size_hw[::-1]) - 1)).all(axis=1)
    flags = np.where(inside & (visibility >= LEAST_VISIBILITY), flags, MISSING)
    keypoints = np.column_stack([points[:, :2], flags]).astype(np.float32)
    return np.where(flags[:, None] > 0, keypoints, np.float32(0))


def paint_over(image: np.ndarray, shape: np.ndarray) -> np.ndarray:
    """A photograph without its person, whose place shows, blurred, what is around it.

    Args:
        image: uint8 [h, w, 3].
        shape: bool [h, w], the person and what they carry.

    Returns:
        uint8 [h, w, 3].
    """
    height, width = shape.shape
    factor = _BLURRED_AT / max(height, width)
    size = max(1, round(width * factor)), max(1, round(height * factor))
    small = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    hidden = cv2.resize(shape.astype(np.uint8), size, interpolation=cv2.INTER_AREA)
    hidden = cv2.dilate(
        (cv2.resize(shape.astype(np.float32), size) > 0).astype(np.uint8) | hidden,
        np.ones((3, 3)),
    )
    filled = cv2.inpaint(small, hidden, 3, cv2.INPAINT_TELEA)
    filled = cv2.resize(filled, (width, height), interpolation=cv2.INTER_CUBIC)
    near = cv2.dilate(shape.astype(np.float32), np.ones((5, 5)))
    alpha = cv2.GaussianBlur(near, (0, 0), max(height, width) / 200)[..., None]
    mixed = image + np.maximum(alpha, near[..., None]) * (filled.astype(np.float32) - image)
    return mixed.round().astype(np.uint8)
