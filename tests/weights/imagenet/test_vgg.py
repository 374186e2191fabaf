"""VGG16's features and dense layers, random weights and all, must come out of SSJPPNet."""

import h5py
import keras
import numpy as np
import pytest

from jppnet_tf import InputError, JPPNet, SSJPPNet
from jppnet_tf.training.initial import load_initial_weights
from jppnet_tf.weights import store
from jppnet_tf.weights.imagenet import vgg
from tests.weights.imagenet.keras_files import write_legacy

THIN = (3, 4, 5, 6, 8)
HEADS = {"fc8_human", "att_conv1", "att_fc"}


def random_array(random, shape):
    """Kernels that keep a signal's strength, and biases beside which 1 is no small number."""
    scale = np.sqrt(2 / np.prod(shape[:-1])) if len(shape) > 1 else 1
    return random.standard_normal(shape, np.float32) * np.float32(scale)


def their_arrays(has_top=True):
    """Random weights, under their names, of a VGG16 that an SSJPPNet of widths THIN fits."""
    random = np.random.default_rng(0)
    shapes = vgg._their_shapes(THIN, has_top)
    return {name: random_array(random, shape) for name, shape in shapes.items()}


def convert(folder, arrays):
    """Their arrays as ours, by way of a file."""
    return vgg.open_file(write_legacy(folder / "vgg16.h5", arrays), THIN).read_all()


def run_layer(name, arrays, x):
    """What SSJPPNet's layer makes of maps [batch, h, w, channels], without its ReLU."""
    layer = SSJPPNet(widths=THIN).get_layer(name)
    layer.set_weights([arrays[f"{name}/kernel"], arrays[f"{name}/bias"]])
    layer.activation = keras.activations.linear
    return np.asarray(layer(x))


@pytest.fixture(scope="module")
def network():
    """The full network; tests leave other weights in it."""
    return SSJPPNet()


@pytest.mark.filterwarnings("ignore:.*HDF5")
def test_features_are_those_of_vgg16(tmp_path, network):
    """Stage by stage, since poolings differ; where theirs is at stride 16, ours dilates at 8."""
    theirs = keras.applications.VGG16(weights=None, include_top=False, input_shape=(32, 32, 3))
    random = np.random.default_rng(1)
    theirs.set_weights([random_array(random, x.shape) for x in theirs.get_weights()])
    theirs.save(tmp_path / "vgg16_notop.h5")
    fresh = load_initial_weights(network, tmp_path / "vgg16_notop.h5")
    assert {name.split("/")[0] for name in fresh} == {"fc6", "fc7", *HEADS}
    for stage, (count, channels) in enumerate([(2, 3), (2, 64), (3, 128), (3, 256), (3, 512)], 1):
        step = 2 if stage == 5 else 1
        ours = random.uniform(0, 100, (1, 11, 9, channels)).astype(np.float32)
        expected = ours[:, ::step, ::step]
        for number in range(1, count + 1):
            ours = network.get_layer(f"conv{stage}_{number}")(ours)
            expected = theirs.get_layer(f"block{stage}_conv{number}")(expected)
        ours, expected = np.asarray(ours)[:, ::step, ::step], np.asarray(expected)
        assert expected.std() > 1
        # For float32 sums in another order; no difference was seen.
        np.testing.assert_allclose(ours, expected, rtol=1e-5, atol=1e-5 * expected.max())


def test_fc6_has_fc1s_taps_where_those_look(tmp_path):
    theirs = their_arrays()
    at_stride_8 = np.random.default_rng(1).normal(0, 1, (1, 25, 25, THIN[3])).astype(np.float32)
    at_stride_32 = at_stride_8[0, ::4, ::4].copy()
    is_tap = np.arange(7) % 3 == 0
    at_stride_32[~np.outer(is_tap, is_tap)] = 0
    expected = at_stride_32.reshape(-1) @ theirs["fc1/kernel"] * 49 / 9 + theirs["fc1/bias"]
    actual = run_layer("fc6", convert(tmp_path, theirs), at_stride_8)[0, 12, 12]
    np.testing.assert_allclose(actual, expected[::4], rtol=1e-5, atol=1e-5)


def test_fc6_is_fc1_where_nothing_changes_from_tap_to_tap(tmp_path):
    theirs = their_arrays()
    theirs["fc1/kernel"] = np.tile(theirs["fc1/kernel"][: THIN[3]], (49, 1))
    x = np.random.default_rng(1).normal(0, 1, THIN[3]).astype(np.float32)
    expected = np.tile(x, 49) @ theirs["fc1/kernel"] + theirs["fc1/bias"]
    constant = np.broadcast_to(x, (1, 25, 25, THIN[3]))
    actual = run_layer("fc6", convert(tmp_path, theirs), constant)[0, 12, 12]
    np.testing.assert_allclose(actual, expected[::4], rtol=1e-5, atol=1e-5)


def test_fc7_is_fc2_where_four_channels_are_alike(tmp_path):
    theirs = their_arrays()
    theirs["fc2/kernel"] = np.repeat(theirs["fc2/kernel"][::4], 4, axis=0)
    x = np.random.default_rng(1).normal(0, 1, THIN[4]).astype(np.float32)
    expected = np.repeat(x, 4) @ theirs["fc2/kernel"] + theirs["fc2/bias"]
    actual = run_layer("fc7", convert(tmp_path, theirs), x[None, None, None])[0, 0, 0]
    np.testing.assert_allclose(actual, expected[::4], rtol=1e-5, atol=1e-5)


def test_a_file_with_top_gives_all_but_the_heads(tmp_path, network):
    """At full size, each array filled with a number of its own."""
    path = write_legacy(tmp_path / "vgg16.h5", {})
    expected = {}
    with h5py.File(path, "a") as file:
        shapes = vgg._their_shapes(vgg.WIDTHS, has_top=True)
        shapes |= {"predictions/kernel": (4096, 1000), "predictions/bias": (1000,)}
        for number, (name, shape) in enumerate(shapes.items(), start=1):
            file.create_dataset(name, shape, np.float32, fillvalue=number)  # takes no disk
            layer, variable = name.replace("block", "conv").replace("_conv", "_").split("/")
            ours = {"fc1": "fc6", "fc2": "fc7"}.get(layer, layer)
            scale = {"fc1/kernel": 49 / 9, "fc2/kernel": 4}.get(name, 1)
            expected[f"{ours}/{variable}"] = np.float32(number) * np.float32(scale)
    fresh = load_initial_weights(network, path)
    assert {name.split("/")[0] for name in fresh} == HEADS
    for name, array in store.model_arrays(network).items():
        assert name in fresh or (array == expected[name]).all(), name


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:.*HDF5")
def test_the_whole_of_vgg16(tmp_path, network):
    theirs = keras.applications.VGG16(weights=None)
    theirs.save(tmp_path / "vgg16.h5")
    fresh = load_initial_weights(network, tmp_path / "vgg16.h5")
    assert {name.split("/")[0] for name in fresh} == HEADS
    # Position 3, 0 of their 7 x 7 is 1, 0 of our 3 x 3.
    rows = slice((3 * 7 + 0) * 512, (3 * 7 + 1) * 512)
    fc1 = np.asarray(theirs.get_layer("fc1").kernel)[rows, ::4]
    fc6 = store.model_arrays(network)["fc6/kernel"][1, 0]
    np.testing.assert_allclose(fc6, fc1 * 49 / 9, rtol=1e-6)


@pytest.mark.parametrize("has_top", [False, True])
def test_every_difference_is_listed(tmp_path, has_top):
    arrays = their_arrays(has_top)
    arrays["conv1_1/kernel"] = arrays.pop("block1_conv1/kernel")
    arrays["block3_conv2/bias"] = np.zeros(7, np.float32)
    arrays["block3_conv4/bias"] = arrays.pop("fc2/bias" if has_top else "block5_conv3/bias")
    with pytest.raises(InputError) as error:
        convert(tmp_path, arrays)
    message = str(error.value)
    title = f"keras.applications VGG16 {'with' if has_top else 'without'} top"
    assert f"vgg16.h5: not the weights of this {title}" in message
    assert "2 variables missing, 2 unexpected, 1 of another shape" in message
    assert "missing: block1_conv1/kernel" in message
    assert f"missing: {'fc2' if has_top else 'block5_conv3'}/bias" in message
    assert "unexpected: conv1_1/kernel" in message
    assert "unexpected: block3_conv4/bias" in message
    assert "block3_conv2/bias [7] instead of [5]" in message


@pytest.mark.parametrize("left", ["fc1/bias", "predictions/bias"])
def test_a_part_of_the_top_is_not_enough(tmp_path, left):
    arrays = their_arrays(has_top=False) | {left: np.zeros(4 * THIN[4], np.float32)}
    with pytest.raises(InputError, match="with top: .*\n.*missing: fc1/kernel"):
        convert(tmp_path, arrays)


@pytest.mark.parametrize("name, ours", [("block2_conv1/bias", "conv2_1"), ("fc1/kernel", "fc6")])
def test_numbers_that_are_not_finite_are_found(tmp_path, name, ours):
    arrays = their_arrays()
    arrays[name][..., 0] = np.inf
    with pytest.raises(InputError, match=f"vgg16.h5: damaged: .* in what becomes {ours}/"):
        convert(tmp_path, arrays)


def test_other_widths_have_no_such_weights(tmp_path):
    path = write_legacy(tmp_path / "vgg16.h5", their_arrays())
    with pytest.raises(InputError, match=r"vgg16.h5: .* of widths \(64, .*\) only, not \(3, 4, 5"):
        load_initial_weights(SSJPPNet(widths=THIN), path)


def test_an_unfit_file_leaves_the_network_as_it_was(tmp_path, network):
    before = store.model_arrays(network)
    path = write_legacy(tmp_path / "vgg16.h5", their_arrays())
    with pytest.raises(
        InputError, match=r"block1_conv1/kernel \[3, 3, 3, 3\] instead of \[3, 3, 3, 64\]"
    ):
        load_initial_weights(network, path)
    after = store.model_arrays(network)
    assert all(np.array_equal(before[name], after[name]) for name in before)


def test_each_network_takes_its_own_files(tmp_path, network):
    vgg16 = write_legacy(tmp_path / "vgg16.h5", their_arrays())
    with pytest.raises(InputError, match="weights of a VGG, which SSJPPNet starts from"):
        load_initial_weights(JPPNet(joints=0, refinements=0, units=(1, 1, 1, 1)), vgg16)
    resnet = write_legacy(tmp_path / "resnet.h5", {"conv1_bn/beta": np.zeros(64, np.float32)})
    with pytest.raises(InputError, match="weights of a ResNet, which JPPNet starts from"):
        load_initial_weights(network, resnet)
