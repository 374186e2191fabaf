"""The original reader's random views of a sample, in the graph.

A view is drawn once per sample and applied to image, label and heatmaps alike: mirror, resize to a
square, pad at the bottom and right, cut out a square. Labels and heatmaps are only ever sampled by
nearest neighbour, so for them a view is two lists of source pixels; heatmaps are drawn at these
pixels alone.
"""

import dataclasses
import typing
from collections.abc import Sequence

import tensorflow as tf

from jppnet_tf.labels import IGNORE
from jppnet_tf.models.maps.resizing import resize_bilinear


class View(typing.NamedTuple):
    """How a sample is looked at; scalars, tensors in a graph.

    Attributes:
        mirrored: bool, whether left and right change places.
        scaled: int, side of the square that the sample is resized to, whatever its proportions.
        top, left: int, where the cut begins in the padded square.
    """

    mirrored: tf.Tensor
    scaled: tf.Tensor
    top: tf.Tensor
    left: tf.Tensor


@dataclasses.dataclass(frozen=True)
class Sampling:
    """Pixels of the source for the rows and columns of a view.

    Attributes:
        ys, xs: int32 [rows], [columns]; arbitrary where the view shows padding.
        inside: bool [rows, columns], False where it shows padding.
    """

    ys: tf.Tensor
    xs: tf.Tensor
    inside: tf.Tensor


def plain_view(size: int) -> View:
    """The view without chance: resized straight to `size` x `size`."""
    return View(tf.constant(False), tf.constant(size), tf.constant(0), tf.constant(0))


def random_view(
    seed: tf.Tensor, size: int, scales: Sequence[float] = (0.75, 1.25), mirror: bool = True
) -> View:
    """Draws a view as the original's reader did.

    Args:
        seed: int [2]; the same seed gives the same view.
        size: side of the view in pixels.
        scales: range of the factor on `size`, the same for both axes.
        mirror: whether every other view is mirrored.

    Returns:
        View.

    Reference:
        LIP_JPPNet utils/image_reader.py, image_scaling, image_mirroring and
        random_crop_and_pad_image_and_labels.
    """
    seeds = tf.random.experimental.stateless_split(seed, 3)
    chance = tf.random.stateless_uniform([2], seeds[0])
    factor = scales[0] + chance[0] * (scales[1] - scales[0])
    scaled = tf.cast(tf.cast(size, tf.float32) * factor, tf.int32)
    room = tf.maximum(scaled - size, 0) + 1
    return View(
        mirrored=tf.logical_and(mirror, chance[1] < 0.5),
        scaled=scaled,
        top=tf.random.stateless_uniform([], seeds[1], 0, room, tf.int32),
        left=tf.random.stateless_uniform([], seeds[2], 0, room, tf.int32),
    )


def view_image(image: tf.Tensor, view: View, size: int) -> tf.Tensor:
    """Looks at an image.

    Args:
        image: float32 [h, w, 3], the mean already subtracted: padding is 0 afterwards.
        view: View.
        size: side of the result.

    Returns:
        float32 [size, size, 3].
    """
    image = tf.cond(view.mirrored, lambda: image[:, ::-1], lambda: image)
    image = resize_bilinear(image[None], tf.stack([view.scaled] * 2))[0]
    missing = tf.maximum(size - view.scaled, 0)
    image = tf.pad(image, [[0, missing], [0, missing], [0, 0]])
    image = image[view.top : view.top + size, view.left : view.left + size]
    return tf.ensure_shape(image, [size, size, 3])


def view_sampling(size_hw: tf.Tensor, view: View, size: int, points: int) -> Sampling:
    """The source pixels that a view shows, at `points` x `points` of its places.

    Args:
        size_hw: int [2], the source's size.
        view: View.
        size: side of the view.
        points: how many rows and columns are wanted: `size` for labels, less for heatmaps, which
            are resized by nearest neighbour once more.

    Returns:
        Sampling.
    """
    places = _nearest(tf.range(points), points, size)
    ys, xs = places + view.top, places + view.left
    inside = (ys < view.scaled)[:, None] & (xs < view.scaled)
    ys = _nearest(ys, view.scaled, size_hw[0])
    xs = _nearest(xs, view.scaled, size_hw[1])
    return Sampling(ys, tf.where(view.mirrored, size_hw[1] - 1 - xs, xs), inside)


def _nearest(places, length, source_length):
    """TF1's nearest neighbour along one axis, for some places of the result."""
    scale = tf.cast(source_length, tf.float32) / tf.cast(length, tf.float32)
    return tf.minimum(tf.cast(tf.cast(places, tf.float32) * scale, tf.int32), source_length - 1)


def view_label(
    label: tf.Tensor, sampling: Sampling, view: View, mirror: Sequence[int]
) -> tf.Tensor:
    """Looks at a label map.

    Args:
        label: uint8 [h, w], class ids, 255 for ignored pixels.
        sampling: Sampling.
        view: View; a mirrored one exchanges the classes of left and right.
        mirror: per class, its partner.

    Returns:
        uint8 [rows, columns]; padding is 255.
    """
    ids = tf.gather(tf.gather(label, sampling.ys), sampling.xs, axis=1)
    partners = class_partners(mirror)
    ids = tf.cond(view.mirrored, lambda: tf.gather(partners, tf.cast(ids, tf.int32)), lambda: ids)
    return tf.where(sampling.inside, ids, tf.constant(IGNORE, tf.uint8))


def class_partners(mirror: Sequence[int]) -> tf.Tensor:
    """Table from any class id to its id in a mirrored label map: uint8 [256]."""
    return tf.constant([*mirror, *range(len(mirror), 256)], tf.uint8)


def view_heatmaps(
    maps: tf.Tensor, sampling: Sampling, view: View, mirror: Sequence[int]
) -> tf.Tensor:
    """Finishes heatmaps that were drawn or read at a view's pixels.

    Args:
        maps: uint8 [rows, columns, joints] at the pixels of `sampling`: `heatmaps.encode_joints`
            at its ys and xs, or maps from files, gathered there.
        sampling: Sampling.
        view: View; a mirrored one exchanges the maps of left and right.
        mirror: per joint, its partner.

    Returns:
        float32 [rows, columns, joints], 0..1; padding is 0.
    """
    maps = tf.cond(view.mirrored, lambda: tf.gather(maps, mirror, axis=2), lambda: maps)
    return tf.where(sampling.inside[..., None], tf.cast(maps, tf.float32) / 255, 0)
