"""Properties of SS-JPPNet that need no particular weights."""

import keras
import numpy as np
import pytest

from jppnet_tf import InputError, SSJPPNet
from jppnet_tf.models import ss_jppnet
from jppnet_tf.models.maps.resizing import interp

THIN = {"widths": (3, 4, 5, 6, 7)}


@pytest.fixture(scope="module")
def model(networks):
    return networks["ss_jppnet"].model


def make_image(*size_hw):
    return np.random.default_rng(0).normal(0, 50, (1, *size_hw, 3)).astype(np.float32)


def test_the_released_network_has_34_66_million_numbers_in_36_arrays():
    shapes = ss_jppnet.variable_shapes()
    assert len(shapes) == 36
    assert sum(np.prod(shape) for shape in shapes.values()) == 34_662_231
    assert shapes["att_conv1/kernel"] == (3, 3, 3072, 512)


@pytest.mark.parametrize("size, grids", [(321, (41, 31, 21)), (640, (81, 61, 41))])
def test_grids_are_the_originals(size, grids):
    outputs = SSJPPNet(**THIN, input_shape=(size, size, 3)).output
    assert [outputs[f"parsing_scale_{scale}"].shape[1] for scale in ("1", "075", "05")] == [*grids]
    assert tuple(outputs["parsing"].shape[1:]) == (grids[0], grids[0], 20)
    assert tuple(outputs["attention"].shape[1:]) == (grids[0], grids[0], 3)


def test_sizes_line_up_exactly_where_the_rule_says(model):
    fitting = []
    for side in range(26, 92):
        try:
            outputs = model(make_image(side, 33))
        except InputError as error:
            assert f"a side of {side} pixels" in str(error)
        else:
            fitting.append(side)
            assert outputs["parsing"].shape[1] == outputs["parsing_scale_1"].shape[1]
    assert fitting == [n for n in range(26, 92) if n % 32 in (0, 1, 26, 27, 28, 29, 30, 31)]


def test_a_size_that_does_not_line_up_names_the_nearest(model):
    with pytest.raises(InputError, match="322 pixels .*to 321 or 346"):
        model(make_image(33, 322))
    with pytest.raises(InputError, match="5 pixels .*to 1 or 26"):
        SSJPPNet(**THIN, input_shape=(5, 32, 3))


def test_attention_weighs_the_scales(model):
    outputs = model(make_image(64, 64))
    np.testing.assert_allclose(np.sum(outputs["attention"], axis=-1), 1, atol=1e-5)
    parts = [
        outputs["parsing_scale_1"],
        interp(outputs["parsing_scale_075"], 3, 4),
        interp(outputs["parsing_scale_05"], 1, 2),
    ]
    weights = np.split(outputs["attention"], 3, axis=-1)
    merged = sum(part * weight for part, weight in zip(parts, weights, strict=True))
    np.testing.assert_allclose(outputs["parsing"], merged, atol=1e-5)


def test_dropout_only_while_training(model):
    image = make_image(64, 64)
    np.testing.assert_array_equal(model(image)["parsing"], model(image, training=False)["parsing"])
    trained = [model(image, training=True)["parsing"] for _ in range(2)]
    assert np.abs(trained[0] - trained[1]).max() > 1e-4


def test_random_weights_prefer_no_class():
    keras.utils.set_random_seed(1)
    model = SSJPPNet(**THIN)
    grey_levels = np.random.default_rng(1).normal(0, 64, (1, 64, 64, 3))
    features = keras.Model(model.input, model.get_layer("conv1_1").output)(grey_levels)
    assert 0.3 < np.std(features) < 3
    assert np.abs(model(grey_levels)["parsing"]).max() < 0.5


@pytest.mark.parametrize(
    "settings, reason", [({"classes": 1}, "2 classes"), ({"widths": (1, 2)}, "widths must be 5")]
)
def test_settings_out_of_range(settings, reason):
    with pytest.raises(InputError, match=reason):
        SSJPPNet(**settings)
