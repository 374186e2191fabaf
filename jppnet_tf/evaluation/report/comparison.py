"""A prediction beside its ground truth, to look at."""

import cv2
import numpy as np

from jppnet_tf.images.drawing import draw_overlay, tile
from jppnet_tf.labels import IGNORE, LIP, LIP_JOINTS

_CELL_HW = (640, 640)


def draw_comparison(rgb, predicted, truth):
    """Draws a prediction to the left and the ground truth to the right.

    Args:
        rgb: uint8 [h, w, 3].
        predicted, truth: each (class ids uint8 [h, w] or None, joints [16, 2 or 3] or None); a
            joint of the ground truth may be nan.

    Returns:
        bytes of a JPEG.
    """
    sheet = tile([_draw(rgb, *predicted), _draw(rgb, *truth)], 2, _CELL_HW)
    return cv2.imencode(".jpg", sheet[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 88])[1].tobytes()


def _draw(rgb, parsing, joints):
    parsing = np.zeros(rgb.shape[:2], np.uint8) if parsing is None else parsing
    parsing = np.where((parsing == IGNORE) | (parsing >= len(LIP.names)), 0, parsing)
    keypoints = np.zeros((len(LIP_JOINTS.names), 3))
    if joints is not None:
        there = ~np.isnan(joints[:, :2]).any(axis=1)
        keypoints[there, :2] = joints[there, :2]
        keypoints[there, 2] = 1
    return draw_overlay(rgb, parsing.astype(np.uint8), keypoints)
