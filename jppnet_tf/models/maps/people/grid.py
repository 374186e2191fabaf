"""Maps between their cells, in numpy."""

from collections.abc import Sequence

import cv2
import numpy as np


def sample(maps: np.ndarray, points_xy: np.ndarray, stride: int) -> np.ndarray:
    """Maps at points, bilinearly; beyond the outermost cells, those count.

    Equal to the maps enlarged to the input's size, and taken there.

    Args:
        maps: floating point [h, w, channels].
        points_xy: floating point [..., 2], in pixels of the input.
        stride: pixels between cells.

    Returns:
        [..., channels], of the points' dtype.
    """
    height, width = maps.shape[:2]
    x = np.clip(points_xy[..., 0] / stride, 0, width - 1)
    y = np.clip(points_xy[..., 1] / stride, 0, height - 1)
    left, top = np.floor(x).astype(np.int64), np.floor(y).astype(np.int64)
    right, below = np.minimum(left + 1, width - 1), np.minimum(top + 1, height - 1)
    x, y = (x - left)[..., None], (y - top)[..., None]
    upper = maps[top, left] * (1 - x) + maps[top, right] * x
    lower = maps[below, left] * (1 - x) + maps[below, right] * x
    return upper * (1 - y) + lower * y


def enlarge(maps: np.ndarray, size_hw: Sequence[int], stride: int) -> np.ndarray:
    """Maps at every pixel of the input.

    Args:
        maps: floating point [h, w] or [h, w, up to 4 channels].
        size_hw: the input's (height, width).
        stride: pixels between cells, a divisor of 32: OpenCV knows 32 places between two.

    Returns:
        Of the same dtype, [height, width] or [height, width, channels].
    """
    matrix = np.array([[1 / stride, 0, 0], [0, 1 / stride, 0]])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    height, width = size_hw
    return cv2.warpAffine(
        maps, matrix, (width, height), flags=flags, borderMode=cv2.BORDER_REPLICATE
    )


def pixel_places(size_hw: Sequence[int], stride: int = 1) -> np.ndarray:
    """Where cells lie: float64 [h, w, 2], x and y in pixels of the input.

    Args:
        size_hw: (height, width) of the map.
        stride: pixels between cells.
    """
    ys, xs = np.mgrid[: size_hw[0], : size_hw[1]]
    return stride * np.stack([xs, ys], axis=-1).astype(np.float64)
