import random

import keras
import numpy as np
import pytest
import tensorflow as tf

from jppnet_tf import LIPNet
from jppnet_tf.models.layers import FarConv2D, FrozenBatchNormalization, RestorableDropout


def test_batch_norm_uses_the_stored_statistics_and_epsilon():
    layer = FrozenBatchNormalization(epsilon=1e-3)
    layer.build((None, 1, 1, 1))
    layer.set_weights([np.array([value], np.float32) for value in (2, 3, 10, 0.005)])
    x = np.full((4, 1, 1, 1), 11, np.float32)
    expected = 2 * (11 - 10) / np.sqrt(0.005 + 0.001) + 3
    for training in (True, False):
        np.testing.assert_allclose(
            layer(x, training=training), expected * np.ones_like(x), rtol=1e-6
        )


def test_fitting_moves_gamma_and_beta_but_no_statistics():
    image = keras.Input((4, 4, 3))
    layer = FrozenBatchNormalization(name="bn")
    model = keras.Model(image, layer(image))
    model.compile("sgd", "mse")
    before = [np.array(value) for value in layer.get_weights()]
    rng = np.random.default_rng(0)
    x, y = rng.normal(5, 3, (8, 4, 4, 3)), rng.normal(0, 1, (8, 4, 4, 3))
    model.fit(x, y, epochs=2, verbose=0)
    gamma, beta, mean, variance = layer.get_weights()
    assert np.all(gamma != before[0]) and np.all(beta != before[1])
    np.testing.assert_array_equal(mean, before[2])
    np.testing.assert_array_equal(variance, before[3])
    assert len(layer.trainable_variables) == 2


@pytest.mark.parametrize("dilation", [1, 6, 12, 24])
def test_far_convolution_equals_conv2d_and_its_gradients(dilation):
    rng = np.random.default_rng(dilation)
    x = tf.constant(rng.normal(0, 1, (2, 9, 14, 8)), tf.float32)
    results = []
    for kind in (keras.layers.Conv2D, FarConv2D):
        layer = kind(5, 3, dilation_rate=dilation, padding="same", activation="relu")
        layer.build(x.shape)
        rng = np.random.default_rng(1)
        layer.set_weights([rng.normal(0, 1, weight.shape) for weight in layer.get_weights()])
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = layer(x)
            loss = tf.reduce_sum(y * y)
        results.append([y, *tape.gradient(loss, [x, *layer.trainable_variables])])
    for ours, expected in zip(*results, strict=True):
        np.testing.assert_allclose(ours, expected, rtol=1e-4, atol=1e-3)
    assert np.abs(results[1][0]).max() > 5


def test_far_convolution_of_open_sizes_gives_the_same():
    layer = FarConv2D(5, 3, dilation_rate=6, padding="same")
    x = np.random.default_rng(0).normal(0, 1, (2, 9, 14, 8)).astype(np.float32)
    expected = layer(x)
    open_sizes = tf.function(layer, input_signature=[tf.TensorSpec([None, None, None, 8])])
    np.testing.assert_allclose(open_sizes(x), expected, atol=1e-5)


def test_far_convolution_computes_in_the_precision_of_its_policy():
    layer = FarConv2D(5, 3, dilation_rate=6, padding="same", dtype="mixed_bfloat16")
    assert layer(np.zeros((1, 8, 8, 3), np.float32)).dtype == tf.bfloat16
    assert all(variable.dtype in (tf.float32, "float32") for variable in layer.variables)


def test_dropout_leaves_the_mean_and_prediction_alone():
    layer = RestorableDropout(0.25)
    x = np.full((400, 50), 3, np.float32)
    dropped = np.asarray(layer(x, training=True))
    assert set(np.unique(dropped)) == {0, 4}
    assert np.mean(dropped == 0) == pytest.approx(0.25, abs=0.02)
    np.testing.assert_array_equal(layer(x), x)


def test_dropout_goes_on_from_a_checkpoint_as_it_would_have(tmp_path):
    vector = keras.Input((50,))
    model = keras.Model(vector, RestorableDropout(0.5)(vector))
    draw = tf.function(lambda: model(tf.ones((1, 50)), training=True))
    checkpoint = tf.train.Checkpoint(model=model)
    path = checkpoint.save(str(tmp_path / "state"))
    first = [draw().numpy() for _ in range(3)]
    checkpoint.restore(path).assert_existing_objects_matched()
    np.testing.assert_array_equal(first, [draw().numpy() for _ in range(3)])
    assert not np.array_equal(first[0], first[1]) and not model.weights


def test_far_convolution_without_bias_and_what_it_cannot_do():
    x = np.random.default_rng(0).normal(0, 1, (1, 9, 9, 4)).astype(np.float32)
    layer = FarConv2D(3, 3, dilation_rate=6, padding="same", use_bias=False)
    plain = keras.layers.Conv2D(3, 3, dilation_rate=6, padding="same", use_bias=False)
    plain.build(x.shape)
    found = layer(x)
    plain.set_weights(layer.get_weights())
    np.testing.assert_allclose(found, plain(x), atol=1e-5)
    for wrong in (
        {"strides": 2, "dilation_rate": 1}, {"padding": "valid"}, {"kernel_size": (3, 5)},
        {"kernel_size": 4}, {"dilation_rate": (6, 12)}, {"groups": 3},
    ):  # fmt: skip
        settings = {"kernel_size": 3, "dilation_rate": 6, "padding": "same"} | wrong
        with pytest.raises(ValueError, match="FarConv2D needs strides=1, padding='same'"):
            FarConv2D(3, **settings)


def test_dropout_follows_from_its_seed_and_moves_no_other_stream():
    before = np.random.get_state()[1].tolist(), random.getstate()
    x = np.ones((4, 50), np.float32)
    drawn = [np.asarray(RestorableDropout(0.5, seed)(x, training=True)) for seed in (1, 1, 2)]
    np.testing.assert_array_equal(drawn[0], drawn[1])
    assert not np.array_equal(drawn[0], drawn[2])
    assert (np.random.get_state()[1].tolist(), random.getstate()) == before


def test_no_two_layers_of_a_network_drop_the_same():
    network = LIPNet(input_shape=(32, 32, 3), width=1 / 16, seed=3)
    seeds = [layer.seed for layer in network.layers if isinstance(layer, RestorableDropout)]
    assert len(set(seeds)) == len(seeds) > 1
    again = LIPNet(input_shape=(32, 32, 3), width=1 / 16, seed=3)
    assert seeds == [layer.seed for layer in again.layers if isinstance(layer, RestorableDropout)]
