import keras
import numpy as np

from jppnet_tf.models.blocks import FrozenBatchNormalization


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
    random = np.random.default_rng(0)
    x, y = random.normal(5, 3, (8, 4, 4, 3)), random.normal(0, 1, (8, 4, 4, 3))
    model.fit(x, y, epochs=2, verbose=0)
    gamma, beta, mean, variance = layer.get_weights()
    assert np.all(gamma != before[0]) and np.all(beta != before[1])
    np.testing.assert_array_equal(mean, before[2])
    np.testing.assert_array_equal(variance, before[3])
    assert len(layer.trainable_variables) == 2
