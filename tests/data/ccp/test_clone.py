import numpy as np
import pytest
import scipy.io

from jppnet_tf.data.ccp.clone import read_clone, read_landmarks, read_tag_names, read_tags
from jppnet_tf.system.errors import InputError
from tests.data.ccp.made_up import SIZE_HW, TAGS, make_tags, write_clone


@pytest.fixture
def clone(tmp_path):
    write_clone(tmp_path)
    return tmp_path


def test_photographs_with_what_is_known_of_them(clone):
    photographs, names = read_clone(clone, read_landmarks(clone / "landmarks.npz"))
    assert names == TAGS
    assert [p.name for p in photographs] == ["0001", "0002", "0003", "0007", "0011", "0013"]
    assert [p.tags is not None for p in photographs] == [True] * 4 + [False] * 2
    assert all(p.landmarks.shape == (33, 4) for p in photographs)
    np.testing.assert_array_equal(read_tags(photographs[0], len(names)), make_tags())


def test_people_that_were_not_found_have_no_landmarks(clone):
    with np.load(clone / "landmarks.npz") as arrays:
        values = arrays["landmarks"].copy()
        values[1] = np.nan
        np.savez(clone / "landmarks.npz", name=arrays["name"], landmarks=values)
    found = read_landmarks(clone / "landmarks.npz")
    assert set(found) == {"0001", "0003", "0007", "0011", "0013"}


def test_a_tag_that_the_table_lacks_is_named(clone):
    cells = np.empty((1, 2), object)
    cells[0, 0], cells[0, 1] = "null", "toga"
    scipy.io.savemat(clone / "label_list.mat", {"label_list": cells})
    with pytest.raises(InputError, match="label_list.mat: tags that are not known: 'toga'"):
        read_tag_names(clone / "label_list.mat")


def test_a_label_of_another_size_names_both_files(clone):
    path = clone / "annotations" / "pixel-level" / "0002.mat"
    scipy.io.savemat(path, {"groundtruth": make_tags()[:-1]})
    photograph = read_clone(clone, {})[0][1]
    height, width = SIZE_HW
    expected = rf"0002.mat: is {width} x {height - 1}, but .*0002.jpg is {width} x {height}"
    with pytest.raises(InputError, match=expected):
        read_tags(photograph, len(TAGS))


def test_a_number_that_is_not_a_tags(clone):
    path = clone / "annotations" / "pixel-level" / "0002.mat"
    scipy.io.savemat(path, {"groundtruth": np.full(SIZE_HW, 59, np.uint8)})
    with pytest.raises(InputError, match="0002.mat: holds 59; there are 59 tags"):
        read_tags(read_clone(clone, {})[0][1], len(TAGS))


def test_a_label_without_photograph(clone):
    (clone / "photos" / "0003.jpg").unlink()
    with pytest.raises(InputError, match="photos: no photograph for 0003"):
        read_clone(clone, {})


@pytest.mark.parametrize("part", ["photos", "annotations"])
def test_a_folder_that_is_not_a_clone(clone, part):
    (clone / part).rename(clone / "elsewhere")
    with pytest.raises(InputError, match=f"{part}.*: no such folder; --source takes a clone"):
        read_clone(clone, {})


@pytest.mark.parametrize("content", [b"", b"x" * 200, b"MATLAB 5.0 MAT-file" + b"\0" * 300])
def test_a_damaged_mat_file_is_named(clone, content):
    path = clone / "annotations" / "pixel-level" / "0001.mat"
    path.write_bytes(content)
    with pytest.raises(InputError, match="0001.mat: "):
        read_tags(read_clone(clone, {})[0][0], len(TAGS))


def test_a_file_that_does_not_hold_landmarks(clone):
    with pytest.raises(InputError, match="no.npz: no such file"):
        read_landmarks(clone / "no.npz")
    (clone / "text.npz").write_text("x")
    with pytest.raises(InputError, match="text.npz: damaged, or not a file of landmarks"):
        read_landmarks(clone / "text.npz")
    np.savez(clone / "short.npz", name=np.array(["1"]), landmarks=np.zeros((1, 17, 4)))
    with pytest.raises(InputError, match=r"short.npz: landmarks must be floats \[1, 33, 4\]"):
        read_landmarks(clone / "short.npz")
