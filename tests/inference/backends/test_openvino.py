"""A network is converted for OpenVINO once, and what is kept of it is found again."""

import shutil

import numpy as np
import pytest

from jppnet_tf import InputError, Predictor
from jppnet_tf.models.jppnet import JPPNet
from jppnet_tf.weights import store
from tests.networks.table import TINY

pytest.importorskip("openvino")
from jppnet_tf.inference.backends import openvino as backend  # noqa: E402

IMAGE = np.zeros((30, 20, 3), np.uint8)


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    """The folder of converted networks, empty."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache/jppnet_tf/openvino"


@pytest.fixture(scope="module")
def model(networks):
    """The network that is converted soonest."""
    return networks["ss_jppnet"].model


@pytest.fixture(scope="module")
def predict(model):
    """Function that predicts a black image: logits."""

    def run():
        return Predictor(model, input_hw=(64, 96), backend="openvino")(IMAGE, "stride").logits

    return run


@pytest.fixture(scope="module")
def converted(model, predict, tmp_path_factory, cache_home):
    """A cache in which that network alone lies, converted once in this session; and its logits."""
    folder = tmp_path_factory.mktemp("converted")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(cache_home))
        logits = predict()
        identity = store.checksum(store.model_arrays(model))
        shutil.copytree(backend.cache_folder() / identity, folder / identity)
    return folder, logits


def test_nothing_but_the_network_is_left_in_the_cache(converted):
    files = [path for path in converted[0].rglob("*") if path.is_file()]
    assert sorted(path.suffix for path in files) == [".bin", ".xml"]
    assert len({path.with_suffix("") for path in files}) == 1


@pytest.fixture
def conversions(converted, monkeypatch):
    """Has that network stand in for all that are converted: list of the paths."""
    made, paths = next(converted[0].rglob("*.xml")), []

    def convert(function, path):
        path.parent.mkdir(parents=True, exist_ok=True)
        for suffix in (".bin", ".xml"):
            shutil.copy(made.with_suffix(suffix), path.with_suffix(suffix))
        paths.append(path)
        return path

    monkeypatch.setattr(backend, "_convert", convert)
    return paths


def test_a_network_is_converted_once_for_its_weights_and_stage(conversions, cache):
    model = JPPNet(**TINY | {"refinements": 1})
    for _ in range(2):
        Predictor(model, backend="openvino")
    assert len(conversions) == 1
    Predictor(model, stage=1, backend="openvino")
    assert len(conversions) == 2 and conversions[0].parent == conversions[1].parent
    kernel, bias = model.get_layer("fc1_human_c0").get_weights()
    model.get_layer("fc1_human_c0").set_weights([kernel, bias + 1])
    Predictor(model, backend="openvino")
    assert len(set(conversions)) == 3 and conversions[2].parent.parent == cache
    assert conversions[2].parent != conversions[0].parent


@pytest.mark.parametrize("suffix", [".xml", ".bin"])
def test_a_damaged_conversion_is_made_anew(converted, predict, cache, conversions, suffix):
    shutil.copytree(converted[0], cache)
    (path,) = cache.rglob(f"*{suffix}")
    whole = path.read_bytes()
    path.write_bytes(whole[:1000])
    np.testing.assert_array_equal(predict(), converted[1])
    assert len(conversions) == 1 and path.read_bytes() == whole


def test_a_conversion_is_read_and_not_made_again(converted, predict, cache, conversions):
    shutil.copytree(converted[0], cache)
    np.testing.assert_array_equal(predict(), converted[1])
    assert conversions == []


def test_a_cache_that_cannot_be_written_is_an_error(predict, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    with pytest.raises(InputError, match="cannot be kept there.*XDG_CACHE_HOME"):
        predict()
