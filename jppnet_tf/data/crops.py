"""The samples that SS-JPPNet is trained on: cut out of the photograph at one of a few scales."""

import dataclasses
import typing
from collections.abc import Mapping, Sequence

import numpy as np
import tensorflow as tf

from jppnet_tf.data.augment import class_partners
from jppnet_tf.data.graph_files import check_sizes, load_jpeg, load_png, path_columns
from jppnet_tf.labels import IGNORE, LIP, Classes
from jppnet_tf.models.maps.colours import SS_MEAN_BGR, preprocess

if typing.TYPE_CHECKING:
    from jppnet_tf.data.lip import Record


@dataclasses.dataclass(frozen=True)
class CropReading:
    """Resized by one of some factors, padded below and to the right, cut out, mirrored.

    Proportions stay. Samples are dicts: `image` float32 [size, size, 3], BGR minus SS-JPPNet's
    mean; `label` int32 [size, size], 255 for ignored and padding.

    Attributes:
        size: side of a sample in pixels.
        factors: one of which the image's size is multiplied by, then cut off to whole pixels.
        mirror: whether every other sample is mirrored.
        classes: what the ids of label maps stand for.

    Reference:
        DeepLab's Caffe, image_seg_data_layer and data_transformer.
    """

    size: int = 321
    factors: tuple[float, ...] = (0.6, 0.8, 1.0, 1.2, 1.4)
    mirror: bool = True
    classes: Classes = LIP

    def columns(self, records: "Sequence[Record]") -> dict[str, np.ndarray]:
        """What `read` needs of all records.

        Args:
            records: sequence of lip.Record.

        Returns:
            dict of arrays, a row per record.

        Raises:
            InputError: a record lacks something.
        """
        return path_columns(records, ("image", "label"))

    def read(
        self, row: Mapping[str, tf.Tensor], seed: tf.Tensor | None = None
    ) -> dict[str, tf.Tensor]:
        """One sample; the same eagerly and in a graph.

        Args:
            row: dict, one row of `columns`.
            seed: int [2], what chance follows from; None leaves it out: the upper left corner,
                neither resized nor mirrored.

        Returns:
            dict as described above.
        """
        image, label = load_jpeg(row["image"]), load_png(row["label"])
        with tf.control_dependencies([check_sizes(image, label, row)]):
            image = tf.identity(image)
        if seed is None:
            return self._finish(image, label, (0.0, 0.0))
        seeds = tf.random.experimental.stateless_split(seed, 2)
        choice = tf.random.stateless_uniform([], seeds[0], 0, len(self.factors), tf.int32)
        image, label = resize_sample(image, label, tf.gather(self._factors, choice))
        *chance, mirrored = tf.unstack(tf.random.stateless_uniform([3], seeds[1]))
        sample = self._finish(image, label, chance)
        return tf.cond(
            tf.logical_and(self.mirror, mirrored < 0.5),
            lambda: mirror_sample(sample, self.classes),
            lambda: sample,
        )

    @property
    def _factors(self):
        # Sizes are cut off after a product in float64: 0.6 x 35 is 21, not 20.99999.
        return tf.constant(self.factors, tf.float64)

    def _finish(self, image, label, chance):
        """Pads and cuts out; `chance` 0..1 says where, down and to the right."""
        image = preprocess(image, SS_MEAN_BGR)
        size_hw = tf.shape(image)[:2]
        below, right = tf.unstack(tf.maximum(self.size - size_hw, 0))
        image = tf.pad(image, [[0, below], [0, right], [0, 0]])
        label = tf.pad(label, [[0, below], [0, right]], constant_values=IGNORE)
        top, left = (
            tf.cast(part * tf.cast(room + 1, tf.float32), tf.int32)
            for part, room in zip(chance, tf.unstack(tf.shape(label) - self.size), strict=True)
        )
        bottom, right = top + self.size, left + self.size
        return {
            "image": tf.ensure_shape(image[top:bottom, left:right], [self.size, self.size, 3]),
            "label": tf.cast(
                tf.ensure_shape(label[top:bottom, left:right], [self.size] * 2), tf.int32
            ),
        }


def resize_sample(
    image: tf.Tensor, label: tf.Tensor, factor: tf.Tensor
) -> tuple[tf.Tensor, tf.Tensor]:
    """Resizes as OpenCV does: the image bilinearly, its label by nearest neighbour.

    Args:
        image: uint8 [h, w, 3].
        label: uint8 [h, w].
        factor: float64 scalar; sizes are cut off to whole pixels.

    Returns:
        Image and label, of the same types; to the grey level what `cv2.resize` gives.
    """
    size_hw = tf.shape(label)
    resized_hw = tf.maximum(tf.cast(tf.cast(size_hw, tf.float64) * factor, tf.int32), 1)
    (height, width), (rows, columns) = tf.unstack(size_hw), tf.unstack(resized_hw)
    label = tf.gather(label, _nearest(rows, height))
    label = tf.gather(label, _nearest(columns, width), axis=1)
    left, right, *weights = _bilinear(columns, width, holds_ends=True)
    image = tf.cast(image, tf.int32)
    image = sum(
        tf.gather(image, places, axis=1) * weight[:, None]
        for places, weight in zip((left, right), weights, strict=True)
    )
    above, below, *weights = _bilinear(rows, height, holds_ends=False)
    image = sum(
        tf.bitwise.right_shift(tf.gather(image // 16, places) * weight[:, None, None], 16)
        for places, weight in zip((above, below), weights, strict=True)
    )
    return tf.cast((image + 2) // 4, tf.uint8), label


def _bilinear(length, source_length, holds_ends):
    """The two source pixels of each place along one axis, and their weights in 2048ths.

    Beyond the first and last pixel, OpenCV gives columns one weight, and rows two weights of the
    same pixel, which are rounded apart.
    """
    step = _step(length, source_length)
    places = tf.cast((tf.cast(tf.range(length), tf.float64) + 0.5) * step - 0.5, tf.float32)
    first = tf.floor(places)
    share = places - first
    first = tf.cast(first, tf.int32)
    if holds_ends:
        share = tf.where((first < 0) | (first >= source_length - 1), 0.0, share)
    pixels = (tf.clip_by_value(first + i, 0, source_length - 1) for i in (0, 1))
    return *pixels, *(tf.cast(tf.round(part * 2048), tf.int32) for part in (1 - share, share))


def _nearest(length, source_length):
    """The source pixel of each place along one axis; no half pixels, unlike `_bilinear`."""
    places = tf.floor(tf.cast(tf.range(length), tf.float64) * _step(length, source_length))
    return tf.minimum(tf.cast(places, tf.int32), source_length - 1)


def _step(length, source_length):
    """Source pixels per pixel, rounded as OpenCV's is: twice."""
    return 1 / (tf.cast(length, tf.float64) / tf.cast(source_length, tf.float64))


def mirror_sample(sample: Mapping[str, tf.Tensor], classes: Classes = LIP) -> dict[str, tf.Tensor]:
    """Left and right change places, in the classes too."""
    partners = tf.cast(class_partners(classes.mirror), tf.int32)
    return {
        "image": sample["image"][:, ::-1],
        "label": tf.gather(partners, sample["label"])[:, ::-1],
    }
