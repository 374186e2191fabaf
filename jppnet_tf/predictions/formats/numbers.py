"""Numbers as JSON takes them."""

import json

import numpy as np


def encode_json(value):
    """JSON on one line: bytes."""
    return f"{json.dumps(value)}\n".encode()


def round_points(points):
    """Points as JSON takes them.

    Args:
        points: float [n, 3], x, y, score.

    Returns:
        list of [x, y, score]: hundredths of a pixel, whole numbers as ints; five digits of scores.
    """
    return [[_round(x), _round(y), round(float(s), 5)] for x, y, s in np.asarray(points)]


def _round(value):
    value = round(float(value), 2)
    return int(value) if value.is_integer() else value
