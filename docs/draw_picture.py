"""Draws docs/overlay.jpg, the README's picture: what the models that ship see.

python docs/draw_picture.py

The photograph is of Grace Hopper, by James S. Davis, United States Navy (public domain), which
matplotlib brings along; the others are rendered.
"""

import pathlib

import cv2
import numpy as np
from matplotlib import cbook

from jppnet_tf import Predictor
from jppnet_tf.data.figures.dataset import render_figure
from jppnet_tf.images.drawing import draw_overlay
from jppnet_tf.images.reading import read_image

HERE = pathlib.Path(__file__).parent
SEED = 4  # neither trained nor validated on; `make demo` shows the first six
INDICES = (0, 2)
HEIGHT = 384

photograph = read_image(cbook.get_sample_data("grace_hopper.jpg", asfileobj=False))
pictures = [("photos", photograph)]
pictures += [("figures", render_figure((SEED, index)).image) for index in INDICES]
row = []
for name, rgb in pictures:
    prediction = Predictor(name)(rgb)
    overlay = draw_overlay(rgb, prediction.parsing, prediction.keypoints)
    for picture in (rgb, overlay):
        width = round(picture.shape[1] * HEIGHT / picture.shape[0])
        row.append(cv2.resize(picture, (width, HEIGHT), interpolation=cv2.INTER_AREA))
cv2.imwrite(str(HERE / "overlay.jpg"), np.hstack(row)[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 88])
