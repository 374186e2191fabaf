"""Records to batches: an endless tf.data pipeline that follows from one seed.

Each epoch is a permutation of the whole set; which sample comes when, and how it is looked at,
depends on the seed and its place in the stream alone. So a run that starts again at some step sees
what it would have seen, and workers that share the stream see each sample once.

Everything is in the graph, since Python would hold back the threads that read; scenes alone are
drawn by OpenCV (`scenes.reading`). What is wrong with files is therefore told beforehand, by
`check.check_records`.
"""

import typing
from collections.abc import Callable, Iterable, Sequence

import numpy as np
import tensorflow as tf

if typing.TYPE_CHECKING:
    from jppnet_tf.data.crops import CropReading
    from jppnet_tf.data.groups.reading import GroupReading
    from jppnet_tf.data.scenes.reading import SceneReading
    from jppnet_tf.data.squares import SquareReading


def build_dataset(
    records: Sequence[typing.Any],
    reading: "SquareReading | CropReading | SceneReading | GroupReading",
    batch: int,
    seed: int = 0,
    start: int = 0,
    workers: int = 1,
    worker: int = 0,
) -> tf.data.Dataset:
    """Endless batches for training.

    Args:
        records: sequence of lip.Record, each with what `reading` asks for; of coco.CocoRecord for a
            GroupReading.
        reading: squares.SquareReading, crops.CropReading, scenes.reading.SceneReading or
            groups.reading.GroupReading.
        batch: samples per batch of this worker.
        seed: int; what follows from it is described above.
        start: how many samples of the stream, over all workers, came before.
        workers, worker: how many share the stream, and which of them this is.

    Returns:
        tf.data.Dataset of dicts, the samples of `reading` stacked.

    Raises:
        InputError: a record lacks what `reading` asks for.
    """
    table = _constants(reading.columns(records))
    count = len(records)
    # Some readings show a second record beside the first.
    companions = reading.companions(records) if hasattr(reading, "companions") else ()
    read_sample: Callable[..., dict[str, tf.Tensor]] = reading.read

    def read(number):
        record = _record_index(count, seed, number)
        chance = tf.stack([tf.constant(seed, tf.int64), number])
        row = {key: column[record] for key, column in table.items()}
        if not len(companions):
            return read_sample(row, chance)
        other = tf.random.stateless_uniform([], chance, 0, len(companions), tf.int32)
        other = tf.gather(companions, other)
        return read_sample(row, chance, {key: column[other] for key, column in table.items()})

    numbers = tf.data.Dataset.range(start + worker, np.iinfo(np.int64).max, workers)
    samples = numbers.map(read, num_parallel_calls=tf.data.AUTOTUNE)
    return samples.batch(batch, drop_remainder=True).prefetch(tf.data.AUTOTUNE)


def _record_index(count, seed, number):
    """Which record comes at a place of the stream: each epoch is another permutation."""
    # As many random bits as the generator takes: the seed and the epoch.
    order = tf.stack([tf.constant(seed, tf.int64), number // count])
    return tf.random.experimental.index_shuffle(number % count, order, count - 1)


def stream_indices(count: int, seed: int, numbers: Iterable[int]) -> list[int]:
    """Which records `build_dataset` reads at some places of its stream.

    Args:
        count: how many records there are.
        seed: as for `build_dataset`.
        numbers: iterable of int, places in the stream, over all workers.

    Returns:
        List of int, indices of records.
    """
    return [int(_record_index(count, seed, tf.constant(n, tf.int64))) for n in numbers]


def _constants(columns):
    return {key: tf.constant(column) for key, column in columns.items()}
