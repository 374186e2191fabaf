import builtins

import numpy as np
import pyarrow as pa
import pytest

from jppnet_tf.data.hf.rows import find_source, stream_rows
from jppnet_tf.system.errors import InputError
from tests.data.hf.made_up import make_row, write_dataset, write_parquet


@pytest.fixture(scope="module")
def dataset(tmp_path_factory):
    """Twenty rows in two files, and the folder they lie in."""
    folder = tmp_path_factory.mktemp("people")
    return folder, write_dataset(folder)


def test_the_rows_of_all_files_come_in_order(dataset):
    folder, rows = dataset
    source = find_source(folder)
    assert (source.rows, source.image, source.mask) == (20, "image", "mask")
    assert source.guessed == ("image", "mask") and source.others == ()
    found = list(stream_rows(source))
    assert [row.number for row in found] == list(range(20))
    assert [row.image for row in found] == [row["image"]["bytes"] for row in rows]
    assert [row.mask for row in found] == [row["mask"]["bytes"] for row in rows]
    assert found[12].where.endswith("train-00001-of-00002.parquet, row 2") and not found[12].path


def test_groups_of_rows_come_one_after_the_other(tmp_path):
    noise = np.random.default_rng(0)
    rows = [
        {"image": {"bytes": noise.bytes(100_000), "path": f"{number}.jpg"}, "mask": b"x"}
        for number in range(300)
    ]
    path = write_parquet(tmp_path / "train.parquet", rows, row_group=20)
    default = pa.default_memory_pool()
    pool = pa.proxy_memory_pool(default)  # counts from here on
    pa.set_memory_pool(pool)
    try:
        paths = [row.path for row in stream_rows(find_source(path))]
    finally:
        pa.set_memory_pool(default)
    assert paths == [f"{number}.jpg" for number in range(300)]
    # A group is 2 MB, there compressed and as it is, and the file 30 MB.
    assert 1e6 < pool.max_memory() < 8e6


@pytest.mark.parametrize(
    "names, split, chosen",
    [
        (("data/train-00000-of-00001-ab12.parquet", "data/test-0.parquet"), "train", 0),
        (("default/train/0000.parquet", "default/test/0000.parquet"), "test", 1),
        (("train_small.parquet", "train.parquet", "trainval.parquet"), "train", 1),
        (("a.parquet", ".cache/train.parquet", "train_1.parquet"), "train", 2),
    ],
)
def test_the_files_of_a_split(tmp_path, names, split, chosen):
    for name in names:
        write_parquet(tmp_path / name, [make_row(0)])
    assert find_source(tmp_path, split).files == (tmp_path / names[chosen],)


def test_a_file_and_the_folder_of_a_split_are_taken_as_they_are(tmp_path):
    path = write_parquet(tmp_path / "train/0000.parquet", [make_row(0)])
    assert find_source(path, "validation").files == (path,)
    assert find_source(tmp_path / "train").files == (path,)


def test_other_columns(tmp_path):
    row = make_row(0)
    row = {"label": 3, "img": row["image"], "segmentation": row["mask"]["bytes"], "extra": b"x"}
    path = write_parquet(tmp_path / "train.parquet", [row])
    source = find_source(path)
    assert (source.image, source.mask, source.others) == ("img", "segmentation", ("extra",))
    assert next(stream_rows(source)).mask == row["segmentation"]
    source = find_source(path, mask="extra")
    assert (source.mask, source.guessed) == ("extra", ("image",))
    for options, message in (
        ({"mask": "label"}, r"label \(--mask\) does not hold images' contents; .* do: img, segm"),
        ({"image": "photo"}, r"column photo \(--image\) is not there; columns that do: img"),
        ({"mask": "img"}, "images and masks cannot both be column img"),
    ):
        with pytest.raises(InputError, match=message):
            find_source(path, **options)
    path = write_parquet(tmp_path / "b.parquet", [{"image": row["img"], "parts": b"x"}])
    with pytest.raises(InputError, match="or segmentation with images; there are image, parts: pa"):
        find_source(path)


def test_what_is_not_there(tmp_path):
    with pytest.raises(InputError) as error:
        find_source("somebody/people-2")
    command = "hf download somebody/people-2 --repo-type dataset --local-dir people-2"
    assert command in str(error.value)
    with pytest.raises(InputError, match="absent: no such file or folder$"):
        find_source(tmp_path / "absent")
    with pytest.raises(InputError, match="no .parquet files"):
        find_source(tmp_path)
    write_parquet(tmp_path / "data/test.parquet", [make_row(0)])
    with pytest.raises(InputError, match="no file of split train among 1: data/test.parquet"):
        find_source(tmp_path)


def test_parts_that_are_missing_or_of_several_configurations(tmp_path):
    write_parquet(tmp_path / "one/train-00000-of-00003.parquet", [make_row(0)])
    write_parquet(tmp_path / "one/train-00002-of-00003.parquet", [make_row(0)])
    with pytest.raises(InputError, match="one: 2 of 3 files of the split are there"):
        find_source(tmp_path)
    write_parquet(tmp_path / "two/train/0000.parquet", [make_row(0)])
    with pytest.raises(InputError, match="in several folders: one, two/train"):
        find_source(tmp_path)


def test_a_part_with_other_columns(tmp_path):
    write_parquet(tmp_path / "train-0.parquet", [make_row(0)])
    write_parquet(tmp_path / "train-1.parquet", [{"image": make_row(0)["image"]}])
    with pytest.raises(InputError, match=r"train-1.parquet: column mask \(--mask\) is not there"):
        find_source(tmp_path)


def test_files_that_are_damaged_or_empty(tmp_path):
    path = write_parquet(tmp_path / "train.parquet", [make_row(n) for n in range(8)])
    whole = path.read_bytes()
    for content in (b"", b"<html>", whole[:-100]):
        path.write_bytes(content)
        with pytest.raises(InputError, match="train.parquet: damaged, or not a parquet file"):
            find_source(path)
    table = pa.Table.from_pylist([make_row(0)]).slice(0, 0)
    pa.parquet.write_table(table, path)
    with pytest.raises(InputError, match="train.parquet: no rows"):
        find_source(path)


@pytest.mark.parametrize(
    "cell, message",
    [
        (None, "row 1: has no mask$"),
        ({"bytes": None, "path": None}, "row 1: has no mask$"),
        ({"bytes": None, "path": "masks/7.png"}, "it lies in masks/7.png, outside the data set"),
    ],
)
def test_a_row_without_its_mask(tmp_path, cell, message):
    rows = [make_row(0), make_row(1) | {"mask": cell}]
    source = find_source(write_parquet(tmp_path / "train.parquet", rows))
    with pytest.raises(InputError, match=message):
        list(stream_rows(source))


def test_without_pyarrow(tmp_path, monkeypatch):
    path = write_parquet(tmp_path / "train.parquet", [make_row(0)])
    real = builtins.__import__

    def refuse(name, *others, **options):
        if name.startswith("pyarrow"):
            raise ImportError("No module named 'pyarrow'")
        return real(name, *others, **options)

    monkeypatch.setattr(builtins, "__import__", refuse)
    with pytest.raises(InputError, match=r"needs pyarrow .*: pip install 'jppnet-tf\[hf\]'"):
        find_source(path)
