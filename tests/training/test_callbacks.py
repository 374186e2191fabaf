import os
import signal

import keras
import numpy as np
import pytest

from jppnet_tf.models.jppnet import JPPNet
from jppnet_tf.training.callbacks import AverageWeights, StopRequest
from jppnet_tf.training.model import TrainingModel
from tests.conftest import SMALL


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_first_signal_is_noted_the_second_interrupts(number):
    before = signal.getsignal(number)
    with StopRequest() as stop:
        assert not stop.made
        os.kill(os.getpid(), number)
        assert stop.made
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), number)
            signal.sigtimedwait([], 1)  # where Python looks for signals at the latest
    assert signal.getsignal(number) is before


def test_averages_forget_faster_in_the_beginning():
    model = TrainingModel(JPPNet(**SMALL))
    average = JPPNet(**SMALL)
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
