"""A prediction beside its ground truth, to look at."""

import cv2
import numpy as np

from jppnet_tf.images.drawing import draw_overlay, tile
from jppnet_tf.labels import LIP, LIP_JOINTS, Classes, Joints

_CELL_HW = (640, 640)


def draw_comparison(
    rgb: np.ndarray,
    predicted: tuple[np.ndarray | None, np.ndarray | None],
    truth: tuple[np.ndarray | None, np.ndarray | None],
    classes: Classes = LIP,
    joints: Joints = LIP_JOINTS,
) -> bytes:
    """Draws a prediction to the left and the ground truth to the right.

    Args:
        rgb: uint8 [h, w, 3].
        predicted, truth: each (class ids uint8 [h, w] or None, points [joints, 2 or 3] or None); a
            point of the ground truth may be nan.
        classes: labels.Classes, what the ids stand for.
        joints: labels.Joints, what the points stand for.

    Returns:
        bytes of a JPEG.
    """
    pictures = [_draw(rgb, *side, classes, joints) for side in (predicted, truth)]
    sheet = tile(pictures, 2, _CELL_HW)
    return cv2.imencode(".jpg", sheet[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 88])[1].tobytes()


def _draw(rgb, parsing, points, classes, joints):
    parsing = np.zeros(rgb.shape[:2], np.uint8) if parsing is None else parsing
    parsing = np.where(parsing >= len(classes.names), 0, parsing)  # 255 too
    keypoints = np.zeros((len(joints.names), 3))
    if points is not None:
        there = ~np.isnan(points[:, :2]).any(axis=1)
        keypoints[there, :2] = points[there, :2]
        keypoints[there, 2] = 1
    return draw_overlay(rgb, parsing.astype(np.uint8), keypoints, classes, joints)
