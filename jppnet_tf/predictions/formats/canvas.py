"""Photographs of any size on the canvas of a project that works at one size.

The whole photograph is scaled until it fits, its proportions kept, and lies in the middle; what is
left of the canvas is background. Label maps, joints and photographs all go the same way, so that
they lie on each other.
"""

from collections.abc import Sequence

import cv2
import numpy as np


def place_parsing(parsing: np.ndarray, canvas_hw: Sequence[int]) -> np.ndarray:
    """A label map on a canvas, by nearest neighbour: no class is invented.

    Args:
        parsing: uint8 or uint16 [h, w], ids of classes or people.
        canvas_hw: (height, width) of the canvas.

    Returns:
        The same type, [height, width]; 0 around the photograph.
    """
    return _place(parsing, canvas_hw, cv2.INTER_NEAREST_EXACT, 0)


def place_photo(
    rgb: np.ndarray, canvas_hw: Sequence[int], colour: Sequence[int] = (255, 255, 255)
) -> np.ndarray:
    """A photograph on a canvas, as a try-on project must be given it with our results.

    Args:
        rgb: uint8 [h, w, 3].
        canvas_hw: (height, width) of the canvas.
        colour: (red, green, blue) around the photograph.

    Returns:
        uint8 [height, width, 3].
    """
    smaller = max(rgb.shape[0] / canvas_hw[0], rgb.shape[1] / canvas_hw[1]) > 1
    return _place(rgb, canvas_hw, cv2.INTER_AREA if smaller else cv2.INTER_CUBIC, colour)


def place_keypoints(
    keypoints: np.ndarray, size_hw: Sequence[int], canvas_hw: Sequence[int]
) -> np.ndarray:
    """Joints on a canvas.

    Args:
        keypoints: float [..., 3], x, y in pixels of the photograph, score.
        size_hw: (height, width) of the photograph.
        canvas_hw: (height, width) of the canvas.

    Returns:
        float32 [..., 3]: x, y in pixels of the canvas; score. What lies in the photograph lies in
        it there, too; what lies outside stays outside.
    """
    fitted_hw, corner = _fit(size_hw, canvas_hw)
    fitted, size = np.array(fitted_hw[::-1]), np.array(size_hw[::-1])
    placed = np.array(keypoints, np.float32)
    # The middle of pixel x lies half a pixel further on.
    points = (placed[..., :2] + 0.5) * fitted / size - 0.5
    inside = np.clip(points, 0, fitted - 1)
    is_near = np.abs(points - inside) <= 0.5  # so far do the outermost pixels reach
    placed[..., :2] = np.where(is_near, inside, points) + corner[::-1]
    return placed


def _fit(size_hw, canvas_hw):
    """A photograph's (height, width) on a canvas, and its upper left corner there (y, x)."""
    factor = min(room / side for room, side in zip(canvas_hw, size_hw, strict=True))
    fitted_hw = [max(1, round(side * factor)) for side in size_hw]
    return fitted_hw, [(room - side) // 2 for room, side in zip(canvas_hw, fitted_hw, strict=True)]


def _place(pixels, canvas_hw, method, filling):
    (height, width), (top, left) = _fit(pixels.shape[:2], canvas_hw)
    canvas = np.empty((*canvas_hw, *pixels.shape[2:]), np.uint8)
    canvas[:] = filling
    fitted = cv2.resize(pixels, (width, height), interpolation=method)
    canvas[top : top + height, left : left + width] = fitted
    return canvas
