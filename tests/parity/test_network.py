"""The network against tensors that the original computed."""

import json

import keras
import numpy as np

from jppnet_tf.models.jppnet import variable_shapes
from jppnet_tf.weights.tf1 import tf1_name

LAYERS = {  # the original's name of a tensor -> the layer of ours that gives it
    "conv1": "conv1",
    "pool1": "pool1",
    "res2c_relu": "res2c_relu",
    "res3b3_relu": "res3b3_relu",
    "res4b22_relu": "res4b22_relu",
    "res5c_relu": "res5c_relu",
    "fc1_human": "parsing_1",
    "parsing_fea1": "res5d_branch2b_parsing",
    "pose_out1": "pose_1",
    "pose_fea1": "fc1_pose__pose_conv6",
    "pose_out2": "pose_2",
    "pose_fea2": "fc2_pose__conv4",
    "parsing_out2": "parsing_2",
    "parsing_fea2": "fc2_parsing__parsing_conv4",
    "parsing_out3": "parsing_3",
    "pose_out3": "pose_3",
}


def test_all_624_variables_have_the_original_names_and_shapes(recorded):
    original = json.loads((recorded / "variables.json").read_text())
    ours = {tf1_name(name): list(shape) for name, shape in variable_shapes().items()}
    assert ours == original
    assert sum(np.prod(shape, dtype=int) for shape in ours.values()) == 122_154_464


def test_every_recorded_endpoint_agrees(recorded, full_model):
    expected = dict(np.load(recorded / "endpoints.npz"))
    image = expected.pop("input")
    assert set(expected) == set(LAYERS)
    taps = {name: full_model.get_layer(layer).output for name, layer in LAYERS.items()}
    computed = keras.Model(full_model.input, taps)(image)
    for name, tensor in expected.items():
        actual = np.asarray(computed[name])
        actual = actual[..., :: actual.shape[-1] // 16]  # as recorded; maps are whole
        print(f"{name:14} differs by at most {np.abs(actual - tensor).max():.1e}")
        # Float32 sums in another order: values are near 1, differences seen up to 3e-5.
        np.testing.assert_allclose(actual, tensor, rtol=0, atol=1e-4, err_msg=name)
