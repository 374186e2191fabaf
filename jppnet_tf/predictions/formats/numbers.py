"""Numbers as JSON takes them."""

import json
from collections.abc import Iterable

import numpy as np


def encode_json(value: object) -> bytes:
    """JSON on one line: bytes."""
    return f"{json.dumps(value)}\n".encode()


def round_points(points: np.ndarray) -> list[list[float]]:
    """Points as JSON takes them.

    Args:
        points: float [n, 3], x, y, score.

    Returns:
        list of [x, y, score]: hundredths of a pixel, whole numbers as ints; five digits of scores.
    """
    return [
        [*shorten((round(float(x), 2), round(float(y), 2))), round(float(s), 5)]
        for x, y, s in np.asarray(points)
    ]


def shorten(numbers: Iterable[float]) -> list[float]:
    """Numbers as JSON has them shortest: whole ones as int."""
    return [int(number) if float(number).is_integer() else float(number) for number in numbers]
