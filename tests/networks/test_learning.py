"""One update moves all that is to be learnt, and nothing else."""

import keras
import numpy as np

from jppnet_tf.training.model import TrainingModel
from jppnet_tf.weights import store


def test_an_update_moves_every_trainable_variable_and_only_the_statistics_that_learn(network):
    keras.utils.set_random_seed(1)
    method = network.method(optimizer="adam")
    trained = method.build_network()
    model = TrainingModel(trained, method.terms)
    # A graph of one step would take ten times as long to make as the step itself.
    model.compile(method.build_optimizer(trained, schedule=1e-3), run_eagerly=True)
    before = store.model_arrays(trained)
    logs = model.train_on_batch(network.batch(), return_dict=True)
    after = store.model_arrays(trained)
    assert logs.keys() == {"loss", *method.terms.weights(trained)}
    assert all(np.isfinite(value) for value in logs.values()) and logs["loss"] > 0
    still = {name for name in before if np.array_equal(before[name], after[name])}
    statistics = {name for name in before if "/moving_" in name}
    assert still == (set() if network.line.learns_statistics else statistics)
    assert all(np.isfinite(array).all() for array in after.values())


def test_only_what_learns_its_statistics_changes_by_being_called_for_training(network):
    side = network.line.train_size
    model, image = network.model, network.read((side, side), count=2)
    weights = model.get_weights()
    model(image, training=True)
    after = store.model_arrays(model)
    model.set_weights(weights)
    moved = {name for name in after if np.abs(after[name] - network.arrays[name]).max() > 1e-6}
    statistics = {name for name in after if "/moving_" in name}
    assert moved == (statistics if network.line.learns_statistics else set())


def test_the_weights_of_a_network_that_is_evaluated_stay(network):
    method = network.method()
    model = TrainingModel(network.model, method.terms)
    model.compile("sgd", run_eagerly=True)
    logs = model.test_on_batch(network.batch(), return_dict=True)
    assert logs["loss"] > 0
    for name, array in store.model_arrays(network.model).items():
        np.testing.assert_array_equal(array, network.arrays[name])
