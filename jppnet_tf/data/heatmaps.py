"""Joints and heatmaps, one into the other."""

import numpy as np
import tensorflow as tf

from jppnet_tf import ops


def decode_joints(maps, size_hw, mirror):
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
    ys = ops.nearest_breaks([m.shape[1] for m in maps], height, mirrored=False)
    xs = ops.nearest_breaks([m.shape[2] for m in maps], width, mirrored=len(maps[0]) == 2)
    fused = ops.fuse_nearest(maps, size_hw, mirror, ys, xs)
    flat = fused.reshape(-1, fused.shape[-1])
    row, column = np.divmod(flat.argmax(axis=0), len(xs))
    return np.stack([xs[column], ys[row], flat.max(axis=0)], axis=1).astype(np.float32)


def encode_joints(joints_xy, size_hw, ys=None, xs=None):
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
