"""Four updates against those that the original computed."""

import json

import keras
import numpy as np
import pytest

from jppnet_tf.models.jppnet import JPPNet
from jppnet_tf.training.model import TrainingModel
from jppnet_tf.training.optimizers import KERAS_2, Momentum, build_schedule
from jppnet_tf.weights import store
from jppnet_tf.weights.tf1 import tf1_name

pytestmark = pytest.mark.slow

# How far the terms may lie from the recorded ones, before each update. From the second on, what is
# seen is float32 rounding that grows from update to update: the same four updates computed in
# float64 (weights kept in float32) lie 1.6e-4, 2.8e-3 and 5.0e-3 from the recorded ones; ours, with
# different kernels, 2.3e-4 to 2.8e-4, 2.2e-3 to 3.9e-3 and 4.3e-3 to 4.7e-3.
TERMS = (1e-5, 1e-3, 1e-2, 1e-2)


@pytest.fixture(scope="module")
def steps(recorded):
    return json.loads((recorded / "train_step.json").read_text())


@pytest.fixture(scope="module")
def batch(recorded):
    arrays = np.load(recorded / "train_step_input.npz")
    return {
        "image": arrays["image"],
        "label": arrays["label"][..., 0].astype(np.int32),
        "heatmap": arrays["heatmap255"].astype(np.float32) / 255,
        "has_joints": np.ones(1, np.float32),
    }


def build(full_model, steps, optimizer_class):
    """A copy of the model with the stand-in weights, compiled; its trainable weights by name."""
    network = JPPNet()
    network.set_weights(full_model.get_weights())
    model = TrainingModel(network)
    model.compile(optimizer_class(build_schedule(steps["rate"], steps["total_steps"]), 0.9))
    trainable = {id(variable) for variable in network.trainable_variables}
    variables = store.model_variables(network).items()
    return model, {tf1_name(name): v for name, v in variables if id(v) in trainable}


def original_name(term):
    """The original's name of a term: "parsing_1_x0.75" was loss_p1_075."""
    kind, stage, where = term.split("_")
    scale = "" if where == "fused" else f"_{round(float(where[1:]) * 100):03d}"
    return f"loss_{'p' if kind == 'parsing' else 's'}{stage}{scale}"


def take_steps(model, variables, batch, count):
    """The terms before each update, and each variable's change after all."""
    before = {name: np.array(variable) for name, variable in variables.items()}
    terms = []
    for _ in range(count):
        model.reset_metrics()
        terms.append(model.train_on_batch(batch, return_dict=True))
    return terms, {name: np.array(v) - before[name] for name, v in variables.items()}


def compare_changes(changes, expected, full_model):
    """How far the norms of the changes lie from the recorded ones, as a share: the median.

    Left out are variables whose entries change by less than their last binary place: what is
    left of such changes after rounding is noise.
    """
    start = {tf1_name(name): array for name, array in store.model_arrays(full_model).items()}
    differences = []
    for name, (norm, _) in expected.items():
        place = np.spacing(np.abs(start[name]).max())
        if norm / np.sqrt(start[name].size) > place:
            differences.append(abs(np.linalg.norm(changes[name]) / norm - 1))
    print(
        f"changes of {len(differences)} variables: median {np.median(differences):.1e}, "
        f"largest {max(differences):.1e}"
    )
    assert len(differences) == 201
    return np.median(differences)


def test_gradients_and_four_updates_agree(steps, batch, full_model):
    model, variables = build(full_model, steps, Momentum)
    _, gradients = model.compute_gradients({key: value for key, value in batch.items()})
    names = {id(variable): name for name, variable in variables.items()}
    differences = []
    for variable, gradient in zip(model.trainable_variables, gradients, strict=True):
        norm, _ = steps["grads"][names[id(variable)]]
        differences.append(abs(np.linalg.norm(gradient) / norm - 1))
    print(f"gradients: median {np.median(differences):.1e}, largest {max(differences):.1e}")
    # Float32 sums in another order, through a hundred layers.
    assert len(differences) == len(steps["grads"]) == 416
    assert max(differences) < 5e-3 and np.median(differences) < 5e-4

    terms, changes = take_steps(model, variables, batch, 4)
    for number, (ours, theirs) in enumerate(zip(terms, steps["steps"], strict=True)):
        theirs = dict(theirs)
        assert ours.pop("loss") == pytest.approx(theirs.pop("reduced_loss"), rel=TERMS[number])
        assert {original_name(name) for name in ours} == set(theirs)
        worst = max(abs(v / theirs[original_name(name)] - 1) for name, v in ours.items())
        print(f"terms before update {number}: {worst:.1e}")
        assert worst < TERMS[number]
    assert compare_changes(changes, steps["delta_after_4"], full_model) < 0.02


@pytest.mark.skipif(not KERAS_2, reason="what numbers can tell, they tell on one leg")
def test_keras_own_momentum_is_another_rule(steps, batch, full_model):
    model, variables = build(full_model, steps, keras.optimizers.SGD)
    _, changes = take_steps(model, variables, batch, 4)
    assert compare_changes(changes, steps["delta_after_4"], full_model) > 0.1
