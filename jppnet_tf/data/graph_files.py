"""What all ways to read samples share: files in the graph."""

import typing
from collections.abc import Mapping, Sequence

import numpy as np
import tensorflow as tf

from jppnet_tf.labels import IGNORE
from jppnet_tf.system.errors import InputError

if typing.TYPE_CHECKING:
    from jppnet_tf.data.lip import Record


def path_columns(records: "Sequence[Record]", names: Sequence[str]) -> dict[str, np.ndarray]:
    """The paths of all records.

    Args:
        records: sequence of lip.Record.
        names: attributes of theirs that are paths.

    Returns:
        dict of name to array of str.

    Raises:
        InputError: a record lacks one of them.
    """
    columns = {}
    for name in names:
        lacking = [record.name for record in records if getattr(record, name) is None]
        if lacking:
            raise InputError(
                f"{len(lacking)} records have no {name}, the first of them {lacking[0]}"
            )
        columns[name] = np.array([str(getattr(record, name)) for record in records])
    return columns


def load_jpeg(path: tf.Tensor) -> tf.Tensor:
    """A JPEG: uint8 [h, w, 3], RGB."""
    return tf.io.decode_jpeg(tf.io.read_file(path), channels=3)


def load_png(path: tf.Tensor) -> tf.Tensor:
    """An 8-bit grey PNG: uint8 [h, w].

    Fails, and names the file, for any other: of a palette or of 16 bits, TensorFlow would make grey
    levels that are not what is stored.
    """
    content = tf.io.read_file(path)
    is_grey = tf.strings.substr(content, 24, 2) == b"\x08\x00"  # bits and kind of colour
    with tf.control_dependencies([tf.debugging.Assert(is_grey, ["not an 8-bit grey PNG:", path])]):
        return tf.io.decode_png(content, channels=1)[..., 0]


def read_label(path: tf.Tensor, size_hw: tf.Tensor) -> tf.Tensor:
    """A label map: uint8 [h, w]; without a path ("") all of it is unknown, 255."""
    return tf.cond(
        path == "", lambda: tf.fill(size_hw, tf.constant(IGNORE, tf.uint8)), lambda: load_png(path)
    )


def label_column(records: "Sequence[Record]") -> np.ndarray:
    """The paths of all records' label maps, "" of those without: array of str."""
    return np.array([str(record.label or "") for record in records])


def check_sizes(image: tf.Tensor, label: tf.Tensor, row: Mapping[str, tf.Tensor]) -> tf.Operation:
    """An operation that fails, and names both files, unless image and label are of one size."""
    fits = tf.reduce_all(tf.shape(label) == tf.shape(image)[:2])
    return tf.debugging.Assert(fits, ["sizes differ", row["image"], row["label"]])
