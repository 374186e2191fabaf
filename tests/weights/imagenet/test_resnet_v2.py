"""PersonLab's trunk from files of keras.applications and of TF-slim."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from jppnet_tf import InputError, JPPNet, PersonLab, save_weights
from jppnet_tf.models.personlab import variable_shapes
from jppnet_tf.training.initial import load_initial_weights
from jppnet_tf.weights import imagenet, store
from jppnet_tf.weights.imagenet import resnet_v2
from tests.weights.imagenet.keras_files import write_legacy

UNITS = (1, 2, 1, 1)
TRUNK = {
    name: shape
    for name, shape in variable_shapes(units=UNITS).items()
    if resnet_v2.TRUNK.fullmatch(name)
}
HEADS = ("kp_maps", "short_offsets", "mid_offsets", "long_offsets", "seg_mask")


def draw_arrays(shapes):
    """Weights that keep activations near 1; the first layer's results are above 0, so that it does
    not matter what pooling pads with."""
    random = np.random.default_rng(0)
    arrays = {}
    for name, shape in shapes.items():
        layer, variable = name.rsplit("/", 1)
        if variable == "kernel":
            scale = 0.2 if layer == "conv1" else 0.5
            arrays[name] = random.normal(0, scale * np.sqrt(2 / np.prod(shape[:-1])), shape)
        elif variable in ("gamma", "moving_variance"):
            arrays[name] = random.uniform(0.5, 1.5, shape) ** (1 if variable == "gamma" else 8)
        else:
            arrays[name] = random.normal(9 if layer == "conv1" else 0, 0.1, shape)
    return {name: array.astype(np.float32) for name, array in arrays.items()}


@pytest.fixture(scope="module")
def arrays():
    return draw_arrays(TRUNK)


@pytest.fixture
def model():
    return PersonLab(units=UNITS)


def write_slim(path, arrays, depth=50, **others):
    """The one file that TF1 wrote before checkpoints became prefixes."""
    named = {resnet_v2.slim_name(name, depth): array for name, array in arrays.items()} | others
    tf.raw_ops.Save(filename=str(path), tensor_names=[*named], data=[*named.values()])
    return path


def whole_depth_50():
    shapes = variable_shapes(depth=50, width=1)
    return draw_arrays({n: s for n, s in shapes.items() if resnet_v2.TRUNK.fullmatch(n)})


def test_keras_files_go_over_but_for_epsilon(model, arrays, tmp_path):
    theirs = {resnet_v2.keras_name(name): array for name, array in arrays.items()}
    top = {"predictions/kernel": np.ones((2, 3), np.float32)}
    loaded = imagenet.load_trunk(model, write_legacy(tmp_path / "v2.h5", theirs | top))
    assert set(loaded) == set(TRUNK)
    found = store.model_arrays(model)
    for name, array in arrays.items():
        if name.endswith("/gamma"):
            np.testing.assert_allclose(found[name], array, rtol=1e-3)
        else:
            np.testing.assert_array_equal(found[name], array)


@pytest.mark.slow
def test_features_are_those_of_keras_resnet50v2(tmp_path):
    theirs = keras.applications.ResNet50V2(
        weights=None, include_top=False, input_shape=(None, None, 3)
    )
    named = {resnet_v2.keras_name(name): array for name, array in whole_depth_50().items()}
    # Keras takes a file's layers by their order, ours by their names.
    path = write_legacy(
        tmp_path / "v2.h5", {name: named[name] for name in store.model_arrays(theirs)}
    )
    theirs.load_weights(path)
    model = PersonLab(depth=50, stride=32)
    load_initial_weights(model, path)
    image = np.random.default_rng(1).uniform(-1, 1, (1, 97, 129, 3)).astype(np.float32)
    ours = keras.Model(model.input, model.get_layer("postnorm_relu").output)(image)
    expected = np.asarray(theirs(image))
    assert ours.shape == expected.shape
    np.testing.assert_allclose(ours, expected, atol=1e-4 * np.abs(expected).max())


def test_slims_checkpoint(tmp_path):
    arrays = whole_depth_50()
    classifier = {"resnet_v2_50/logits/weights": np.zeros((1, 1, 8, 3), np.float32)}
    classifier |= {"resnet_v2_50/logits/biases": np.zeros(3, np.float32)}
    path = write_slim(tmp_path / "resnet_v2_50.ckpt", arrays, **classifier, global_step=np.int64(7))
    model = PersonLab(depth=50)
    random = load_initial_weights(model, path)
    assert {name.split("/")[0] for name in random} == set(HEADS)
    found = store.model_arrays(model)
    assert all(np.array_equal(found[name], array) for name, array in arrays.items())
    with pytest.raises(InputError, match="missing: block3__unit_7__"):
        imagenet.load_trunk(PersonLab(depth=101), path)


def test_checkpoints_that_lack_or_have_something(model, tmp_path):
    arrays = whole_depth_50()
    name = "block2__unit_3__conv2__BatchNorm/beta"
    lacking = {key: array for key, array in arrays.items() if key != name}
    path = write_slim(tmp_path / "a.ckpt", lacking)
    message = "missing: resnet_v2_50/block2/unit_3/bottleneck_v2/conv2/BatchNorm/beta"
    with pytest.raises(InputError, match=message):
        resnet_v2.open_file(path)
    path = write_slim(tmp_path / "b.ckpt", arrays, **{"resnet_v2_50/more": np.ones(2, np.float32)})
    with pytest.raises(InputError, match="unexpected: resnet_v2_50/more"):
        resnet_v2.open_file(path)
    arrays["postnorm/gamma"][3] = np.nan
    with pytest.raises(InputError, match="damaged: .* postnorm/gamma"):
        resnet_v2.open_file(write_slim(tmp_path / "c.ckpt", arrays))


def test_files_that_are_no_such_checkpoints(tmp_path):
    with pytest.raises(InputError, match="none.ckpt: no such file; TF-slim's checkpoint is one"):
        resnet_v2.open_file(tmp_path / "none.ckpt")
    (tmp_path / "text.ckpt").write_text("no checkpoint at all")
    with pytest.raises(InputError, match="text.ckpt: damaged, or no checkpoint"):
        resnet_v2.open_file(tmp_path / "text.ckpt")
    tf.raw_ops.Save(filename=str(tmp_path / "x.ckpt"), tensor_names=["a"], data=[np.ones(3)])
    with pytest.raises(InputError, match="x.ckpt: holds no resnet_v2 of 50, 101 or 152 layers"):
        resnet_v2.open_file(tmp_path / "x.ckpt")


def test_a_narrow_network_is_refused(tmp_path, arrays):
    theirs = {resnet_v2.keras_name(name): array for name, array in arrays.items()}
    path = write_legacy(tmp_path / "v2.h5", theirs)
    with pytest.raises(InputError, match="fit a model of width 1 only, not 0.5"):
        imagenet.load_trunk(PersonLab(units=UNITS, width=0.5), path)


def test_a_network_of_jppnets_trunk_starts_from_a_jppnet(tmp_path):
    small = {"width": 1 / 16, "units": (1, 2, 1, 1), "stem": 6}
    parts = JPPNet(refinements=1, **small)
    save_weights(parts, tmp_path / "parts.safetensors")
    people = PersonLab(trunk="resnet_v1", **small)
    random = load_initial_weights(people, tmp_path / "parts.safetensors")
    assert {name.split("/")[0] for name in random} == set(HEADS)
    found, expected = store.model_arrays(people), store.model_arrays(parts)
    assert np.array_equal(found["res5a_branch2b/kernel"], expected["res5a_branch2b/kernel"])
    other = PersonLab(trunk="resnet_v1", width=1 / 8, units=(1, 2, 1, 1))
    with pytest.raises(InputError, match="personlab model that is to be trained"):
        load_initial_weights(other, tmp_path / "parts.safetensors")
