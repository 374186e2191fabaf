"""Joints and heatmaps, one into the other."""

import numpy as np

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
