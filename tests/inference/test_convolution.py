"""Networks whose convolutions take fewer multiplications."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from jppnet_tf import InputError, JPPNet, Predictor
from jppnet_tf.inference.convolution import find_norms, is_worth_it, measure_kernels, quicken
from jppnet_tf.models.layers import FastConv2D
from jppnet_tf.models.precision import computing_in


@pytest.fixture(scope="module")
def network():
    """A network that is wide enough for some of its layers to be worth it."""
    keras.utils.set_random_seed(1)
    model = JPPNet(width=1 / 4, units=(1, 1, 1, 1), refinements=1)
    random = np.random.default_rng(2)
    for layer in model.layers:  # statistics that matter
        if isinstance(layer, keras.layers.BatchNormalization):
            values = layer.get_weights()
            layer.set_weights(
                [random.uniform(0.5, 1.5, v.shape).astype(np.float32) for v in values]
            )
    return model


def test_normalizations_are_found(network):
    norms = find_norms(network)
    every = [x for x in network.layers if isinstance(x, keras.layers.BatchNormalization)]
    assert len(norms) == len(every) > 5
    assert norms["res2a_branch2a"].name == "bn2a_branch2a"
    x = keras.Input((8, 8, 3))
    y = keras.layers.Conv2D(2, 1, name="shared")(x)
    normed = keras.layers.BatchNormalization(name="norm")(y)
    assert not find_norms(keras.Model(x, keras.layers.Add()([y, normed])))
    relu = keras.layers.Conv2D(2, 1, activation="relu", name="active")(x)
    assert not find_norms(keras.Model(x, keras.layers.BatchNormalization()(relu)))
    assert not find_norms(keras.Model(x, [y, normed]))


def test_the_same_maps(network):
    quick = quicken(network)
    fast = [layer for layer in quick.layers if isinstance(layer, FastConv2D)]
    assert fast and len(fast) < sum(isinstance(x, keras.layers.Conv2D) for x in network.layers)
    assert not any(isinstance(x, keras.layers.BatchNormalization) for x in quick.layers)
    assert measure_kernels(quick) == sum(layer.nbytes for layer in fast) > 0
    images = np.random.default_rng(0).uniform(-120, 150, (2, 64, 96, 3)).astype(np.float32)
    expected, found = network(images), quick(images)
    for name, values in expected.items():
        values = values.numpy()
        off = np.abs(found[name].numpy() - values).max() / np.abs(values).max()
        assert off < 1e-4, name  # as much as folding batch norm moves them


def test_sizes_that_are_not_known_are_computed_directly(network):
    quick = quicken(network)
    compute = tf.function(lambda x: quick(x), [tf.TensorSpec((None, None, None, 3))])
    images = np.random.default_rng(0).uniform(-120, 150, (1, 64, 48, 3)).astype(np.float32)
    for name, values in compute(images).items():
        expected = network(images)[name]
        np.testing.assert_allclose(values, expected, atol=1e-4 * np.abs(expected).max())


def test_a_predictor_gives_the_same(network, make_photo):
    direct, fast = (
        Predictor(network, (1,), False, (64, 64), convolution=each) for each in ("direct", "fast")
    )
    assert fast.model is network and fast.convolution == "fast"
    expected, found = direct(make_photo(80, 60)), fast(make_photo(80, 60))
    assert (expected.parsing != found.parsing).mean() < 1e-3
    np.testing.assert_allclose(found.keypoints[:, :2], expected.keypoints[:, :2])


def test_what_is_not_worth_it():
    def build(*arguments, channels=256, **options):
        layer = keras.layers.Conv2D(*arguments, **{"padding": "same"} | options)
        layer.build((None, None, None, channels))
        return layer

    assert is_worth_it(build(256, 3)) and is_worth_it(build(64, 9))
    assert is_worth_it(build(256, 3, dilation_rate=2))
    for layer in (
        build(256, 1), build(128, 3), build(20, 9), build(256, 4), build(256, 3, strides=2),
        build(256, 3, padding="valid"), build(256, (3, 5)), build(256, 3, groups=2),
        build(256, 3, dtype="bfloat16"), build(256, 3, channels=64), keras.layers.ReLU(),
    ):  # fmt: skip
        assert not is_worth_it(layer)


def test_what_cannot_be_computed_so(small_model):
    with pytest.raises(InputError, match="convolution is direct or fast, not quick"):
        Predictor(small_model, convolution="quick")
    with computing_in("bfloat16"):  # on any processor: nothing is computed
        model = JPPNet(width=1 / 16, units=(1, 1, 1, 1))
    with pytest.raises(InputError, match="convolution fast is TensorFlow's in float32"):
        Predictor(model, (1,), False, (32, 32), convolution="fast")
