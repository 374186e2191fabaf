"""Where TF1's resizes sample, in numpy."""

import numpy as np


def sampling_points(length: int, source_length: int) -> np.ndarray:
    """Where TF1's resizes sample one axis.

    Args:
        length: pixels of the result.
        source_length: pixels of the source.

    Returns:
        float32 [length], in source pixels; computed in float32 as TF1 does, because the
        rounding decides which pixel is the nearest.
    """
    scale = np.float32(source_length) / np.float32(length)
    return np.arange(length, dtype=np.float32) * scale


def nearest_indices(length: int, source_length: int) -> np.ndarray:
    """The source pixel that `resize_nearest` takes for each pixel of one axis: int [length]."""
    return np.minimum(sampling_points(length, source_length).astype(np.int64), source_length - 1)


def bilinear_weights(points: np.ndarray, source_length: int) -> np.ndarray:
    """Bilinear resizing along one axis as a matrix.

    Args:
        points: floating point [length], where to sample, 0..source_length - 1 (beyond it, the
            last pixel counts): of TF1's resize, `sampling_points`.
        source_length: pixels of the source.

    Returns:
        float32 [length, source_length], rows sum to 1, at most two entries of each are not 0.
    """
    lower = np.minimum(points.astype(np.int64), source_length - 1)
    upper = np.minimum(lower + 1, source_length - 1)
    fraction = points - np.floor(points)
    weights = np.zeros((len(points), source_length), np.float32)
    rows = np.arange(len(points))
    weights[rows, lower] += 1 - fraction
    weights[rows, upper] += fraction
    return weights
