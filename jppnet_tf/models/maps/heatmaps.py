"""Joints and heatmaps, one into the other."""

from collections.abc import Sequence

import numpy as np
import tensorflow as tf

from jppnet_tf.models.maps.fusing import fuse_nearest, nearest_breaks
from jppnet_tf.models.maps.sampling import bilinear_weights


def decode_joints(
    maps: Sequence[np.ndarray], size_hw: Sequence[int], mirror: Sequence[int]
) -> np.ndarray:
    """The pixel where each joint's fused heatmap is highest.

    The maps are resized to the image by nearest neighbour, so the fused heatmap consists of
    rectangles of one value each; a tie goes to the pixel first in reading order, which is
    the upper left corner of one of them. Only those corners are looked at: the result is
    that of the whole image, at a cost that does not grow with it.

    Args:
        maps: list with, per scale, float32 array [n, h, w, joints]; n is 1, or 2 where the
            second belongs to the mirrored image.
        size_hw: (height, width) of the image.
        mirror: per joint, its partner when left and right change places.

    Returns:
        float32 array [joints, 3]: x, y in pixels, and the height of the maximum.

    Reference:
        LIP_JPPNet evaluate_pose_JPPNet-s2.py, main and save.
    """
    height, width = size_hw
    ys = nearest_breaks([m.shape[1] for m in maps], height, mirrored=False)
    xs = nearest_breaks([m.shape[2] for m in maps], width, mirrored=len(maps[0]) == 2)
    fused = fuse_nearest(maps, size_hw, mirror, ys, xs)
    flat = fused.reshape(-1, fused.shape[-1])
    row, column = np.divmod(flat.argmax(axis=0), len(xs))
    return np.stack([xs[column], ys[row], flat.max(axis=0)], axis=1).astype(np.float32)


def refine_joints(
    maps: Sequence[np.ndarray], size_hw: Sequence[int], mirror: Sequence[int]
) -> np.ndarray:
    """The place where each joint's fused heatmap is highest, between the cells too.

    A cell of a heatmap stands for the one pixel that training took it from, the upper left one of
    the rectangle that `decode_joints` enlarges it to; in the mirror image that is the upper right
    one. So the maps are sampled where the cells of the largest of them lie, and nothing is moved
    by half a cell. Around the highest cell a parabola is laid through the logarithms of it and its
    neighbours, which finds the middle of a Gaussian.

    Args:
        maps, size_hw, mirror: as for `decode_joints`.

    Returns:
        float32 array [joints, 3]: x, y in pixels, not whole ones, inside the image; and the height
        of the highest cell. A joint whose highest cell lies on the border stays on that cell.
    """
    cells_hw = max(maps, key=lambda scale_maps: scale_maps.shape[1]).shape[1:3]
    fused = sum(_sample(scale_maps, cells_hw, size_hw[1], mirror) for scale_maps in maps)
    fused = fused / len(maps)
    joints = np.empty((fused.shape[-1], 3), np.float32)
    for joint, heatmap in enumerate(np.moveaxis(fused, -1, 0)):
        row, column = np.unravel_index(heatmap.argmax(), heatmap.shape)
        x = _summit(heatmap[row], column) * size_hw[1] / cells_hw[1]
        y = _summit(heatmap[:, column], row) * size_hw[0] / cells_hw[0]
        joints[joint] = x, y, heatmap[row, column]
    return joints


def _sample(maps, cells_hw, width, mirror):
    """Maps of one scale at the cells of another, un-mirrored and averaged: [h, w, joints]."""
    ys, xs = (
        np.arange(cells) * (side / cells)
        for cells, side in zip(cells_hw, maps.shape[1:3], strict=True)
    )
    # The mirror image begins with the last pixel, which lies a pixel short of the map's end.
    turned = np.maximum(maps.shape[2] * (1 - 1 / width) - xs, 0)
    rows = bilinear_weights(ys, maps.shape[1])
    views = []
    for view, points in zip(maps, (xs, turned), strict=False):
        columns = bilinear_weights(points, maps.shape[2])
        views.append(np.einsum("yh,hwc,xw->yxc", rows, view, columns, optimize=True))
    if len(views) == 2:
        views[1] = views[1][..., list(mirror)]
    return sum(views) / len(views)


def _summit(values, peak):
    """The place of the maximum near the highest of a row of values, in cells: float."""
    if not 0 < peak < len(values) - 1 or values[peak] <= 0:
        return float(peak)
    # Far below the peak, and below 0, a logarithm would be noise.
    before, top, after = np.log(np.maximum(values[peak - 1 : peak + 2], values[peak] / 100))
    bend = before - 2 * top + after
    return peak + (before - after) / (2 * bend) if bend < 0 else float(peak)


def encode_joints(
    joints_xy: tf.Tensor | np.ndarray,
    size_hw: tf.Tensor | Sequence[int],
    ys: tf.Tensor | np.ndarray | None = None,
    xs: tf.Tensor | np.ndarray | None = None,
) -> tf.Tensor:
    """Draws the 8-bit heatmaps of a sample, as the original's script wrote them to PNG files.

    A Gaussian of variance 64 around each joint, on a window of 50 pixels, scaled to peak at 255
    within it. A Gaussian is a product of one over rows and one over columns, so any part of a
    map can be drawn without the rest.

    Args:
        joints_xy: float32 [joints, 2], x and y in pixels, tensor or array. nan counts as 0,
            fractions are cut off, points outside are moved to the border; a joint then at
            (0, 0) is missing, and its map is 0.
        size_hw: int [2], the image's size.
        ys, xs: int [rows] and [columns], the rows and columns wanted; all by default.

    Returns:
        uint8 tensor [rows, columns, joints].

    Reference:
        LIP_JPPNet utils/gen_heatmap.py.
    """
    size_hw = tf.convert_to_tensor(size_hw, tf.int32)
    ys = tf.range(size_hw[0]) if ys is None else ys
    xs = tf.range(size_hw[1]) if xs is None else xs
    joints_xy = tf.convert_to_tensor(joints_xy, tf.float32)
    points = tf.cast(tf.where(tf.math.is_nan(joints_xy), 0.0, joints_xy), tf.int32)
    points = tf.clip_by_value(points, 0, size_hw[::-1] - 1)
    columns = _profile(points[:, 0], xs, size_hw[1])
    rows = _profile(points[:, 1], ys, size_hw[0])
    there = tf.cast(tf.reduce_any(points != 0, axis=1), tf.float64)
    maps = rows[:, None] * columns[None] * there
    return tf.cast(tf.floor(maps * 255 + 0.5), tf.uint8)


def _profile(centers, positions, length):
    """The Gaussian along one axis, its peak 1: float64 [positions, joints]."""
    positions = tf.cast(positions, tf.int32)[:, None]
    inside = (positions >= centers - 25) & (positions < tf.minimum(centers + 25, length - 1))
    # float64: the grey levels must round as the original's did.
    distance = tf.cast(positions - centers, tf.float64)
    # The window ends before the last row and column; there the peak lies one pixel off.
    peak = tf.exp(-tf.cast(centers == length - 1, tf.float64) / 128)
    return tf.where(inside, tf.exp(-(distance**2) / 128) / peak, 0)
