"""People to what the network is to say of them, in TensorFlow."""

import typing

import tensorflow as tf

from jppnet_tf.models.maps.people.skeleton import DIRECTED_EDGES, RADIUS


class Targets(typing.NamedTuple):
    """What the maps of one image are to be, and where; float32.

    Offsets are 0 where they are not looked at.

    Attributes:
        heatmaps: [h, w, 17], 1 within the radius of a joint.
        short, mid, long: [h, w, 34], [h, w, 64] and [h, w, 34], offsets in pixels.
        segmentation: [h, w, 1], 1 on people and crowds.
        heatmaps_weight, segmentation_weight: [h, w, 1], 1 where they are looked at.
        short_weight, mid_weight, long_weight: [h, w, 17], [h, w, 32] and [h, w, 17], likewise.
    """

    heatmaps: tf.Tensor
    short: tf.Tensor
    mid: tf.Tensor
    long: tf.Tensor
    segmentation: tf.Tensor
    heatmaps_weight: tf.Tensor
    short_weight: tf.Tensor
    mid_weight: tf.Tensor
    long_weight: tf.Tensor
    segmentation_weight: tf.Tensor


def encode_people(
    keypoints: tf.Tensor, masks: tf.Tensor, crowd: tf.Tensor, size_hw: tf.Tensor, stride: int
) -> Targets:
    """The targets of an image, at the network's cells.

    Joints that are not labelled, or lie outside the image, teach nothing. People without a labelled
    joint are too small: where they are, heatmaps and long-range offsets are not looked at. Crowds
    are not looked at. Where disks of a joint overlap, the nearest person's counts, the first one's
    at the same distance.

    Args:
        keypoints: float32 [people, 17, 3]: x, y in pixels of the input, and above 0 where labelled.
        masks: bool [people, h, w], their pixels, at the cells.
        crowd: bool [h, w], the crowds' pixels, at the cells.
        size_hw: int [2], the input's (height, width).
        stride: pixels between cells.

    Returns:
        Targets.

    Reference:
        arXiv:1803.08225, sections 3.1 to 3.3; the joint outside the image is our choice.
    """
    # Somebody who is nowhere, so that there is somebody.
    keypoints = tf.pad(tf.cast(keypoints, tf.float32), [[0, 1], [0, 0], [0, 0]])
    limits_xy = tf.cast(size_hw, tf.float32)[::-1] - 1
    places = keypoints[..., :2]
    is_labelled = (keypoints[..., 2] > 0) & tf.reduce_all((places >= 0) & (places <= limits_xy), -1)
    cells = _place_cells(tf.shape(crowd), stride)
    heatmaps, short, mid, mid_weight = _encode_disks(cells, places, is_labelled)
    is_small = ~tf.reduce_any(keypoints[:-1, :, 2] > 0, axis=1)
    count = tf.reduce_sum(tf.cast(masks, tf.int32), axis=0)
    in_small = tf.reduce_any(masks & is_small[:, None, None], axis=0)
    is_single = (count == 1) & ~crowd & ~in_small
    long, long_weight = _encode_masks(cells, places, is_labelled, masks, is_single)
    return Targets(
        heatmaps=_to_float(heatmaps),
        short=_join(short * _to_float(heatmaps)[..., None]),
        mid=_join(mid * _to_float(mid_weight)[..., None]),
        long=_join(long * _to_float(long_weight)[..., None]),
        segmentation=_to_float(crowd | (count > 0))[..., None],
        heatmaps_weight=_to_float(~crowd & ~in_small)[..., None],
        short_weight=_to_float(heatmaps),
        mid_weight=_to_float(mid_weight),
        long_weight=_to_float(long_weight),
        segmentation_weight=_to_float(~crowd)[..., None],
    )


def _place_cells(shape, stride):
    """[h, w, 2]: x, y of each cell."""
    xs, ys = tf.meshgrid(tf.range(shape[1]) * stride, tf.range(shape[0]) * stride)
    return tf.cast(tf.stack([xs, ys], axis=-1), tf.float32)


def _encode_disks(cells, places, is_labelled):
    """Heatmaps, short-range and mid-range offsets, and where the latter are looked at."""
    offsets = tf.transpose(places, [1, 0, 2]) - cells[:, :, None, None]  # [h, w, 17, people, 2]
    squares = tf.reduce_sum(tf.square(offsets), axis=-1)
    squares = tf.where(tf.transpose(is_labelled), squares, float("inf"))
    nearest = tf.argmin(squares, axis=-1, output_type=tf.int32)
    is_inside = tf.reduce_min(squares, axis=-1) <= RADIUS**2
    short = tf.gather(offsets, nearest, axis=3, batch_dims=3)
    sources, targets = (list(ends) for ends in zip(*DIRECTED_EDGES, strict=True))
    owners = tf.gather(nearest, sources, axis=2)  # [h, w, 32]
    # Of each edge, the owner's joint at its end.
    ends = tf.stack([owners, tf.broadcast_to(targets, tf.shape(owners))], axis=-1)
    mid = tf.gather_nd(places, ends) - cells[:, :, None]
    is_known = tf.gather_nd(is_labelled, ends)
    return is_inside, short, mid, tf.gather(is_inside, sources, axis=2) & is_known


def _encode_masks(cells, places, is_labelled, masks, is_single):
    """Long-range offsets, and where they are looked at."""
    nobody = tf.ones_like(is_single)[None]
    owners = tf.argmax(tf.concat([tf.cast(masks, tf.int8), tf.cast(nobody, tf.int8)], 0), axis=0)
    long = tf.gather(places, owners) - cells[:, :, None]
    return long, tf.gather(is_labelled, owners) & is_single[..., None]


def _to_float(values):
    return tf.cast(values, tf.float32)


def _join(fields):
    """[h, w, channels] of [h, w, fields, 2]."""
    shape = tf.shape(fields)
    return tf.reshape(fields, [shape[0], shape[1], 2 * fields.shape[2]])
