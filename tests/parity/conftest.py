import pathlib

import pytest

from jppnet_tf.models.jppnet import JPPNet, variable_shapes
from jppnet_tf.weights import store
from tests.parity.stand_in import stand_in_arrays


@pytest.fixture(scope="session")
def recorded():
    return pathlib.Path(__file__).parent / "recorded"


@pytest.fixture(scope="session")
def full_model():
    """JPPNet at full size with the stand-in weights."""
    shapes = variable_shapes()
    arrays = stand_in_arrays(shapes)
    model = JPPNet()
    store.assign(model, store.Archive("stand-in weights", shapes, arrays.pop))
    return model


def show(text):
    """Prints a difference that was seen, for `pytest -rP`."""
    print(text)
