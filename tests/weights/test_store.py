import json
import pathlib

import numpy as np
import pytest
import safetensors.numpy

from jppnet_tf import InputError, JPPNet, load_model, load_weights, save_weights
from jppnet_tf.weights import store
from tests.networks.table import SMALL


def rewrite(small_file, path, change):
    """A copy of the weights file after `change(arrays)`, with metadata but no checksum."""
    arrays = safetensors.numpy.load_file(small_file)
    change(arrays)
    with safetensors.safe_open(small_file, "np") as file:
        notes = {key: value for key, value in file.metadata().items() if key != "checksum"}
    safetensors.numpy.save_file(arrays, path, notes)
    return path


def same_values(model, arrays):
    actual = store.model_arrays(model)
    return all(np.array_equal(actual[name], arrays[name]) for name in arrays)


def test_metadata_says_what_the_file_holds(small_file, small_arrays):
    archive = store.open_safetensors(small_file)
    assert archive.metadata["model"] == "JPPNet"
    assert json.loads(archive.metadata["config"])["width"] == SMALL["width"]
    assert archive.metadata["checksum"] == store.checksum(small_arrays)


def test_every_difference_is_listed_and_nothing_is_loaded(tmp_path, small_file):
    def change(arrays):
        arrays["conv9/kernel"] = arrays.pop("conv1/kernel")
        arrays["bn_conv1/gamma"] = arrays["bn_conv1/gamma"][:2]
        arrays["fc3_pose__conv4/bias"] = np.zeros(5, np.float32)

    path = rewrite(small_file, tmp_path / "other.safetensors", change)
    model = JPPNet(**SMALL)
    before = store.model_arrays(model)
    with pytest.raises(InputError) as error:
        load_weights(model, path)
    message = str(error.value)
    assert "1 variables missing, 1 unexpected, 2 of another shape" in message
    assert "missing: conv1/kernel" in message
    assert "unexpected: conv9/kernel" in message
    assert "bn_conv1/gamma [2] instead of [4]" in message
    assert "fc3_pose__conv4/bias [5] instead of [16]" in message
    assert same_values(model, before)


def test_equal_shapes_are_told_apart_by_name(tmp_path, small_file, small_arrays):
    def swap(arrays):
        a, b = "fc1_human_c0/kernel", "fc1_human_c3/kernel"
        arrays[a], arrays[b] = arrays[b], arrays[a]

    model = load_model(rewrite(small_file, tmp_path / "swapped.safetensors", swap))
    actual = store.model_arrays(model)["fc1_human_c0/kernel"]
    np.testing.assert_array_equal(actual, small_arrays["fc1_human_c3/kernel"])


def test_half_precision_on_disk_is_widened(tmp_path, small_file, small_arrays):
    def halve(arrays):
        arrays.update({name: a.astype(np.float16) for name, a in arrays.items()})

    model = load_model(rewrite(small_file, tmp_path / "half.safetensors", halve))
    assert same_values(model, {n: a.astype(np.float16) for n, a in small_arrays.items()})


def test_a_flipped_bit_is_found_and_the_model_keeps_its_weights(tmp_path, small_file):
    path = tmp_path / "flipped.safetensors"
    content = bytearray(small_file.read_bytes())
    content[-1000] ^= 4
    path.write_bytes(content)
    model = JPPNet(**SMALL)
    before = store.model_arrays(model)
    with pytest.raises(InputError, match="flipped.safetensors: damaged: its checksum is wrong"):
        load_weights(model, path)
    assert same_values(model, before)


def test_a_file_is_known_by_its_content_and_open_to_others(tmp_path, small_model, small_arrays):
    save_weights(small_model, tmp_path / "weights.v1.bin")
    assert same_values(load_model(tmp_path / "weights.v1.bin"), small_arrays)
    (tmp_path / "ordinary").touch()
    modes = {path.stat().st_mode for path in tmp_path.iterdir()}
    assert len(modes) == 1


@pytest.mark.parametrize("content", [b"not safetensors at all", None])
def test_files_that_are_none_or_cut_off(tmp_path, small_file, content):
    path = tmp_path / "bad.safetensors"
    path.write_bytes(small_file.read_bytes()[:-100] if content is None else content)
    with pytest.raises(InputError, match="bad.safetensors: damaged, or no safetensors file"):
        load_model(path)


def test_wrong_metadata(tmp_path, small_arrays):
    path = tmp_path / "a.safetensors"
    for notes, reason in [
        ({"model": "OtherNet"}, "a model unknown here: OtherNet"),
        ({"model": "JPPNet", "config": "{"}, "no JPPNet can be built"),
        ({"model": "JPPNet", "config": '{"depth": 3}'}, "no JPPNet can be built"),
        ({"model": "JPPNet", "config": '{"width": 0.3}'}, "multiple of 1/64"),
        ({"model": "JPPNet", "config": '{"width": Infinity}'}, "multiple of 1/64"),
    ]:
        safetensors.numpy.save_file(small_arrays, path, notes)
        with pytest.raises(InputError, match=reason):
            load_model(path)


def test_integers_are_no_weights(tmp_path, small_file):
    def change(arrays):
        arrays["conv1/kernel"] = arrays["conv1/kernel"].astype(np.int32)

    with pytest.raises(InputError, match="conv1/kernel holds int32"):
        load_model(rewrite(small_file, tmp_path / "a.safetensors", change))


def test_the_checksum_sees_names_shapes_and_values():
    arrays = {"a/kernel": np.zeros((2, 3), np.float32), "b/kernel": np.ones(2, np.float32)}
    others = [
        arrays | {"a/kernel": np.zeros((3, 2), np.float32)},
        arrays | {"b/kernel": np.array([1, 2], np.float32)},
        {"a/kernel": arrays["a/kernel"], "c/kernel": arrays["b/kernel"]},
    ]
    assert len({store.checksum(a) for a in [arrays, *others]}) == 4
    assert store.checksum(arrays) == store.checksum(dict(reversed(arrays.items())))


def test_a_foreign_file_of_many_tensors_is_told_in_a_few_lines():
    archive = store.Archive(pathlib.Path("a"), {f"{n}/kernel": (1,) for n in range(50_000)}, None)
    with pytest.raises(InputError, match="50000 unexpected") as caught:
        store.check_shapes(archive, {"b/kernel": (2,)}, "JPPNet")
    assert len(str(caught.value)) < 10_000 and "unexpected: 49900 more" in str(caught.value)


def test_equal_weights_are_equal_files(tmp_path):
    arrays = {"b/kernel": np.ones((2, 3), np.float32), "a/ké": np.zeros(5, np.float32)}
    for number in range(10):  # the library's order differs from file to file
        store.write_safetensors(
            tmp_path / f"{number}", arrays, "JPPNet", {"width": 0.5}, note="é", z="1", a="2"
        )
    assert len({path.read_bytes() for path in tmp_path.iterdir()}) == 1
    with safetensors.safe_open(tmp_path / "0", "np") as file:
        assert file.metadata()["note"] == "é" and set(file.keys()) == set(arrays)
        np.testing.assert_array_equal(file.get_tensor("b/kernel"), arrays["b/kernel"])
