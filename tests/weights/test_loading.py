import hashlib
import re

import pytest

from jppnet_tf import InputError, Predictor, load_model
from jppnet_tf.labels import CIHP, LIP
from jppnet_tf.models import jppnet
from jppnet_tf.weights import conversion, loading, store


def test_the_settings_follow_from_the_variables_of_the_full_network():
    assert jppnet.config_of(jppnet.variable_shapes()) == jppnet.check_config(
        classes=20, joints=16, refinements=2, width=1, units=(3, 4, 23, 3)
    )


@pytest.mark.parametrize("name", ["missing", "missing.safetensors", "missing/model.ckpt"])
def test_missing_weights(tmp_path, name):
    with pytest.raises(InputError, match=f"{name}: no"):
        load_model(tmp_path / name)


def test_a_folder_or_file_that_holds_no_weights(tmp_path):
    (tmp_path / "photo.png").write_bytes(b"x")
    with pytest.raises(InputError, match="no file `checkpoint`"):
        load_model(tmp_path)
    with pytest.raises(InputError, match="no safetensors file"):
        load_model(tmp_path / "photo.png")


def test_weights_of_another_network_are_compared_with_the_released_one(tmp_path):
    shapes = {"block1/kernel": (3, 3, 3, 64), "block1/bias": (64,)}
    archive = store.Archive(tmp_path / "other", shapes, None)
    with pytest.raises(InputError, match="624 variables missing, 2 unexpected") as error:
        loading.identify(archive)
    assert "missing: conv1/kernel" in str(error.value) and "missing: 524 more" in str(error.value)


def test_the_network_with_most_of_the_names_is_meant(tmp_path):
    archive = store.Archive(tmp_path / "vgg", {"conv1_1/kernel": (3, 3, 3, 64)}, None)
    with pytest.raises(InputError, match="weights of this SSJPPNet: 35 variables missing"):
        loading.identify(archive)


def test_one_missing_variable_does_not_hide_the_settings(tmp_path):
    shapes = jppnet.variable_shapes(width=0.5, units=(1, 2, 3, 1), refinements=1)
    del shapes["fc2_pose__conv2/bias"]
    archive = store.Archive(tmp_path / "a", shapes, None)
    with pytest.raises(InputError, match="1 variables missing, 0 unexpected, 0 of another shape"):
        loading.identify(archive)


def test_convert_reports_what_it_did(tmp_path, small_checkpoint, small_arrays):
    done = conversion.convert(small_checkpoint, tmp_path / "a.safetensors")
    assert done.variables == len(small_arrays)
    assert done.numbers == sum(array.size for array in small_arrays.values())
    assert done.checksum == store.checksum(small_arrays)
    assert done.config["width"] == 1 / 16
    metadata = store.open_safetensors(tmp_path / "a.safetensors").metadata
    data = small_checkpoint / "model.ckpt-205632.data-00000-of-00001"
    assert metadata["source"] == data.name
    assert metadata["source_sha256"] == hashlib.sha256(data.read_bytes()).hexdigest()


@pytest.mark.parametrize(
    "stated",
    ["", "384", "[384]", "[384, 0]", "[1.5, 2]", '["a", "b"]', "[true, 384]", "[1e23, 1e23]",
     "[30000, 30000]"],
)  # fmt: skip
def test_what_is_not_an_input_size(tmp_path, small_model, stated):
    path = tmp_path / "a.safetensors"
    arrays = store.model_arrays(small_model)
    store.write_safetensors(path, arrays, "JPPNet", {}, input_hw=stated)
    with pytest.raises(
        InputError, match=re.escape(f"{path}: its input_hw is not a size (")
    ) as error:
        loading.read_input_hw(path)
    assert str(error.value).endswith(f": {stated}")


def test_there_and_back_every_bit_is_the_same(tmp_path, small_checkpoint):
    conversion.convert(small_checkpoint, tmp_path / "a.safetensors")
    conversion.convert(tmp_path / "a.safetensors", tmp_path / "back", to="tf1")
    conversion.convert(tmp_path / "back", tmp_path / "b.safetensors")
    first, second = (
        store.open_safetensors(tmp_path / name).read_all()
        for name in ("a.safetensors", "b.safetensors")
    )
    assert {n: a.tobytes() for n, a in first.items()} == {n: a.tobytes() for n, a in second.items()}


def test_overwriting_a_checkpoint_folder_spares_other_files(tmp_path, small_file):
    (tmp_path / "out").mkdir()
    (tmp_path / "out/notes.txt").write_text("mine")
    conversion.convert(small_file, tmp_path / "out", to="tf1", overwrite=True)
    assert (tmp_path / "out/notes.txt").read_text() == "mine"
    assert (tmp_path / "out/model.ckpt.index").exists()


def test_outputs_of_the_wrong_kind(tmp_path, small_file):
    with pytest.raises(InputError, match="is a folder"):
        conversion.convert(small_file, tmp_path, overwrite=True)
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="is a file"):
        conversion.convert(small_file, tmp_path / "file", to="tf1", overwrite=True)


def test_numbers_beyond_half_precision_are_refused(tmp_path, small_arrays):
    arrays = small_arrays | {"conv1/kernel": small_arrays["conv1/kernel"] + 1e5}
    config = {"classes": 20, "joints": 16, "refinements": 2, "width": 1 / 16, "units": [1, 2, 2, 1]}
    store.write_safetensors(tmp_path / "large.safetensors", arrays, "JPPNet", config)
    with pytest.raises(InputError, match="beyond float16's 65504: conv1/kernel"):
        conversion.convert(tmp_path / "large.safetensors", tmp_path / "half.safetensors", half=True)
    with pytest.raises(InputError, match="TF1 checkpoints hold float32 only"):
        conversion.convert(tmp_path / "large.safetensors", tmp_path / "tf1", "tf1", half=True)
    assert not (tmp_path / "half.safetensors").exists()


def test_the_settings_of_a_network_that_parses_only():
    config = jppnet.check_config(20, 0, 0, 0.25, (2, 2, 4, 2))
    assert jppnet.config_of(jppnet.variable_shapes(**config)) == config
    with pytest.raises(InputError, match="set refinements to 0"):
        jppnet.check_config(20, 0, 2, 1.0, (3, 4, 23, 3))


def test_weights_are_converted_to_what_there_is(tmp_path, small_file):
    with pytest.raises(InputError, match="converted to safetensors or tf1, not to 'onnx'"):
        conversion.convert(small_file, tmp_path / "a.onnx", to="onnx")
    assert not list(tmp_path.iterdir())


def test_weights_state_the_classes_they_know(small_model, tmp_path):
    path = tmp_path / "cihp.safetensors"
    loading.save_weights(small_model, path, (32, 32), "cihp")
    assert loading.read_classes(path) == CIHP
    assert Predictor(path, (1,), False).classes == CIHP
    assert Predictor(path, (1,), False, classes=LIP).classes == LIP
    conversion.convert(path, tmp_path / "half.safetensors", half=True)
    assert loading.read_classes(tmp_path / "half.safetensors") == CIHP
    loading.save_weights(small_model, tmp_path / "lip.safetensors", (32, 32))
    assert loading.read_classes(tmp_path / "lip.safetensors") is None
    loading.save_weights(small_model, path, (32, 32), "klingon")
    with pytest.raises(InputError, match="its classes are none of lip, cihp: klingon"):
        Predictor(path)
