"""Records to batches: an endless tf.data pipeline that follows from one seed.

Each epoch is a permutation of the whole set; which sample comes when, and how it is looked at,
depends on the seed and its place in the stream alone. So a run that starts again at some step sees
what it would have seen, and workers that share the stream see each sample once.

Everything is in the graph: Python would hold back the threads that read. What is wrong with files
is therefore told beforehand, by `check.check_records`.
"""

import dataclasses

import numpy as np
import tensorflow as tf

from jppnet_tf import ops
from jppnet_tf.data import augment
from jppnet_tf.data.heatmaps import encode_joints
from jppnet_tf.errors import InputError
from jppnet_tf.labels import LIP, LIP_JOINTS


@dataclasses.dataclass(frozen=True)
class Reading:
    """How samples are read.

    Attributes:
        size: side of a sample in pixels.
        stride: pixels of a sample per pixel of a heatmap.
        augmented: False resizes every sample straight to `size`, without chance.
        scales: range of the random factor on `size`.
        mirror: whether every other sample is mirrored.
        reversed_labels: mirrored samples take their label from `Record.reversed_label`, as the
            original did, instead of exchanging classes.
        heatmap_files: heatmaps come from `Record.heatmap` instead of from the joints.
    """

    size: int = 384
    stride: int = 8
    augmented: bool = True
    scales: tuple = (0.75, 1.25)
    mirror: bool = True
    reversed_labels: bool = False
    heatmap_files: bool = False


def build_dataset(records, reading, batch, seed=0, start=0, workers=1, worker=0):
    """Endless batches for training.

    Args:
        records: sequence of lip.Record, each with a label.
        reading: Reading.
        batch: samples per batch of this worker.
        seed: int; what follows from it is described above.
        start: how many samples of the stream, over all workers, came before.
        workers, worker: how many share the stream, and which of them this is.

    Returns:
        tf.data.Dataset of dicts: `image` float32 [batch, size, size, 3], BGR minus mean;
        `label` int32 [batch, size, size], 255 for ignored; `heatmap` float32
        [batch, size / stride, size / stride, 16], 0..1; `has_joints` float32 [batch], 0 for
        samples whose joints are not known.

    Raises:
        InputError: a record lacks what `reading` asks for.
    """
    table = _record_table(records, reading)
    count = len(records)

    def read(number):
        record = _record_index(count, seed, number)
        view = augment.random_view(
            tf.stack([tf.constant(seed, tf.int64), number]),
            reading.size,
            reading.scales,
            reading.mirror,
        )
        return read_sample(
            {key: column[record] for key, column in table.items()},
            view if reading.augmented else augment.plain_view(reading.size),
            reading,
        )

    numbers = tf.data.Dataset.range(start + worker, np.iinfo(np.int64).max, workers)
    samples = numbers.map(read, num_parallel_calls=tf.data.AUTOTUNE)
    return samples.batch(batch, drop_remainder=True).prefetch(tf.data.AUTOTUNE)


def _record_index(count, seed, number):
    """Which record comes at a place of the stream: each epoch is another permutation."""
    # As many random bits as the generator takes: the seed and the epoch.
    order = tf.stack([tf.constant(seed, tf.int64), number // count])
    return tf.random.experimental.index_shuffle(number % count, order, count - 1)


def stream_indices(count, seed, numbers):
    """Which records `build_dataset` reads at some places of its stream.

    Args:
        count: how many records there are.
        seed: as for `build_dataset`.
        numbers: iterable of int, places in the stream, over all workers.

    Returns:
        List of int, indices of records.
    """
    return [int(_record_index(count, seed, tf.constant(n, tf.int64))) for n in numbers]


def build_validation_dataset(records, reading, batch):
    """Each sample once, in order, without chance; the last batch may be smaller.

    Args:
        records, reading, batch: as for `build_dataset`.

    Returns:
        tf.data.Dataset as `build_dataset` gives it.
    """
    view = augment.plain_view(reading.size)
    samples = tf.data.Dataset.from_tensor_slices(_record_table(records, reading)).map(
        lambda row: read_sample(row, view, reading), num_parallel_calls=tf.data.AUTOTUNE
    )
    return samples.batch(batch).prefetch(tf.data.AUTOTUNE)


def _record_table(records, reading):
    """Paths and joints of all records as columns: dict of arrays."""
    wanted = {"label": True, "reversed_label": reading.reversed_labels and reading.mirror}
    wanted["heatmap"] = reading.heatmap_files
    table = {"image": np.array([str(record.image) for record in records])}
    for key in [key for key, is_wanted in wanted.items() if is_wanted]:
        lacking = [record.name for record in records if getattr(record, key) is None]
        if lacking:
            raise InputError(
                f"{len(lacking)} records have no {key}, the first of them {lacking[0]}"
            )
        table[key] = np.array([str(getattr(record, key)) for record in records])
    none = np.full((len(LIP_JOINTS.names), 2), np.nan, np.float32)
    joints = [none if record.joints is None else record.joints[:, :2] for record in records]
    table["joints_xy"] = np.stack(joints)
    table["has_joints"] = np.array([record.joints is not None for record in records], np.float32)
    return {key: tf.constant(column) for key, column in table.items()}


def read_sample(row, view, reading):
    """One sample, read and looked at; the same eagerly and in a graph.

    Args:
        row: dict of `image` and `label` (paths), `joints_xy` float32 [16, 2], `has_joints`
            float32, and where `reading` asks for them `reversed_label` and `heatmap` (paths).
        view: augment.View.
        reading: Reading.

    Returns:
        dict of `image`, `label` and `heatmap` as `build_dataset` gives them, without the batch.
    """
    size = reading.size
    image = tf.io.decode_jpeg(tf.io.read_file(row["image"]), channels=3)
    label = _read_png(row["label"])
    if "reversed_label" in row:
        # Turned back here, because the view turns every mirrored sample around.
        partners = augment.class_partners(LIP.mirror)
        label = tf.cond(
            view.mirrored,
            lambda: tf.gather(partners, tf.cast(_read_png(row["reversed_label"]), tf.int32))[
                :, ::-1
            ],
            lambda: label,
        )
    size_hw = tf.shape(image)[:2]
    fits = tf.reduce_all(tf.shape(label) == size_hw)
    with tf.control_dependencies(
        [tf.debugging.Assert(fits, ["sizes differ", row["image"], row["label"]])]
    ):
        sampling = augment.view_sampling(size_hw, view, size, size)
        label = augment.view_label(label, sampling, view, LIP.mirror)
    sampling = augment.view_sampling(size_hw, view, size, size // reading.stride)
    if "heatmap" in row:
        maps = _read_heatmaps(row["heatmap"])
        maps = tf.gather(tf.gather(maps, sampling.ys), sampling.xs, axis=1)
    else:
        maps = encode_joints(row["joints_xy"], size_hw, sampling.ys, sampling.xs)
    return {
        "image": augment.view_image(ops.preprocess(image), view, size),
        "label": tf.cast(label, tf.int32),
        "heatmap": augment.view_heatmaps(maps, sampling, view, LIP_JOINTS.mirror),
        "has_joints": row["has_joints"],
    }


def _read_png(path):
    return tf.io.decode_png(tf.io.read_file(path), channels=1)[..., 0]


def _read_heatmaps(prefix):
    paths = [tf.strings.join([prefix, f"_{joint}.png"]) for joint in range(len(LIP_JOINTS.names))]
    return tf.stack([_read_png(path) for path in paths], axis=2)
