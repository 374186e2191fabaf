"""Every reader of outside files, given files that chance has damaged: an InputError or a result."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from safetensors.numpy import save_file

from jppnet_tf import InputError, JPPNet
from jppnet_tf.weights import tf1
from jppnet_tf.weights.loading import read_input_hw
from jppnet_tf.weights.store import model_arrays
from tests.damaged_files import (
    KINDS,
    WRITERS,
    check_reader,
    damage,
    read_weights,
    read_whole,
    write_ids,
)
from tests.networks.table import SMALL

DAMAGES = st.lists(
    st.tuples(
        st.floats(0, 1, exclude_max=True),  # where
        st.sampled_from(KINDS),
        st.integers(0, 255),
    ),
    min_size=1,
    max_size=4,
)


@pytest.mark.parametrize("name", WRITERS)
def test_damaged_files_are_errors_with_a_name(name, tmp_path_factory):
    folder = tmp_path_factory.mktemp("damaged")
    write_ids(folder / "a.png")
    path = folder / name
    read = WRITERS[name](path)
    read_whole(read, path)
    content = path.read_bytes()

    @settings(
        max_examples=60, suppress_health_check=list(HealthCheck)
    )  # fmt: skip
    @given(DAMAGES)
    def check(damages):
        path.write_bytes(damage(content, damages))
        check_reader(read, path)

    check()


FOUND = (
    ("list.txt", [(0.375, "fill", 0)]),
    ("label_list.mat", [(0.7133, "cut", 48), (0.3323, "flip", 108), (0.3863, "drop", 174)]),
    ("landmarks.npz", [(0.6, "flip", 3)]),
    (
        "open-nsfw.onnx",
        [
            (0.9719361731771298, "flip", 111),
            (0.22448940816679674, "flip", 183),
            (0.01832734246249834, "flip", 143),
        ],
    ),
)
"""Damages that once were no InputError."""


@pytest.mark.parametrize("name, damages", FOUND)
def test_what_was_found_once_stays_mended(name, damages, tmp_path):
    write_ids(tmp_path / "a.png")
    read = WRITERS[name](tmp_path / name)
    (tmp_path / name).write_bytes(damage((tmp_path / name).read_bytes(), damages))
    with pytest.raises(InputError, match=str(tmp_path)):
        read(tmp_path / name)


@pytest.mark.parametrize(
    "name",
    [
        "mpii.json",
        "predictions.jsonl",
        "former.jsonl",
        "settings.json",
        "training.json",
        "annotations.json",
    ],
)
@pytest.mark.parametrize(
    "text",
    ["[" * 100_000, "[]", "7", '{"name": [], "pixels": 7}', "1" * 9999],
    ids=["nested", "list", "number", "fields", "digits"],
)
def test_json_of_other_things_is_an_error_with_a_name(name, text, tmp_path):
    write_ids(tmp_path / "a.png")
    read = WRITERS[name](tmp_path / name)
    (tmp_path / name).write_text(text)
    check_reader(read, tmp_path / name)


@pytest.mark.parametrize(
    "text",
    ["[" * 100_000, "[]", "7", "{", '"a"', "[1e999, 1]"],
    ids=["nested", "list", "number", "half", "text", "infinite"],
)
def test_odd_notes_in_weights_are_errors_with_a_name(text, tmp_path):
    path = tmp_path / "weights.safetensors"
    arrays = {"conv1/kernel": np.zeros((1, 1), np.float32)}
    for read, notes in ((read_input_hw, {"input_hw": text}), (read_weights, {"config": text})):
        save_file(arrays, path, {"model": "JPPNet", **notes})
        with pytest.raises(InputError, match="weights.safetensors"):
            read(path)


@pytest.mark.parametrize("part", [".index", ".data", "checkpoint"])
def test_damaged_checkpoints_are_errors_with_a_name(part, tmp_path):
    arrays = model_arrays(JPPNet(**SMALL))
    tf1.write_checkpoint(tmp_path / "model", {tf1.tf1_name(n): a for n, a in arrays.items()})
    (path,) = (p for p in (tmp_path / "model").iterdir() if part in p.name)
    read_weights(tmp_path / "model")
    content = path.read_bytes()

    @settings(
        max_examples=40, suppress_health_check=list(HealthCheck)
    )  # fmt: skip
    @given(DAMAGES)
    def check(damages):
        path.write_bytes(damage(content, damages))
        check_reader(read_weights, path)

    check()
