"""Weights that ship, found by name wherever weights are taken."""

import pathlib

import numpy as np
import pytest

from jppnet_tf import InputError, JPPNet, Predictor, load_model, load_weights
from jppnet_tf.commands.people import build_detector
from jppnet_tf.training.initial import load_initial_weights
from jppnet_tf.weights import loading, presets
from tests.programs import ROOT


@pytest.mark.parametrize("name", presets.SHIPPED)
def test_a_name_gives_the_file_that_ships(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    expected = ROOT / f"checkpoints/{name}.safetensors"
    assert pathlib.Path(presets.locate(name)).samefile(expected)
    archive = loading.open_weights(name)
    assert archive.metadata == loading.open_weights(expected).metadata
    sides = {"photos": 384, "photos_lip_net": 256}
    assert loading.read_input_hw(name) == (sides.get(name, 192),) * 2


def test_every_file_that_ships_has_a_name():
    paths = [*(ROOT / "checkpoints").glob("figures*.safetensors")]
    paths += (ROOT / "checkpoints").glob("photos*.safetensors")
    files = {path.stem for path in paths}
    assert files == set(presets.SHIPPED)


def test_a_predictor_and_a_model_by_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    predictor = Predictor("figures_lip_net", scales=(1,))
    assert predictor.family.name == "lip_net" and predictor.input_hw == (192, 192)
    model = load_model("figures_lip_net")
    for ours, theirs in zip(model.get_weights(), predictor.model.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)
    load_weights(predictor.model, "figures_lip_net")
    part = JPPNet(width=1 / 4, units=(2, 2, 4, 2), joints=0, refinements=0)
    assert load_initial_weights(part, "figures") == []


def test_without_a_name_it_is_the_model_for_photographs(tmp_path, monkeypatch, caplog):
    monkeypatch.chdir(tmp_path)
    predictor = Predictor(scales=(1,), mirror=False)
    assert predictor.input_hw == (384, 384) and predictor.has_pose
    (record,) = caplog.records
    assert record.levelname == "WARNING" and record.message == presets.DEFAULT_NOTE
    assert "https://" in presets.DEFAULT_NOTE and presets.DEFAULT in presets.DEFAULT_NOTE
    with pytest.raises(InputError, match="weights must be a path, a name or a Keras model, not No"):
        Predictor(None)
    caplog.clear()
    Predictor("photos", scales=(1,), mirror=False)
    assert not caplog.records


def test_a_name_means_what_ships_and_a_path_means_what_is_there(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    pathlib.Path("figures").mkdir()
    assert loading.read_input_hw("figures") == (192, 192)
    for path in ("./figures", pathlib.Path("figures"), str(tmp_path / "figures")):
        assert presets.locate(path) == path
        with pytest.raises(InputError, match="no file `checkpoint`"):
            loading.open_weights(path)


@pytest.mark.parametrize("name", ["figure", "Figures", "figures.safetensors", "x.caffemodel"])
def test_what_is_neither_a_name_nor_there_tells_the_names(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match=f"^{name}: no such .* names are photos, photos_lip_net, "):
        load_model(name)


def test_half_a_checkpoint_is_still_called_so(tmp_path):
    (tmp_path / "model.ckpt.data-00000-of-00001").touch()
    for name in ("model.ckpt", "model.ckpt.index"):
        with pytest.raises(InputError, match="half a checkpoint"):
            load_model(tmp_path / name)


def test_a_broken_installation_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr(presets, "_FOLDERS", (tmp_path / "checkpoints", tmp_path))
    with pytest.raises(InputError, match="figures: ships with the package, but is missing from"):
        load_model("figures")


def test_what_lies_in_a_checkout_only(tmp_path, monkeypatch):
    assert pathlib.Path(presets.locate("scenes_personlab")).parent == ROOT / "checkpoints"
    monkeypatch.setattr(presets, "_FOLDERS", (tmp_path,))  # as where the package is installed
    with pytest.raises(InputError, match="scenes_personlab: does not ship, and lies in checkouts"):
        presets.locate("scenes_personlab")
    with pytest.raises(InputError, match="; name another by --detector: YOLOX as .onnx"):
        build_detector(None, None, {})
