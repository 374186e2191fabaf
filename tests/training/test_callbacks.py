import types

import keras
import numpy as np
import pytest
import tensorflow as tf

from jppnet_tf.models.jppnet import JPPNet
from jppnet_tf.models.lip_net import LIPNet
from jppnet_tf.models.ss_jppnet import SSJPPNet
from jppnet_tf.training.callbacks import AverageWeights, LossLog
from jppnet_tf.training.model import TrainingModel
from jppnet_tf.weights import store
from tests.networks.table import TINY


def test_averages_forget_faster_in_the_beginning():
    model = TrainingModel(JPPNet(**TINY))
    average = JPPNet(**TINY)
    average.set_weights([np.zeros_like(array) for array in average.get_weights()])
    model.network.set_weights([np.ones_like(array) for array in average.get_weights()])
    callback = AverageWeights(average, 0.5, step=0)
    callback.set_model(model)
    expected = 0
    for step in (1, 2, 3):
        callback.on_train_batch_end(0)
        decay = min(0.5, (1 + step) / (10 + step))
        expected = decay * expected + (1 - decay)
        for array in average.get_weights():
            np.testing.assert_allclose(array, expected, rtol=1e-6)
    keras.backend.clear_session()


@pytest.mark.parametrize(
    "build",
    [
        lambda: JPPNet(**TINY, update_statistics=True),
        lambda: SSJPPNet(widths=(2, 2, 2, 2, 2)),  # has dropout, whose generators have states
        lambda: LIPNet(width=1 / 16),
    ],
)
def test_all_that_a_file_holds_is_averaged_and_nothing_else(build):
    average, network = build(), build()
    average.set_weights([np.zeros_like(array) for array in average.get_weights()])
    network.set_weights([np.ones_like(array) for array in network.get_weights()])
    callback = AverageWeights(average, 0.5, step=1000)
    callback.set_model(types.SimpleNamespace(network=network))
    callback.on_train_batch_end(0)
    assert all((array == 0.5).all() for array in store.model_arrays(average).values())
    keras.backend.clear_session()


class Metrics:
    """A model for LossLog: two metrics, and how often they were begun anew."""

    metrics = (types.SimpleNamespace(name="loss"), types.SimpleNamespace(name="pose"))

    def __init__(self):
        self.resets = 0

    def reset_metrics(self):
        self.resets += 1

    def get_metrics_result(self):  # of several workers, whose logs are sums
        return {"loss": 7.0, "pose": 8.0}


def log_epoch(values, sums, **options):
    """One epoch, or the rest of one; the log."""
    log = LossLog(None, lambda step: 0.1, 2, 0, sums, is_shown=False, **options)
    log.set_model(Metrics())
    log.set_params({"steps": len(values)})
    log.on_epoch_begin(0)
    for value in values:
        log.on_train_batch_end(0, {"loss": value, "pose": 2 * value})
    log.on_epoch_end(0)
    return log


def test_losses_of_an_epoch_are_of_all_its_updates_though_it_was_interrupted():
    sums = tf.Variable(np.full(3, 9.0))  # of the epoch before
    log_epoch([1.0, 2.0, 4.0], sums)
    log = log_epoch([9.0, 4.0], sums, goes_on=True)
    assert log.epoch_means == {"loss": 4, "pose": 8}
    assert log.model.resets == 2  # after each update
    assert log_epoch([3.0], sums).epoch_means == {"loss": 3, "pose": 6}


def test_one_of_several_workers_logs_means():
    log = log_epoch([14.0], tf.Variable(np.zeros(3)), is_alone=False)
    assert log.epoch_means == {"loss": 7, "pose": 8}
