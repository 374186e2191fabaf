"""Weights and whole models come back from every kind of file as they went in."""

import os
import subprocess
import sys

import numpy as np
import pytest

from jppnet_tf import InputError, load_model, save_weights
from jppnet_tf.models.families import FAMILIES
from jppnet_tf.weights import conversion, loading, store
from tests.conftest import ROOT
from tests.networks.table import NETWORKS

PROGRAM = """
import pathlib
import jppnet_tf, sys
assert "keras" not in sys.modules
import keras, numpy as np
for path in sorted(pathlib.Path.cwd().glob("*.keras")):
    model = keras.models.load_model(path)
    outputs = model(np.load(path.with_suffix(".npy")))
    np.savez(path.with_suffix(".npz"), **{name: np.asarray(x) for name, x in outputs.items()})
"""


def same_values(arrays, expected):
    """Whether all arrays are there, and equal bit for bit."""
    return arrays.keys() == expected.keys() and all(
        arrays[name].tobytes() == expected[name].tobytes() for name in expected
    )


@pytest.fixture(scope="module")
def reloaded(networks, tmp_path_factory):
    """What all models give in a fresh process, in which only `import jppnet_tf` comes before
    Keras's own loading: a folder with an .npz file for each."""
    folder = tmp_path_factory.mktemp("models")
    for name in NETWORKS:
        networks[name].model.save(folder / f"{name}.keras")
        np.save(folder / f"{name}.npy", networks[name].read(networks[name].line.sizes_hw[1]))
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    subprocess.run([sys.executable, "-c", PROGRAM], cwd=folder, env=environment, check=True)
    return folder


def test_whole_models_come_back_in_a_fresh_process(network, reloaded):
    found = np.load(reloaded / f"{network.family.name}.npz")
    expected = network.model(network.read(network.line.sizes_hw[1]))
    assert set(found) == expected.keys()
    for name in expected:
        # The same graph on another allocation of threads: float32 rounding.
        np.testing.assert_allclose(found[name], expected[name], atol=1e-5)


def test_weights_come_back_as_they_were_saved(network, tmp_path):
    model = network.model
    assert same_values(store.model_arrays(model), network.arrays)
    assert model.input_shape == (None, None, None, 3)
    save_weights(model, tmp_path / "copy.safetensors", (32, 48))
    archive = loading.open_weights(tmp_path / "copy.safetensors")
    assert same_values(archive.read_all(), network.arrays)
    assert loading.identify(archive) == (network.family, network.line.config)
    assert [path.name for path in tmp_path.iterdir()] == ["copy.safetensors"]


def test_files_state_the_size_of_the_input_or_it_is_the_cards(network, tmp_path):
    assert loading.read_input_hw(network.path) == network.family.input_hw
    save_weights(network.model, tmp_path / "a.safetensors")
    assert loading.read_input_hw(tmp_path / "a.safetensors") == network.family.input_hw
    save_weights(network.model, tmp_path / "a.safetensors", (32, 48))
    assert loading.read_input_hw(tmp_path / "a.safetensors") == (32, 48)
    conversion.convert(tmp_path / "a.safetensors", tmp_path / "half.safetensors", half=True)
    assert loading.read_input_hw(tmp_path / "half.safetensors") == (32, 48)


def test_half_precision_is_half_the_size_and_rounds(network, tmp_path):
    done = conversion.convert(network.path, tmp_path / "half.safetensors", half=True)
    # What is written beside the numbers is not halved.
    assert (tmp_path / "half.safetensors").stat().st_size < 0.7 * network.path.stat().st_size
    arrays = store.open_safetensors(tmp_path / "half.safetensors").read_all()
    rounded = {name: array.astype(np.float16) for name, array in network.arrays.items()}
    assert same_values(arrays, {name: a.astype(np.float32) for name, a in rounded.items()})
    assert done.checksum == store.checksum(arrays)
    assert (done.family, done.config) == (network.family, network.line.config)


def test_weights_without_metadata_are_told_by_their_variables(network, tmp_path):
    shapes = {name: array.shape for name, array in network.arrays.items()}
    archive = store.Archive(tmp_path / "bare", shapes, network.arrays.get)
    assert loading.identify(archive) == (network.family, network.line.config)


def test_tf1_checkpoints_keep_every_bit_of_what_was_released_so(network, tmp_path):
    if not network.family.from_tf1:
        with pytest.raises(InputError, match="TF1 checkpoints are JPPNet's, this is"):
            conversion.convert(network.path, tmp_path / "tf1", to="tf1")
        assert list(tmp_path.iterdir()) == []
        return
    conversion.convert(network.path, tmp_path / "tf1", to="tf1")
    assert same_values(store.model_arrays(load_model(tmp_path / "tf1")), network.arrays)
    assert loading.read_input_hw(tmp_path / "tf1") == network.family.input_hw


def test_weights_of_another_network_than_asked_for_are_refused(network, tmp_path):
    others = FAMILIES.keys() - {network.family.name}
    assert others
    for name in others:
        message = f"weights of {network.family.builder}, not of {FAMILIES[name].builder}"
        with pytest.raises(InputError, match=message):
            conversion.convert(network.path, tmp_path / "a.safetensors", model=name)
    assert list(tmp_path.iterdir()) == []
