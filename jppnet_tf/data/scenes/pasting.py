"""A labelled person put before another photograph."""

import cv2
import numpy as np

from jppnet_tf.data.scenes.boxes import warp
from jppnet_tf.labels import IGNORE

_STRIP = 0.12  # the narrowest strip beside a person that makes a background, of the width


def find_strip(label: np.ndarray) -> tuple[int, int] | None:
    """The widest strip of columns without a person: (left, right), or None if all are narrow."""
    empty = np.concatenate([[False], ~(label > 0).any(axis=0), [False]])
    edges = np.flatnonzero(empty[1:] != empty[:-1])
    lefts, rights = edges[::2], edges[1::2]
    if not len(lefts):
        return None
    widest = int(np.argmax(rights - lefts))
    left, right = int(lefts[widest]), int(rights[widest])
    return (left, right) if right - left >= _STRIP * len(label[0]) else None


def paste(
    image: np.ndarray, label: np.ndarray, background: np.ndarray, background_label: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Puts a person before another photograph.

    Args:
        image, label: uint8 [h, w, 3] and [h, w]: the person is what is not background; 255 counts
            as the person, as belts and necks do. Where the label is 255 outside of the photograph
            the caller makes it 0.
        background, background_label: of the same sizes.

    Returns:
        Image and label. Another person in the background is background, as in LIP, or unknown if
        not clearly the smaller one.
    """
    mask = label > 0
    other = background_label > 0
    visible = other & ~mask & (background_label != IGNORE)
    below = np.where(other, 0, background_label).astype(np.uint8)
    if visible.sum() > 0.4 * mask.sum():
        below = np.where(other, IGNORE, background_label).astype(np.uint8)
    alpha = cv2.GaussianBlur(mask.astype(np.float32), (3, 3), 0.7)[..., None]
    mixed = background + alpha * (image.astype(np.float32) - background)
    return mixed.astype(np.uint8), np.where(mask, label, below).astype(np.uint8)


def draw_background(
    rng: np.random.Generator, image: np.ndarray, label: np.ndarray, size: int
) -> tuple[np.ndarray, np.ndarray]:
    """A background of a labelled photograph: without its person, if there is room beside it.

    Args:
        rng: numpy Generator.
        image, label: of a photograph, uint8 [h, w, 3] and [h, w].
        size: side of the result.

    Returns:
        uint8 [size, size, 3] and its label [size, size].
    """
    height, width = label.shape
    strip = find_strip(label) if rng.random() < 0.6 else None
    if strip is not None:
        left, right = map(float, strip)
        top = rng.uniform(0, 0.4) * height
        bottom = height - rng.uniform(0, 0.4) * (height - top)
    else:
        left, right = rng.uniform(-0.4, 0.2) * width, rng.uniform(0.8, 1.4) * width
        top, bottom = rng.uniform(-0.1, 0.3) * height, rng.uniform(0.7, 1.1) * height
    across, down = size / (right - left), size / (bottom - top)
    matrix = np.array([[across, 0, -left * across], [0, down, -top * down]])
    if rng.random() < 0.5:
        matrix[0] = -matrix[0]
        matrix[0, 2] += size - 1
    # Beyond the photograph its border goes on: scenery, and never a person of two halves.
    shown = cv2.warpAffine(
        image, matrix, (size, size), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    return shown, warp(label, matrix, size, cv2.INTER_NEAREST, 0)
