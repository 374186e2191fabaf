"""Photographs to measure on: nobody's, and of any size."""

import pathlib

import cv2
import numpy as np


def write_photographs(folder, megapixels, count):
    """Writes random JPEG files, 3 to 4 upright, with details of every size.

    Args:
        folder: is made.
        megapixels: of each.
        count: how many, called 0.jpg, 1.jpg, ...
    """
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True)
    random = np.random.default_rng(0)
    width = max(3, round((megapixels * 1e6 * 3 / 4) ** 0.5))
    size_wh = (width, width * 4 // 3)
    for number in range(count):
        photo = np.zeros((size_wh[1], size_wh[0], 3), np.uint8)
        for cells in (4, 30, 200):
            detail = random.integers(0, 80, (cells, cells, 3), np.uint8)
            photo += cv2.resize(detail, size_wh, interpolation=cv2.INTER_LINEAR)
        cv2.imwrite(str(folder / f"{number}.jpg"), photo)
