"""Features of keras.applications' ResNets, random weights and all, must come out of our trunk."""

import re

import keras
import numpy as np
import pytest

from jppnet_tf import InputError, JPPNet, LIPNet
from jppnet_tf.models.blocks import KerasBlocks, ShapeBlocks
from jppnet_tf.models.resnet import resnet as build_resnet
from jppnet_tf.weights import imagenet, store
from jppnet_tf.weights.imagenet import resnet
from tests.weights.imagenet.keras_files import write_legacy


def random_array(random, name, shape):
    """A weight that keeps activations near 1 and is not neutral."""
    layer, variable = name.split("/")
    if variable == "kernel":
        scale = 1 / 64 if layer == "conv1_conv" else 1  # it reads pixels
        return random.normal(0, scale * np.sqrt(2 / np.prod(shape[:-1])), shape)
    variance = np.logspace(-3, 0.5, *shape)  # down to where an epsilon of 1e-3 counts
    if variable == "moving_variance":
        return variance
    if variable == "gamma":
        gain = (0.1, 0.3) if layer.endswith("3_bn") else (0.5, 1)
        return random.uniform(*gain, shape) * np.sqrt(variance)
    return random.normal(0, 0.1, shape)


def randomize(model, path):
    """Gives a Keras model random weights, by way of a file that it loads itself."""
    random = np.random.default_rng(0)
    arrays = {
        name: random_array(random, name, array.shape).astype(np.float32)
        for name, array in store.model_arrays(model).items()
    }
    model.load_weights(write_legacy(path, arrays))
    return arrays


def build_trunk(units):
    image = keras.Input((None, None, 3))
    outputs = build_resnet(KerasBlocks(), image, lambda full: full, units)
    return keras.Model(image, outputs, name="trunk")


@pytest.fixture(scope="module")
def their_model():
    return keras.applications.ResNet50(weights=None, include_top=False, input_shape=(None, None, 3))


@pytest.fixture(scope="module")
def their_file(their_model, tmp_path_factory):
    path = tmp_path_factory.mktemp("imagenet") / "resnet50_notop.h5"
    randomize(their_model, path)
    return path


@pytest.fixture(scope="module")
def small_their_arrays(their_model, their_file):
    """A network of one unit per stage, under their names; do not change it."""
    arrays = store.model_arrays(their_model)
    return {name: a for name, a in arrays.items() if not re.search(r"block([2-9]|\d\d)_", name)}


@pytest.fixture(scope="module")
def trunk(their_file):
    model = build_trunk((3, 4, 6, 3))
    imagenet.load_trunk(model, their_file)
    return model


def tap(model, names, image):
    outputs = [model.get_layer(name).output for name in names]
    return [np.asarray(x) for x in keras.Model(model.input, outputs)(image)]


def features(theirs, ours, units, image):
    """Per depth, their features and ours, the latter at the pixels that theirs have, too."""
    a, b, c, d = units
    their_names = ["conv1_relu", "pool1_pool", f"conv2_block{a}_out", f"conv3_block{b}_out"]
    their_names += [f"conv4_block{c}_out", f"conv5_block{d}_out"]
    our_names = ["conv1_relu", "pool1", f"res2{'abc'[a - 1]}_relu", f"res3b{b - 1}_relu"]
    our_names += [f"res4b{c - 1}_relu", f"res5{'abc'[d - 1]}_relu"]
    steps = (1, 1, 1, 1, 2, 4)
    ours = tap(ours, our_names, image)
    ours = [x[:, ::step, ::step] for x, step in zip(ours, steps, strict=True)]
    return zip(their_names, tap(theirs, their_names, image), ours, strict=True)


def make_image(height, width):
    return np.random.default_rng(1).uniform(-120, 130, (1, height, width, 3)).astype(np.float32)


def check_features(theirs, ours, units, image):
    for name, expected, actual in features(theirs, ours, units, image):
        assert 0.3 < expected.std() < 3, name  # neither dead nor overflowing
        # float32 over as many as 100 layers; 5e-6 seen.
        np.testing.assert_allclose(actual, expected, rtol=1e-5, atol=1e-5, err_msg=name)


@pytest.mark.parametrize("size", [(33, 65), (45, 37)])
def test_features_are_those_of_resnet50(their_model, trunk, size):
    """Ours dilate where theirs stride: at every second and fourth pixel both see the same."""
    check_features(their_model, trunk, (3, 4, 6, 3), make_image(*size))


@pytest.mark.slow
def test_features_are_those_of_resnet101(tmp_path):
    theirs = keras.applications.ResNet101(
        weights=None, include_top=False, input_shape=(None, None, 3)
    )
    randomize(theirs, tmp_path / "x.h5")
    ours = build_trunk((3, 4, 23, 3))
    imagenet.load_trunk(ours, tmp_path / "x.h5")
    check_features(theirs, ours, (3, 4, 23, 3), make_image(65, 33))


def test_at_even_sides_our_grid_lies_three_pixels_on(their_model, trunk):
    """Theirs see the same without the first three rows and columns, but for the border there."""
    image = make_image(64, 64)
    ours = tap(trunk, ["pool1", "res2c_relu"], image)
    theirs = tap(their_model, ["pool1_pool", "conv2_block3_out"], image[:, 3:, 3:])
    for border, actual, expected in zip((2, 5), ours, theirs, strict=True):
        actual, expected = actual[:, border:, border:], expected[:, border:, border:]
        np.testing.assert_allclose(actual, expected, rtol=1e-5, atol=1e-5)


def test_biases_and_epsilon_go_into_the_norm(tmp_path, small_their_arrays):
    change = {
        "conv1_conv/bias": np.full(64, 3, np.float32),
        "conv1_bn/gamma": np.full(64, 2, np.float32),
        "conv1_bn/beta": np.full(64, 5, np.float32),
        "conv1_bn/moving_mean": np.full(64, 1, np.float32),
        "conv1_bn/moving_variance": np.full(64, 0.003, np.float32),
    }
    path = write_legacy(tmp_path / "x.h5", small_their_arrays | change)
    norm = {name: resnet.open_file(path).read(f"bn_conv1/{name}")[0] for name in resnet._NORM}
    assert norm["moving_mean"] == -2 and norm["beta"] == 5
    assert norm["moving_variance"] == np.float32(0.003)
    assert norm["gamma"] == pytest.approx(2 * (0.004 / 0.00301001) ** 0.5, rel=1e-6)


@pytest.mark.filterwarnings("ignore:.*HDF5")
def test_files_that_keras_writes_hold_the_same(tmp_path, their_model, their_file):
    expected = resnet.open_file(their_file).read_all()
    paths = [tmp_path / "whole.h5"]
    their_model.save(paths[0])
    if keras.__version__.startswith("2."):
        paths.append(tmp_path / "weights.h5")
        their_model.save_weights(paths[1])
    for path in paths:
        arrays = resnet.open_file(path).read_all()
        assert set(arrays) == set(expected)
        assert all(np.array_equal(arrays[name], expected[name]) for name in arrays)


@pytest.mark.parametrize("top", ["predictions", "probs"])
def test_the_classifier_is_left_aside(tmp_path, small_their_arrays, top):
    more = {f"{top}/kernel": np.ones((2048, 10)), f"{top}/bias": np.ones(10)}
    archive = resnet.open_file(write_legacy(tmp_path / "x.h5", small_their_arrays | more))
    assert archive.skipped == (f"{top}/bias", f"{top}/kernel")
    assert set(archive.shapes) == trunk_names((1, 1, 1, 1))


def trunk_names(units):
    blocks = ShapeBlocks()
    build_resnet(blocks, 3, lambda full: full, units)
    return set(blocks.shapes)


def test_the_whole_trunk_is_loaded_and_nothing_of_the_heads(tmp_path, small_their_arrays):
    model = JPPNet(units=(1, 1, 1, 1), refinements=1)
    before = store.model_arrays(model)
    imagenet.load_trunk(model, write_legacy(tmp_path / "x.h5", small_their_arrays))
    after = store.model_arrays(model)
    changed = {name for name in after if not np.array_equal(before[name], after[name])}
    assert changed == trunk_names((1, 1, 1, 1))


def test_every_difference_is_listed(tmp_path, small_their_arrays):
    arrays = dict(small_their_arrays)
    arrays["res2a_branch2a/kernel"] = arrays.pop("conv2_block1_1_conv/kernel")
    arrays["conv3_block1_2_bn/beta"] = np.zeros(7, np.float32)
    del arrays["conv5_block1_3_conv/bias"]
    with pytest.raises(InputError) as error:
        resnet.open_file(write_legacy(tmp_path / "x.h5", arrays))
    message = str(error.value)
    assert "x.h5: not the weights of this keras.applications ResNet of (1, 1, 1, 1)" in message
    assert "2 variables missing, 1 unexpected, 1 of another shape" in message
    assert "missing: conv2_block1_1_conv/kernel" in message
    assert "missing: conv5_block1_3_conv/bias" in message
    assert "unexpected: res2a_branch2a/kernel" in message
    assert "conv3_block1_2_bn/beta [7] instead of [128]" in message


@pytest.mark.parametrize(
    "stage, blocks, units",
    [(2, 27, r"\(26, 4, 23, 3\)"), (4, 36, r"\(3, 4, 36, 3\)"), (6, 1, r"\(3, 4, 23, 3\)")],
)
def test_units_are_counted(tmp_path, stage, blocks, units):
    names = [f"conv{stage}_block{i + 1}_1_conv/kernel" for i in range(blocks)]
    path = write_legacy(tmp_path / "x.h5", dict.fromkeys(names, np.zeros(1, np.float32)))
    with pytest.raises(InputError, match=f"ResNet of {units} units: "):
        resnet.open_file(path)


def test_another_depth_is_refused_and_the_model_keeps_its_weights(tmp_path, small_their_arrays):
    model = build_trunk((1, 2, 1, 1))
    before = store.model_arrays(model)
    with pytest.raises(InputError, match="model's trunk: 15 variables missing, 0 unexpected"):
        imagenet.load_trunk(model, write_legacy(tmp_path / "x.h5", small_their_arrays))
    after = store.model_arrays(model)
    assert all(np.array_equal(before[name], after[name]) for name in before)


def test_a_narrow_model_has_no_such_weights(their_file, small_model):
    with pytest.raises(InputError, match="fit a model of width 1 only, not 0.0625"):
        imagenet.load_trunk(small_model, their_file)


@pytest.mark.parametrize("value", [np.nan, -0.01])
def test_impossible_variances_are_found(tmp_path, small_their_arrays, value):
    name = "conv2_block1_0_bn/moving_variance"
    change = {name: np.full(256, value, np.float32)}
    path = write_legacy(tmp_path / "x.h5", small_their_arrays | change)
    with pytest.raises(InputError, match="x.h5: damaged: .* in what becomes bn2a_branch1/"):
        resnet.open_file(path)


def test_integers_are_no_weights(tmp_path, small_their_arrays):
    change = {"conv1_conv/bias": np.zeros(64, np.int32)}
    with pytest.raises(InputError, match="conv1_conv/bias holds int32"):
        resnet.open_file(write_legacy(tmp_path / "x.h5", small_their_arrays | change))


def test_a_network_without_such_a_trunk_is_told_so(their_file):
    with pytest.raises(InputError, match="no LIPNet starts from a trunk trained on photographs"):
        imagenet.load_trunk(LIPNet(width=1 / 16), their_file)
