"""The devices that a run uses, as TensorFlow's distribution strategy."""

import json
import os

import tensorflow as tf

from jppnet_tf.system.errors import InputError
from jppnet_tf.training.optimizers import KERAS_2


def build_strategy() -> tf.distribute.Strategy:
    """The strategy for what is there.

    Several workers if the environment variable TF_CONFIG names them; else all GPUs of this
    machine (or its logical CPU devices, if somebody made several); else the one device. Call it
    before anything is computed.

    Returns:
        tf.distribute.Strategy.

    Raises:
        InputError: TF_CONFIG does not describe a cluster, or Keras cannot train on one.
    """
    if _workers() > 1:
        if not KERAS_2:
            raise InputError(
                "TF_CONFIG asks for several workers, but Keras 3's fit cannot run on them; "
                "use Python 3.10 or 3.11, where TensorFlow 2.15 and Keras 2 are installed"
            )
        return tf.distribute.MultiWorkerMirroredStrategy()
    for kind in ("GPU", "CPU"):
        devices = tf.config.list_logical_devices(kind)
        if len(devices) > 1:
            return tf.distribute.MirroredStrategy([device.name for device in devices])
        if devices:
            break
    return tf.distribute.get_strategy()


def is_chief(strategy: tf.distribute.Strategy) -> bool:
    """Whether this process is the one that writes files."""
    resolver = strategy.cluster_resolver
    if resolver is None or resolver.task_type is None:
        return True
    spec = resolver.cluster_spec().as_dict()
    return resolver.task_type == "chief" or (resolver.task_id == 0 and "chief" not in spec)


def split_batch(strategy: tf.distribute.Strategy, batch: int, accumulate: int) -> int:
    """How many of a batch's samples one device gets.

    Raises:
        InputError: they cannot be shared out evenly.
    """
    parts = strategy.num_replicas_in_sync * accumulate
    if batch % parts:
        raise InputError(
            f"batch={batch} cannot be cut evenly for {strategy.num_replicas_in_sync} devices, "
            f"accumulate={accumulate} times each: set it to a multiple of {parts}"
        )
    return batch // strategy.num_replicas_in_sync


def _workers():
    text = os.environ.get("TF_CONFIG", "")
    try:
        cluster = json.loads(text or "{}").get("cluster", {})
        return sum(len(cluster.get(job, ())) for job in ("chief", "worker"))
    except (ValueError, AttributeError, TypeError):
        raise InputError(f"TF_CONFIG is not the JSON of a cluster: {text}") from None
