"""Properties of the network that need no particular weights."""

import json
import os
import subprocess
import sys

import keras
import numpy as np
import pytest

from jppnet_tf import InputError, JPPNet
from jppnet_tf.models import jppnet
from jppnet_tf.weights import loading, store
from tests.conftest import ROOT
from tests.networks.table import SMALL

VARIANTS = [
    {"refinements": 0},
    {"refinements": 1, "classes": 7, "joints": 3},
    {"units": (3, 4, 3, 2), "width": 3 / 64},
]


@pytest.mark.parametrize("variant", VARIANTS)
def test_settings_are_told_by_the_variables_and_give_a_stage_for_each_refinement(variant):
    variant = SMALL | variant
    model = JPPNet(**variant)
    shapes = {name: tuple(v.shape) for name, v in store.model_variables(model).items()}
    assert shapes == jppnet.variable_shapes(**variant)
    config = jppnet.check_config(**{"classes": 20, "joints": 16, "refinements": 2} | variant)
    assert jppnet.config_of(shapes) == config
    assert {name: x.shape[-1] for name, x in model.output.items()} == {
        f"{task}_{stage}": config[channels]
        for task, channels in (("parsing", "classes"), ("pose", "joints"))
        for stage in range(1, config["refinements"] + 2)
    }


def test_416_variables_of_the_full_network_train():
    frozen = [name for name in jppnet.variable_shapes() if "/moving_" in name]
    assert len(jppnet.variable_shapes()) - len(frozen) == 416


def test_dilated_stages_keep_the_resolution(small_model):
    image = np.zeros((1, 64, 64, 3), np.float32)
    names = ["conv1", "pool1", "res3b1_relu", "res4b1_relu", "res5a_relu"]
    taps = keras.Model(small_model.input, [small_model.get_layer(name).output for name in names])
    assert [tap.shape[1] for tap in taps(image)] == [32, 16, 8, 8, 8]


def test_refinement_reads_the_previous_stage_only(small_model):
    """Parsing stage 2 must not see pose stage 2, nor the other way round."""
    changed = keras.models.clone_model(small_model)
    changed.set_weights(small_model.get_weights())
    layer = changed.get_layer("fc2_pose__conv6")
    layer.set_weights([np.ones_like(value) for value in layer.get_weights()])
    image = np.random.default_rng(0).normal(0, 50, (1, 64, 64, 3)).astype(np.float32)
    before, after = small_model(image), changed(image)
    same = {name: np.array_equal(before[name], after[name]) for name in before}
    assert same == {
        "parsing_1": True, "pose_1": True,
        "parsing_2": True, "pose_2": False,
        "parsing_3": False, "pose_3": False,
    }  # fmt: skip


@pytest.mark.parametrize(
    "settings, reason",
    [
        ({"refinements": 3}, "refinements must be 0, 1 or 2"),
        ({"width": 0.3}, "multiple of 1/64"),
        ({"width": 0}, "multiple of 1/64"),
        ({"units": (3, 4, 23)}, "units must be four"),
        ({"units": (3, 0, 23, 3)}, "units must be four"),
        ({"classes": 1}, "at least 2 classes"),
        ({"stem": 0}, "stem must be a whole number from 1 up"),
    ],
)
def test_settings_out_of_range(settings, reason):
    with pytest.raises(InputError, match=reason):
        JPPNet(**settings)


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["jax", "torch"])
def test_other_keras_backends_give_the_same(tmp_path, backend, small_model):
    if keras.__version__ < "3":
        pytest.skip("Keras 2 has one backend")
    pytest.importorskip(backend)
    image = np.random.default_rng(0).normal(0, 50, (1, 65, 48, 3)).astype(np.float32)
    np.savez(tmp_path / "weights.npz", *small_model.get_weights())
    np.save(tmp_path / "image.npy", image)
    program = (
        "import sys, json, numpy as np, jppnet_tf; weights = np.load('weights.npz'); "
        f"model = jppnet_tf.JPPNet(**json.loads('{json.dumps(SMALL)}')); "
        "model.set_weights([weights[name] for name in weights]); "
        "np.save('parsing.npy', model.predict(np.load('image.npy'))['parsing_3']); "
        "assert 'tensorflow' not in sys.modules"
    )
    environment = os.environ | {"PYTHONPATH": str(ROOT), "KERAS_BACKEND": backend}
    subprocess.run([sys.executable, "-c", program], cwd=tmp_path, env=environment, check=True)
    expected = small_model(image)["parsing_3"]
    np.testing.assert_allclose(np.load(tmp_path / "parsing.npy"), expected, atol=1e-4)


def test_heads_can_start_so_that_signals_stay_up():
    deviations = {}
    for initializer in ("", "he_normal"):
        model = JPPNet(width=1 / 8, units=(1, 1, 1, 1), head_initializer=initializer)
        for layer in ("fc1_pose__pose_conv2", "fc1_pose__pose_conv8", "conv1"):
            deviations[initializer, layer] = np.std(model.get_layer(layer).get_weights()[0])
    # He's: the root of 2 / (3 x 3 x 64 inputs). Layers without a ReLU behind them stay small.
    assert deviations["he_normal", "fc1_pose__pose_conv2"] == pytest.approx((2 / 576) ** 0.5, 0.1)
    assert deviations["", "fc1_pose__pose_conv2"] == pytest.approx(0.01 * 0.88, 0.1)
    assert deviations["he_normal", "fc1_pose__pose_conv8"] < 0.012
    assert deviations["he_normal", "conv1"] == pytest.approx(deviations["", "conv1"], 0.2)


def test_a_network_that_parses_only():
    model = JPPNet(joints=0, refinements=0, width=1 / 16, units=(1, 1, 1, 1))
    assert list(model.output) == ["parsing_1"]
    assert not [layer.name for layer in model.layers if "pose" in layer.name]


def test_the_first_convolution_may_be_wider():
    small = {"refinements": 0, "width": 1 / 16, "units": (1, 1, 1, 1)}
    model = JPPNet(**small, stem=7)
    shapes = jppnet.variable_shapes(**small, stem=7)
    assert shapes["conv1/kernel"] == (7, 7, 3, 7) and shapes["res2a_branch2a/kernel"][2:] == (7, 4)
    assert {n: tuple(v.shape) for n, v in store.model_variables(model).items()} == shapes
    config = jppnet.config_of(shapes)
    assert (config["stem"], config["width"]) == (7, 1 / 16)
    # A file of a network whose stem is as wide as ever says nothing of it.
    assert "stem" not in jppnet.config_of(jppnet.variable_shapes(**small))
    assert jppnet.config_of(jppnet.variable_shapes(**small, stem=4)) == jppnet.config_of(
        jppnet.variable_shapes(**small)
    )


def test_a_wider_stem_comes_back_from_a_file(tmp_path):
    model = JPPNet(refinements=0, width=1 / 16, units=(1, 1, 1, 1), stem=7)
    loading.save_weights(model, tmp_path / "x.safetensors")
    loaded = loading.load_model(tmp_path / "x.safetensors")
    assert loaded.get_layer("conv1").filters == 7
