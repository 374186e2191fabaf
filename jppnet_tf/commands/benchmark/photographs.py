"""Photographs to measure on: nobody's, and of any size."""

import pathlib
from collections.abc import Sequence

import cv2
import numpy as np


def write_photographs(
    folder: str | pathlib.Path, size_hw: tuple[int, int], count: int, least_hw: Sequence[int] = ()
) -> None:
    """Writes random JPEG files with details of every size; no two are the same.

    Args:
        folder: is made.
        size_hw: (height, width) of each.
        count: how many, called 0.jpg, 1.jpg, ...
        least_hw: if given, sizes are random, from this one to `size_hw`.
    """
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True)
    random = np.random.default_rng(0)
    for number in range(count):
        height, width = random.integers(least_hw or size_hw, np.add(size_hw, 1)).tolist()
        photo = np.zeros((height, width, 3), np.uint8)
        for cells in (4, 30, 200):
            detail = random.integers(0, 80, (cells, cells, 3), np.uint8)
            photo += cv2.resize(detail, (width, height), interpolation=cv2.INTER_LINEAR)
        cv2.imwrite(str(folder / f"{number}.jpg"), photo)


def upright_size(megapixels: float) -> tuple[int, int]:
    """(height, width), 4 to 3."""
    width = max(3, round((megapixels * 1e6 * 3 / 4) ** 0.5))
    return width * 4 // 3, width
