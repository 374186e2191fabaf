import pytest

from jppnet_tf import InputError
from jppnet_tf.system.files import check_output, replacing, write_bytes


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path):
    path = tmp_path / "result"
    write_bytes(path, b"old")
    with pytest.raises(RuntimeError), replacing(path) as temporary:
        temporary.write_bytes(b"half")
        raise RuntimeError
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_the_longest_name_that_the_disk_allows_can_be_written(tmp_path):
    path = tmp_path / ("x" * 255)
    write_bytes(path, b"new")
    assert path.read_bytes() == b"new"


def test_outputs_that_cannot_be_written_are_refused(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="does not exist"):
        check_output(tmp_path / "missing/out", overwrite=False)
    with pytest.raises(InputError, match="file is not a folder"):
        check_output(tmp_path / "file/out", overwrite=False)
    with pytest.raises(InputError, match="--overwrite"):
        check_output(tmp_path / "file", overwrite=False)
    check_output(tmp_path / "file", overwrite=True)
    assert list(tmp_path.iterdir()) == [tmp_path / "file"]
