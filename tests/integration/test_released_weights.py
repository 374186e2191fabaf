"""What can be checked only with the released weights: JPPNET_CHECKPOINTS names their folder."""

import os
import pathlib

import numpy as np
import pytest

from jppnet_tf import LIP, Predictor
from jppnet_tf.weights import conversion, loading, store

pytestmark = [
    pytest.mark.checkpoint,
    pytest.mark.slow,
    pytest.mark.skipif("JPPNET_CHECKPOINTS" not in os.environ, reason="JPPNET_CHECKPOINTS not set"),
]


@pytest.fixture(scope="module")
def released():
    return pathlib.Path(os.environ["JPPNET_CHECKPOINTS"]) / "JPPNet-s2"


def test_they_convert_there_and_back_bit_by_bit(released, tmp_path):
    done = conversion.convert(released, tmp_path / "a.safetensors")
    assert (done.variables, done.numbers) == (624, 122_154_464)
    conversion.convert(tmp_path / "a.safetensors", tmp_path / "back", to="tf1")
    there = store.open_safetensors(tmp_path / "a.safetensors").read_all()
    back = loading.open_weights(tmp_path / "back").read_all()
    assert {n: a.tobytes() for n, a in there.items()} == {n: a.tobytes() for n, a in back.items()}


def test_a_drawn_person_is_found(released):
    figure = pathlib.Path(__file__).parents[1] / "parity/recorded/images/fig00_000101.jpg"
    prediction = Predictor(released)(figure)
    counts = (
        np.bincount(prediction.parsing.ravel(), minlength=len(LIP.names)) / prediction.parsing.size
    )
    assert 0.1 < counts[0] < 0.95  # noise would not know the background
    assert prediction.keypoints[:, 2].max() > 0.2
