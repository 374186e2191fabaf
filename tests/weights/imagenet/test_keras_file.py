"""The format of keras.applications' files, whole and damaged."""

import h5py
import keras
import numpy as np
import pytest

from jppnet_tf import InputError
from jppnet_tf.weights.imagenet import keras_file
from tests.weights.imagenet.keras_files import write_legacy, write_oldest

ARRAYS = {
    "block1_conv1/kernel": np.arange(27, dtype=np.float32).reshape(3, 3, 3, 1),
    "block1_conv1/bias": np.ones(1, np.float32),
}


@pytest.mark.parametrize("write", [write_legacy, write_oldest])
def test_names_of_both_generations(tmp_path, write):
    top = {"predictions/kernel": np.ones((2, 3)), "predictions/bias": np.ones(3)}
    arrays, skipped = keras_file.read_arrays(write(tmp_path / "x.h5", ARRAYS | top), "VGG")
    assert sorted(skipped) == sorted(top)
    assert sorted(arrays) == sorted(ARRAYS)
    assert all(np.array_equal(arrays[name], ARRAYS[name]) for name in ARRAYS)


def test_two_arrays_of_one_name_are_a_difference(tmp_path):
    path = write_legacy(tmp_path / "x.h5", ARRAYS)
    with h5py.File(path, "a") as file:
        file["block1_conv1/other/bias:0"] = np.zeros(1, np.float32)
    arrays, _ = keras_file.read_arrays(path, "VGG")
    shapes = {name: array.shape for name, array in ARRAYS.items()}
    with pytest.raises(InputError, match="unexpected: block1_conv1/other/bias:0"):
        keras_file.check_arrays(path, arrays, shapes, "VGG16")


@pytest.mark.parametrize(
    "network, layer, message",
    [
        ("ResNet", "block1_conv1", "a VGG, which SSJPPNet starts from; JPPNet starts from a Res"),
        ("ResNet", "post_bn", "a ResNetV2, which PersonLab starts from; JPPNet starts from a Res"),
        ("VGG", "conv1_bn", "a ResNet, which JPPNet starts from; SSJPPNet starts from a VGG"),
    ],
)
def test_the_other_networks_file_is_said_to_be_one(tmp_path, network, layer, message):
    path = write_legacy(tmp_path / "x.h5", {f"{layer}/bias": np.zeros(64, np.float32)})
    with pytest.raises(InputError, match=f"x.h5: weights of {message}"):
        keras_file.read_arrays(path, network)


@pytest.mark.parametrize("content", [b"", b"no HDF5 at all", None])
def test_files_that_are_none_or_cut_off(tmp_path, content):
    path = tmp_path / "bad.h5"
    whole = write_legacy(tmp_path / "x.h5", ARRAYS).read_bytes()
    path.write_bytes(whole[:-100] if content is None else content)
    with pytest.raises(InputError, match="bad.h5: damaged, or no HDF5 file"):
        keras_file.read_arrays(path, "VGG")


def test_names_that_are_no_text(tmp_path):
    path = write_legacy(tmp_path / "bad.h5", {"conv1_bn/beta": np.zeros(1)})
    path.write_bytes(path.read_bytes().replace(b"conv1_bn", b"\xffonv1_bn"))
    with pytest.raises(InputError, match="bad.h5: damaged, or no HDF5 file"):
        keras_file.read_arrays(path, "ResNet")


def test_a_missing_file(tmp_path):
    with pytest.raises(InputError, match="none.h5: no such file"):
        keras_file.read_arrays(tmp_path / "none.h5", "ResNet")


def test_files_without_names_of_layers_are_refused(tmp_path):
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    model.save_weights(tmp_path / "x.weights.h5")
    with pytest.raises(InputError, match=r"has no names of layers.*model\.save"):
        keras_file.read_arrays(tmp_path / "x.weights.h5", "ResNet")
