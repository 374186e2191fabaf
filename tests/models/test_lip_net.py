"""Properties of LIP-Net that need no particular weights."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from jppnet_tf import InputError, LIPNet
from jppnet_tf.models import lip_net
from jppnet_tf.models.maps.sampling import bilinear_weights
from jppnet_tf.weights import store


@pytest.fixture(scope="module")
def full():
    return LIPNet()


@pytest.fixture(scope="module")
def thin(networks):
    return networks["lip_net"].model


def make_image(*size_hw, count=1):
    return np.random.default_rng(0).random((count, *size_hw, 3), np.float32)


def size_of(shapes, *prefixes):
    """How many numbers the layers of these names have, with their batch norms."""
    wanted = tuple(start for prefix in prefixes for start in (prefix, f"bn_{prefix}"))
    return sum(np.prod(shape) for name, shape in shapes.items() if name.startswith(wanted))


@pytest.mark.parametrize(
    "prefix, count",
    [
        ("conv1", 2_368 + 4 * 16),
        ("s1_", 4_288),
        ("s2_", 15_232),
        ("s3_", 57_088),
        ("s4_", 220_672),
        ("s5_", 867_328),
        ("s6_", 801_280),
        ("aspp_fuse", 525_312),
        ("decoder_conv1", 65_792),
        ("decoder_skip", 4_128),
        ("decoder_conv2", 331_904),
        ("classify", 2_580),
    ],
)
def test_every_part_has_its_number_of_parameters(prefix, count):
    assert size_of(lip_net.variable_shapes(), prefix) == count


def test_the_pyramid_has_its_number_of_parameters():
    names = [f"aspp_{dilation}" for dilation in (1, 6, 12, 18)]
    assert size_of(lip_net.variable_shapes(), "aspp_1/", *names[1:]) == 1_073_152


def test_the_whole_network_has_3_971_188_parameters(full):
    assert full.count_params() == 3_971_188
    assert sum(np.prod(variable.shape) for variable in full.trainable_variables) == 3_955_028
    shapes = {name: tuple(v.shape) for name, v in store.model_variables(full).items()}
    assert shapes == lip_net.variable_shapes()
    assert lip_net.config_of(shapes) == lip_net.check_config(20, 1.0)


def test_sizes_at_512_are_the_papers(full):
    assert full.input_shape == (None, 512, 512, 3)
    assert tuple(full.output["parsing"].shape) == (None, 512, 512, 20)
    assert tuple(full.output["parsing_quarter"].shape) == (None, 128, 128, 20)
    expected = {
        "conv1_relu": (512, 16), "s1_2": (512, 32), "s2_2": (256, 64), "s3_2": (128, 128),
        "s4_2": (64, 256), "s5_2": (32, 512), "s6_2": (32, 512), "aspp_concat": (32, 2051),
        "aspp_fuse": (32, 256), "decoder_enlarged": (128, 256), "decoder_concat": (128, 288),
        "decoder_conv2": (128, 128), "classify": (128, 20),
    }  # fmt: skip
    for name, (side, channels) in expected.items():
        assert tuple(full.get_layer(name).output.shape) == (None, side, side, channels), name


def test_dilations_squeezes_and_dropout_are_the_papers(full):
    stages = [
        [full.get_layer(f"s{stage}_{number}__spread").dilation_rate[0] for number in (1, 2)]
        for stage in range(1, 7)
    ]
    assert stages == [[d, d] for d in (1, 1, 2, 4, 8, 1)]
    pyramid = [full.get_layer(f"aspp_{d}") for d in (1, 6, 12, 18)]
    assert [layer.dilation_rate[0] for layer in pyramid] == [1, 6, 12, 18]
    assert [layer.kernel_size[0] for layer in pyramid] == [1, 3, 3, 3]
    for stage, channels in ((1, 32), (3, 128), (6, 512)):
        assert full.get_layer(f"s{stage}_1__squeeze").units == channels // 8
    assert [full.get_layer(f"drop{stage}").rate for stage in range(1, 6)] == [0.25] * 5


def test_the_skip_is_taken_before_the_pool(full):
    read = full.get_layer("decoder_skip").input
    assert tuple(read.shape) == (None, 128, 128, 128)


def test_classes_are_told_before_the_last_enlargement(thin):
    """The 1x1 convolution and the enlargement commute, so the cheaper order gives the paper's."""
    features = keras.Model(thin.input, thin.get_layer("decoder_conv2").output)
    image = make_image(64, 48)
    enlarged = tf.image.resize(features(image), (64, 48))
    expected = thin.get_layer("classify")(enlarged)
    np.testing.assert_allclose(thin(image)["parsing"], expected, atol=1e-5)


def test_the_pyramid_reads_the_image_itself(thin):
    concat = keras.Model(thin.input, thin.get_layer("aspp_concat").output)
    image = make_image(64, 48)
    expected = image.reshape(4, 16, 3, 16, 3).max(axis=(1, 3))
    np.testing.assert_array_equal(concat(image)[0, ..., -3:], expected)


@pytest.mark.parametrize("size_hw", [(37, 50), (16, 17), (1, 33)])
def test_any_size_is_padded_and_cut_back(thin, size_hw):
    image = make_image(*size_hw)
    outputs = thin(image)
    padded = [-side % 16 for side in size_hw]
    black = thin(np.pad(image, [(0, 0), (0, padded[0]), (0, padded[1]), (0, 0)]))
    assert outputs["parsing"].shape == (1, *size_hw, 20)
    expected = black["parsing"][:, : size_hw[0], : size_hw[1]]
    np.testing.assert_allclose(outputs["parsing"], expected, atol=1e-5)
    np.testing.assert_allclose(outputs["parsing_quarter"], black["parsing_quarter"], atol=1e-5)


def test_enlarging_keeps_half_pixel_centres(thin):
    outputs = thin(make_image(32, 32))
    quarter = outputs["parsing_quarter"][0].numpy()
    points = np.clip((np.arange(32) + 0.5) / 4 - 0.5, 0, 7)
    matrix = bilinear_weights(points, 8)
    expected = np.einsum("yi,xj,ijc->yxc", matrix, matrix, quarter)
    np.testing.assert_allclose(outputs["parsing"][0], expected, atol=1e-5)


def test_dropout_drops_while_training(thin):
    image = make_image(32, 32, count=2)
    weights = thin.get_weights()
    trained = [thin(image, training=True)["parsing"] for _ in range(2)]
    thin.set_weights(weights)  # batch norm has learnt
    assert np.abs(trained[0] - trained[1]).max() > 1e-4


@pytest.mark.parametrize(
    "settings, reason",
    [
        ({"classes": 1}, "2 classes"),
        ({"width": 0.3}, "width must be a multiple of 1/16"),
        ({"width": 0}, "width must be a multiple of 1/16"),
        ({"dropout": 1}, "dropout must be from 0 to below 1"),
    ],
)
def test_settings_out_of_range(settings, reason):
    with pytest.raises(InputError, match=reason):
        LIPNet(**settings)
