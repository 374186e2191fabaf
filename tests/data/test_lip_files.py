import numpy as np
import pytest

from jppnet_tf.data.lip import read_split
from jppnet_tf.data.lip_files import writing_split
from jppnet_tf.images.reading import read_ids
from jppnet_tf.system.errors import InputError


def write(folder, split="val", **options):
    joints = np.full((16, 3), np.nan)
    joints[3] = 12.345, 6, 1
    with writing_split(folder, split, **options) as writer:
        writer.add("b", b"jpeg of b", np.full((4, 5), 255, np.uint8), joints)
        writer.add("a", b"jpeg of a")


def test_a_split_is_read_as_it_was_written(tmp_path):
    write(tmp_path / "set")
    records = read_split(tmp_path / "set", "val").records
    assert [r.name for r in records] == ["b", "a"]
    assert records[0].image.read_bytes() == b"jpeg of b"
    np.testing.assert_array_equal(read_ids(records[0].label), np.full((4, 5), 255))
    np.testing.assert_allclose(records[0].joints[3], (12.35, 6, 1), atol=0.006)
    assert np.isnan(np.delete(records[0].joints, 3, axis=0)).all()
    assert records[1].label is None and records[1].joints is None


def test_a_split_that_is_there_is_kept_unless_told(tmp_path):
    write(tmp_path)
    with pytest.raises(InputError, match="val_id.txt: exists already; pass --overwrite"):
        write(tmp_path)
    write(tmp_path, "train")
    write(tmp_path, overwrite=True)
    assert len(read_split(tmp_path, "val").records) == 2


def test_nothing_is_left_of_a_split_that_failed(tmp_path):
    with pytest.raises(RuntimeError), writing_split(tmp_path / "set", "val") as writer:
        writer.add("a", b"jpeg")
        raise RuntimeError
    assert list((tmp_path / "set").iterdir()) == []
