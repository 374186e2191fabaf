"""Draws docs/overlay.jpg, the README's picture: figures and what the model that ships sees in them.

python docs/draw_picture.py
"""

import pathlib

import cv2
import numpy as np

from jppnet_tf import Predictor
from jppnet_tf.data.figures.dataset import render_figure
from jppnet_tf.images.drawing import draw_overlay

HERE = pathlib.Path(__file__).parent
SEED = 4  # neither trained nor validated on; `make demo` shows the first six
INDICES = (0, 1, 2)
HEIGHT = 384

predictor = Predictor("figures")
row = []
for index in INDICES:
    rgb = render_figure((SEED, index)).image
    prediction = predictor(rgb)
    overlay = draw_overlay(rgb, prediction.parsing, prediction.keypoints)
    for picture in (rgb, overlay):
        width = round(picture.shape[1] * HEIGHT / picture.shape[0])
        row.append(cv2.resize(picture, (width, HEIGHT), interpolation=cv2.INTER_AREA))
cv2.imwrite(str(HERE / "overlay.jpg"), np.hstack(row)[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 88])
