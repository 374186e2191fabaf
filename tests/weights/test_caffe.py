"""Caffe's files, as whole as they were released, and damaged."""

import struct

import numpy as np
import pytest

from jppnet_tf import InputError
from jppnet_tf.models.families import FAMILIES
from jppnet_tf.models.ss_jppnet import variable_shapes
from jppnet_tf.weights import caffe, loading, store
from tests.weights.caffe_files import field, layers, varint, write, write_caffemodel

WIDTHS = (2, 3, 4, 5, 6)


@pytest.fixture
def arrays():
    random = np.random.default_rng(0)
    shapes = variable_shapes(widths=WIDTHS)
    return {name: random.normal(0, 1, shape).astype(np.float32) for name, shape in shapes.items()}


@pytest.mark.parametrize("old", [False, True])
@pytest.mark.parametrize("kind", ["<f4", "<f8"])
def test_both_formats_give_the_arrays(arrays, tmp_path, old, kind):
    archive = caffe.open_caffemodel(write(tmp_path / "a.caffemodel", layers(arrays, old, kind)))
    assert store.checksum(archive.read_all()) == store.checksum(arrays)
    assert not archive.faults and not archive.skipped


def test_fields_of_every_kind_are_passed_over(arrays, tmp_path):
    number, eight_bytes, four_bytes = field(5, 300), b"\x31" + b"\xff" * 8, b"\x3d" + b"\xff" * 4
    others = number + eight_bytes + four_bytes
    path = write(tmp_path / "a.caffemodel", others, layers(arrays), others)
    assert store.checksum(caffe.open_caffemodel(path).read_all()) == store.checksum(arrays)


@pytest.mark.parametrize("copies_first", [False, True])
def test_equal_copies_are_left_aside(arrays, tmp_path, copies_first):
    path = write_caffemodel(tmp_path / "a.caffemodel", arrays)
    if copies_first:
        branch = {name: array for name, array in arrays.items() if not name.startswith("att")}
        write(path, layers(branch, suffix="_res05"), layers(branch, suffix="_res0"), layers(arrays))
    archive = loading.open_weights(path)
    assert loading.identify(archive) == (
        FAMILIES["ss_jppnet"],
        {"classes": 20, "widths": list(WIDTHS)},
    )
    assert store.checksum(archive.read_all()) == store.checksum(arrays)
    assert len(archive.skipped) == 64


def test_one_error_lists_all_that_is_wrong(arrays, tmp_path):
    copies = {name: arrays[name] for name in ("fc6/kernel", "fc6/bias", "conv1_2/kernel")}
    copies["fc6/kernel"] = copies["fc6/kernel"] + 1
    strange = {"bn9/kernel": np.ones((1, 1, 1, 2), np.float32)}
    arrays = arrays | {"fc7/bias": np.zeros(9, np.float32)}
    del arrays["conv1_2/kernel"], arrays["conv1_2/bias"]
    path = write(
        tmp_path / "a.caffemodel",
        layers(arrays), layers(copies, suffix="_res05"), layers(strange), layers(strange),
        field(100, field(1, b"cut") + field(7, field(7, field(1, varint(5))) + field(5, b"1234"))),
    )  # fmt: skip
    with pytest.raises(InputError) as error:
        loading.load_model(path)
    for expected in (
        "missing: conv1_2/kernel", "missing: conv1_2/bias", "unexpected: bn9/kernel",
        "of another shape: fc7/bias [9] instead of [6]",
        "faulty: fc6_res05/kernel differs from fc6/kernel",
        "faulty: conv1_2_res05/kernel differs from conv1_2/kernel",
        "faulty: bn9/kernel comes twice",
        "faulty: cut/kernel should have the sizes [5], but has 1 numbers",
    ):  # fmt: skip
        assert expected in str(error.value)
    assert "fc6_res05/bias" not in str(error.value)


@pytest.mark.parametrize(
    "content, reason",
    [
        (b"", "no caffemodel, or one without weights"),
        (b"\xff\xd8\xff\xe0 a photograph", "damaged, or no caffemodel"),
        (b"not a caffemodel at all\n", "damaged, or no caffemodel"),
        (field(1, b"a net without layers"), "without weights"),
        (b"\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", "belongs to no number"),
        (struct.pack("<B", 0x80) * 9, "ends within a number"),
        (b"\x0a" + varint(1 << 62), "bytes are missing at its end"),
    ],
)
def test_what_is_no_caffemodel_is_said_to_be_none(tmp_path, content, reason):
    path = tmp_path / "a.caffemodel"
    path.write_bytes(content)
    with pytest.raises(InputError, match=reason) as error:
        caffe.open_caffemodel(path)
    assert str(path) in str(error.value)


def test_a_truncated_file_is_damaged_wherever_it_ends(arrays, tmp_path):
    whole = write(tmp_path / "whole.caffemodel", layers(arrays)).read_bytes()
    path = tmp_path / "a.caffemodel"
    for length in np.random.default_rng(1).integers(1, len(whole), 40):
        path.write_bytes(whole[:length])
        with pytest.raises(InputError):
            loading.identify(caffe.open_caffemodel(path))


def test_flipped_bits_never_crash(arrays, tmp_path):
    whole = write(tmp_path / "whole.caffemodel", layers(arrays)).read_bytes()
    random = np.random.default_rng(2)
    path = tmp_path / "a.caffemodel"
    refused = 0
    for _ in range(60):
        damaged = bytearray(whole)
        damaged[random.integers(len(whole))] ^= 1 << random.integers(8)
        path.write_bytes(damaged)
        try:
            loading.identify(caffe.open_caffemodel(path))
        except InputError:
            refused += 1
    assert 0 < refused < 60  # most bits belong to numbers, which may be any


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(InputError, match="no such file"):
        caffe.open_caffemodel(tmp_path / "a.caffemodel")
