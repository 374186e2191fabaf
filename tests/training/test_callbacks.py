import types

import keras
import numpy as np
import pytest

from jppnet_tf.models.jppnet import JPPNet
from jppnet_tf.models.lip_net import LIPNet
from jppnet_tf.models.ss_jppnet import SSJPPNet
from jppnet_tf.training.callbacks import AverageWeights
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
