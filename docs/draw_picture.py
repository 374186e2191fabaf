"""Draws docs/overlay.jpg, the README's picture: a rendered figure with its true labels and joints.

python docs/draw_picture.py
"""

import pathlib

import cv2
import numpy as np

from jppnet_tf.data.lip import read_joints
from jppnet_tf.images import read_image
from jppnet_tf.visualize import draw_overlay

HERE = pathlib.Path(__file__).parent
RECORDED = HERE.parent / "tests/parity/recorded"
FIGURE = "fig00_000101"

rgb = read_image(RECORDED / f"images/{FIGURE}.jpg")
parsing = cv2.imread(str(RECORDED / f"labels/{FIGURE}.png"), cv2.IMREAD_UNCHANGED)
keypoints = read_joints(RECORDED / "lip_train_set.csv")[FIGURE][0]  # x, y, flag
keypoints[:, 2] = 1  # all there; the flag tells occluded joints
overlay = draw_overlay(rgb, parsing, keypoints)
photo = cv2.resize(rgb, overlay.shape[0] * np.array(rgb.shape[1::-1]) // rgb.shape[0])
both = np.hstack([photo, overlay])[..., ::-1]
cv2.imwrite(str(HERE / "overlay.jpg"), both, [cv2.IMWRITE_JPEG_QUALITY, 88])
