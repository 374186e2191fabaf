import os

import numpy as np
import pytest
import tensorflow as tf

from jppnet_tf import InputError, load_model
from jppnet_tf.models.jppnet import variable_shapes
from jppnet_tf.weights import store, tf1


def test_names_go_there_and_back_by_rule():
    names = list(variable_shapes())
    assert [tf1.our_name(tf1.tf1_name(name)) for name in names] == names
    assert tf1.tf1_name("fc2_pose__conv1/kernel") == "fc2_pose/conv1/w"
    assert tf1.tf1_name("fc2_pose__conv1/bias") == "fc2_pose/conv1/b"
    assert tf1.tf1_name("res5d_branch2a_parsing/bias") == "res5d_branch2a_parsing/biases"
    assert tf1.tf1_name("bn2a_branch1/moving_mean") == "bn2a_branch1/moving_mean"


@pytest.mark.parametrize("given", ["folder", "prefix", "index", "data"])
def test_a_checkpoint_is_found_however_it_is_named(small_checkpoint, small_arrays, given):
    prefix = small_checkpoint / "model.ckpt-205632"
    path = {
        "folder": small_checkpoint,
        "prefix": prefix,
        "index": f"{prefix}.index",
        "data": f"{prefix}.data-00000-of-00001",
    }[given]
    archive = tf1.open_checkpoint(path)
    assert archive.path == prefix
    arrays = archive.read_all()
    assert set(arrays) == set(small_arrays)
    assert all(np.array_equal(arrays[name], small_arrays[name]) for name in arrays)


def test_slots_and_counters_are_left_aside(small_checkpoint, small_arrays):
    trained = [name for name in small_arrays if "moving" not in name]
    skipped = tf1.open_checkpoint(small_checkpoint).skipped
    assert len(skipped) == len(trained) + 1
    assert {"global_step", "conv1/weights/Momentum"} <= set(skipped)


def save(prefix, tensors):
    tf.raw_ops.SaveV2(
        prefix=str(prefix),
        tensor_names=list(tensors),
        shape_and_slices=[""] * len(tensors),
        tensors=list(tensors.values()),
    )


def test_slots_of_other_optimizers_and_their_counters(tmp_path):
    one = np.ones(3, np.float32)
    names = ["conv1/weights", "conv1/weights/Adam", "conv1/weights/Adam_1", "beta1_power"]
    save(tmp_path / "x", dict.fromkeys(names, one))
    archive = tf1.open_checkpoint(tmp_path / "x")
    assert set(archive.skipped) == set(names[1:]) and list(archive.shapes) == ["conv1/kernel"]


def test_names_that_the_original_did_not_use_are_unexpected(tmp_path):
    one, two = np.ones(3, np.float32), np.full(3, 2, np.float32)
    save(tmp_path / "x", {"conv1/weights": one, "conv1/kernel": two})
    archive = tf1.open_checkpoint(tmp_path / "x")
    assert set(archive.shapes) == {"conv1/kernel", "conv1/kernel (so named in the checkpoint)"}
    np.testing.assert_array_equal(archive.read("conv1/kernel"), one)


def test_a_stale_part_beside_a_whole_set_does_not_matter(small_checkpoint):
    stale = small_checkpoint / "model.ckpt-205632.data-00001-of-00002"
    stale.write_bytes(b"")
    source = tf1.open_checkpoint(small_checkpoint).source
    assert source.name.endswith("-00000-of-00001")


def test_a_slot_of_no_variable_is_not_skipped(tmp_path):
    tensors = {"conv1/weights": np.ones(3, np.float32), "stray/Momentum": np.ones(3, np.float32)}
    save(tmp_path / "x", tensors)
    archive = tf1.open_checkpoint(tmp_path / "x")
    assert archive.skipped == () and len(archive.shapes) == 2


def test_models_load_straight_from_a_checkpoint(small_checkpoint, small_arrays):
    actual = store.model_arrays(load_model(small_checkpoint))
    assert all(np.array_equal(actual[name], small_arrays[name]) for name in small_arrays)


def test_a_folder_without_its_checkpoint_file(small_checkpoint):
    (small_checkpoint / "checkpoint").unlink()
    assert tf1.find_prefix(small_checkpoint).name == "model.ckpt-205632"
    for suffix in ("index", "data-00000-of-00001"):
        (small_checkpoint / f"model.ckpt-9.{suffix}").write_bytes(b"")
    with pytest.raises(InputError, match="found model.ckpt-205632, model.ckpt-9; pass a prefix"):
        tf1.find_prefix(small_checkpoint)


def test_a_windows_path_in_the_checkpoint_file(small_checkpoint):
    text = r'model_checkpoint_path: "D:\\runs\\model.ckpt-205632"'
    (small_checkpoint / "checkpoint").write_text(text)
    assert tf1.find_prefix(small_checkpoint).name == "model.ckpt-205632"


@pytest.mark.parametrize("text", ["", "garbage {", "\0\1"])
def test_an_unreadable_checkpoint_file(small_checkpoint, text):
    (small_checkpoint / "checkpoint").write_text(text)
    with pytest.raises(InputError, match="names no checkpoint; pass the prefix"):
        tf1.find_prefix(small_checkpoint)


def damage(folder, how):
    data = folder / "model.ckpt-205632.data-00000-of-00001"
    index = folder / "model.ckpt-205632.index"
    if how == "no data":
        data.unlink()
    elif how == "no index":
        index.unlink()
    elif how == "neither":
        data.unlink()
        index.unlink()
    elif how == "a shard missing":
        data.rename(folder / "model.ckpt-205632.data-00000-of-00002")
    elif how == "truncated data":
        data.write_bytes(data.read_bytes()[: data.stat().st_size // 2])
    elif how == "empty data":
        data.write_bytes(b"")
    elif how == "truncated index":
        index.write_bytes(index.read_bytes()[: index.stat().st_size // 2])
    elif how == "flipped bit":
        content = bytearray(data.read_bytes())
        content[len(content) // 2] ^= 1
        data.write_bytes(content)


@pytest.mark.parametrize(
    "how, reason",
    [
        ("no data", "half a checkpoint: no whole set of .data files; found none"),
        ("no index", "half a checkpoint: .*index is missing"),
        ("neither", "no checkpoint there: neither model.ckpt-205632.index nor"),
        ("a shard missing", "no whole set of .data files; found .*data-00000-of-00002"),
        ("truncated data", "damaged: .* cannot be read"),
        ("empty data", "damaged: .* cannot be read"),
        ("truncated index", "damaged: its index cannot be read"),
        ("flipped bit", "damaged: .* cannot be read"),
    ],
)
def test_each_damage_has_its_message(small_checkpoint, how, reason):
    damage(small_checkpoint, how)
    with pytest.raises(InputError, match=reason) as error:
        tf1.open_checkpoint(small_checkpoint).read_all()
    assert "\n" not in str(error.value)


def test_writing_and_reading_back(tmp_path, small_arrays):
    tf1.write_checkpoint(tmp_path / "out", small_arrays)
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "checkpoint", "model.ckpt.data-00000-of-00001", "model.ckpt.index",
    ]  # fmt: skip
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
    reader = tf.train.load_checkpoint(str(tmp_path / "out"))  # TensorFlow's own idea of a folder
    names = reader.get_variable_to_shape_map()
    assert set(names) == {tf1.tf1_name(name) for name in small_arrays}
    kernel = reader.get_tensor("fc3_parsing/parsing_human1/w")
    np.testing.assert_array_equal(kernel, small_arrays["fc3_parsing__parsing_human1/kernel"])


def test_a_checkpoint_that_cannot_be_written_leaves_nothing(tmp_path, small_arrays, monkeypatch):
    def fail(source, target):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "rename", fail)
    with pytest.raises(InputError, match="cannot be written: .*No space"):
        tf1.write_checkpoint(tmp_path / "out", small_arrays)
    assert list(tmp_path.iterdir()) == []
