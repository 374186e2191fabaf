"""Heads in the middle of PersonLab's trunk, which only training has."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from jppnet_tf.models.maps.people.losses import WEIGHTS, compute_losses
from jppnet_tf.models.maps.people.targets import Targets, encode_people
from jppnet_tf.models.personlab import AUXILIARY, PersonLab, variable_shapes, with_auxiliary
from jppnet_tf.training.model import TrainingModel
from jppnet_tf.training.optimizers import Momentum
from jppnet_tf.weights import loading, store

SMALL = {"width": 1 / 16, "units": (1, 1, 2, 1)}
SIDE = 65


@pytest.fixture
def network():
    keras.utils.set_random_seed(0)
    return PersonLab(**SMALL)


@pytest.fixture(scope="module")
def batch():
    random = np.random.default_rng(0)
    keypoints = np.ones((2, 3, 17, 3), np.float32)
    keypoints[..., :2] = random.uniform(0, SIDE - 1, (2, 3, 17, 2))
    return {
        "image": random.uniform(-1, 1, (2, SIDE, SIDE, 3)).astype(np.float32),
        "keypoints": keypoints,
        "masks": random.random((2, 3, 9, 9)) < 0.3,
        "crowd": np.zeros((2, 9, 9), bool),
    }


def test_the_loss_counts_both_alike(network, batch):
    auxiliary = with_auxiliary(network)
    model = TrainingModel(network, auxiliary=auxiliary)
    model.compile(Momentum(0.0), run_eagerly=True)
    logs = model.test_on_batch(batch, return_dict=True)
    described = [
        encode_people(*(batch[name][image] for name in ("keypoints", "masks", "crowd")),
                      [SIDE, SIDE], 8)
        for image in range(2)
    ]  # fmt: skip
    described = Targets(*(tf.stack(values) for values in zip(*described, strict=True)))
    maps = auxiliary(batch["image"])
    total = 0
    for prefix in ("", AUXILIARY):
        found = compute_losses({name: maps[prefix + name] for name in WEIGHTS}, described)
        for name, values in found.items():
            expected = float(np.mean(values))
            assert logs.pop(prefix + name) == pytest.approx(expected, rel=1e-5)
            total += WEIGHTS[name] * expected
    assert logs.keys() == {"loss"} and logs["loss"] == pytest.approx(total, rel=1e-5)


def test_an_update_moves_auxiliary_heads_and_by_them_the_trunk_before(network, batch):
    auxiliary = with_auxiliary(network)
    for head in ("kp_maps", "seg_mask", "short_offsets", "mid_offsets", "long_offsets"):
        # The network's own heads tell the trunk nothing.
        network.get_layer(head).kernel.assign(tf.zeros_like(network.get_layer(head).kernel))
    model = TrainingModel(network, auxiliary=auxiliary)
    assert len(model.trainable_variables) == len(network.trainable_variables) + 10
    model.compile(Momentum(1e-3, 0.0), run_eagerly=True)
    before = store.model_arrays(auxiliary)
    model.train_on_batch(batch)
    after = store.model_arrays(auxiliary)
    moved = {name for name in before if not np.array_equal(before[name], after[name])}
    assert {name for name in before if name.startswith(AUXILIARY)} <= moved
    assert {"conv1/kernel", "block3__unit_1__conv3/kernel"} <= moved
    assert not any(name.startswith("block4__unit_1__conv") for name in moved)


def test_weights_that_are_kept_have_no_auxiliary_heads(network, tmp_path):
    with_auxiliary(network)
    loading.save_weights(network, tmp_path / "kept.safetensors")
    names = store.open_safetensors(tmp_path / "kept.safetensors").shapes.keys()
    assert names == variable_shapes(**SMALL).keys()
    found = loading.load_model(tmp_path / "kept.safetensors")
    assert found.output.keys() == WEIGHTS.keys()
    for name, array in store.model_arrays(found).items():
        np.testing.assert_array_equal(array, store.model_arrays(network)[name])
