"""Offsets made closer by the offsets at the place they lead to.

Mid-range and long-range offsets lead far, and miss by some pixels; short-range offsets, and the
long-range ones themselves, are the closer the nearer their joint is. In TensorFlow for the
network, and in numpy for maps of networks that do not refine them.
"""

import numpy as np
import tensorflow as tf

from jppnet_tf.models.maps.people.grid import pixel_places, sample
from jppnet_tf.models.maps.people.skeleton import DIRECTED_EDGES

STEPS = 2
"""How often each kind of offset is refined by another."""
_TARGETS = tuple(target for _, target in DIRECTED_EDGES)


def refine_mid(mid: tf.Tensor, short: tf.Tensor, stride: int) -> tf.Tensor:
    """Mid-range offsets, refined twice by the short-range ones of the joint they lead to.

    Args:
        mid: float32 [n, h, w, 64], as `DIRECTED_EDGES` has them.
        short: float32 [n, h, w, 34].
        stride: pixels between cells.

    Returns:
        float32 [n, h, w, 64]. Gradients flow through fields and places; beyond the outermost
        cells, those count, and the place has no gradient.
    """
    return _merge(_refine(_split(mid), _split(short), _TARGETS, stride))


def refine_long(long: tf.Tensor, short: tf.Tensor, stride: int) -> tf.Tensor:
    """Long-range offsets, refined twice by themselves, then twice by the short-range ones.

    Args:
        long: float32 [n, h, w, 34].
        short: float32 [n, h, w, 34].
        stride: pixels between cells.

    Returns:
        float32 [n, h, w, 34]; else as `refine_mid`.
    """
    raw, short = _split(long), _split(short)
    fields = range(raw.shape[3])
    return _merge(_refine(_refine(raw, raw, fields, stride), short, fields, stride))


def refine_fields(
    short: np.ndarray, mid: np.ndarray, long: np.ndarray | None, stride: int
) -> tuple[np.ndarray, np.ndarray | None]:
    """The same in numpy, of one image.

    Args:
        short, mid, long: floating point [h, w, 34], [h, w, 64] and [h, w, 34], or no `long`.
        stride: pixels between cells.

    Returns:
        (mid, long), refined, float64.
    """
    places = pixel_places(short.shape[:2], stride)
    mid = np.array(mid, np.float64)
    for edge, target in enumerate(_TARGETS):
        _refine_in_place(mid, edge, short, target, places, stride)
    if long is not None:
        raw, long = long, np.array(long, np.float64)
        for field in range(long.shape[2] // 2):
            _refine_in_place(long, field, raw, field, places, stride)
            _refine_in_place(long, field, short, field, places, stride)
    return mid, long


def _refine_in_place(fields, number, others, other, places, stride):
    field = fields[..., 2 * number : 2 * number + 2]
    guide = np.asarray(others[..., 2 * other : 2 * other + 2], np.float64)
    for _ in range(STEPS):
        field += sample(guide, places + field, stride)


def _split(fields):
    """[n, h, w, fields, 2] of [n, h, w, channels]."""
    shape = tf.shape(fields)
    count = fields.shape[-1] // 2
    return tf.ensure_shape(
        tf.reshape(fields, [shape[0], shape[1], shape[2], count, 2]), [None, None, None, count, 2]
    )


def _merge(fields):
    shape = tf.shape(fields)
    return tf.reshape(fields, [shape[0], shape[1], shape[2], 2 * fields.shape[3]])


def _refine(fields, guides, guide_of, stride):
    """Adds to each field what its guide says where the field leads to, twice."""
    for _ in range(STEPS):
        fields += _sample(guides, fields / stride, guide_of)
    return fields


def _sample(guides, offsets, guide_of):
    """Guides where offsets lead to, bilinearly.

    Args:
        guides: [n, h, w, guides, 2].
        offsets: [n, h, w, fields, 2], in cells.
        guide_of: sequence of the guide's number of each field.
    """
    count, height, width = (tf.shape(guides)[axis] for axis in range(3))
    left, x = _split_places(tf.range(width)[:, None], offsets[..., 0], width)
    top, y = _split_places(tf.range(height)[:, None, None], offsets[..., 1], height)
    right, below = tf.minimum(left + 1, width - 1), tf.minimum(top + 1, height - 1)
    flat = tf.reshape(guides, [-1, 2])
    image = (tf.range(count) * height)[:, None, None, None]
    numbers = tf.constant(list(guide_of), tf.int32)

    def take(row, column):
        return tf.gather(flat, ((image + row) * width + column) * guides.shape[3] + numbers)

    upper = take(top, left) * (1 - x) + take(top, right) * x
    lower = take(below, left) * (1 - x) + take(below, right) * x
    return upper * (1 - y) + lower * y


def _split_places(cells, offsets, length):
    """Cells plus offsets, inside the map: the cell before, and how far beyond it [..., 1].

    Whole and broken part come apart before they are added to the cells, which would round the
    latter. The whole numbers stay float32 until they are cut off: TFLite makes a Relu6 of the same
    in int32 where a map has seven cells, and then has none for integers.
    """
    whole, last = tf.floor(offsets), tf.cast(length - 1, tf.float32)
    before = tf.cast(cells, tf.float32) + tf.cast(whole, tf.float32)
    is_inside = (before >= 0) & (before < last)
    beyond = tf.where(is_inside, offsets - whole, 0.0)
    return tf.cast(tf.clip_by_value(before, 0.0, last), tf.int32), beyond[..., None]
