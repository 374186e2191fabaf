"""LIP as it lies on people's disks."""

import shutil

import numpy as np
import pytest

from jppnet_tf import InputError
from jppnet_tf.data.lip import read_joints, read_split

ROW = ",".join(["nan,nan,nan" if joint == 3 else f"{joint},{joint + 1},0" for joint in range(16)])


def touch(*paths):
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"")


def write(path, *lines):
    touch(path)
    path.write_text("".join(f"{line}\n" for line in lines))


@pytest.fixture(params=["released", "nested", "original"])
def lip(request, tmp_path):
    """Three training images: one without joints, one without label; and two to validate on."""
    root = tmp_path / "LIP"
    if request.param == "original":
        for name in ("a", "b", "c", "v", "w"):
            touch(root / f"images/{name}.jpg")
        for name in ("a", "b", "v", "w"):
            touch(root / f"labels/{name}.png", root / f"labels_rev/{name}.png")
        touch(*(root / f"heatmap/a_{joint}.png" for joint in range(16)))
        lines = [f"/images/{n}.jpg /labels/{n}.png /labels_rev/{n}.png" for n in "abc"]
        write(root / "list/train_rev.txt", *lines)
        write(root / "list/train_id.txt", "a", "b", "c")
        write(root / "list/val_id.txt", "v", "w")
        poses = root
    else:
        images, labels, poses = (
            root / f"TrainVal_{part}"
            for part in ("images", "parsing_annotations", "pose_annotations")
        )
        touch(*(images / f"train_images/{name}.jpg" for name in "abc"))
        touch(*(images / f"val_images/{name}.jpg" for name in "vw"))
        touch(*(labels / f"train_segmentations/{name}.png" for name in "ab"))
        touch(*(labels / f"val_segmentations/{name}.png" for name in "vw"))
        write(images / "train_id.txt", "a", "b", "c")
        write(images / "val_id.txt", "v", "w")
        reversed_labels = root / "Train_parsing_reversed_labels/train_segmentations_reversed"
        touch(reversed_labels / "a.png", reversed_labels / "b.png")
        touch(root / "Testing_images/testing_images/t.jpg")
        write(root / "Testing_images/test_id.txt", "t")
    write(poses / "lip_train_set.csv", f"a.jpg,{ROW}", f"c.jpg,{ROW}", f"x.jpg,{ROW}")
    write(poses / "lip_val_set.csv", f"w.jpg,{ROW}", f"v.jpg,{ROW}")
    if request.param == "nested":
        for folder in list(root.iterdir()):
            folder.rename(tmp_path / "moved")
            folder.mkdir()
            (tmp_path / "moved").rename(folder / folder.name)
    return root


def test_both_layouts_give_the_same_records_and_counts(lip):
    split = read_split(lip, "train")
    assert [record.name for record in split.records] == ["a", "b", "c"]
    assert all(record.image.is_file() for record in split.records)
    assert [record.label is not None for record in split.records] == [True, True, False]
    assert [record.reversed_label is not None for record in split.records] == [True, True, False]
    assert [record.joints is not None for record in split.records] == [True, False, True]
    assert (split.without_label, split.without_joints, split.rows_without_image) == (1, 1, 1)
    assert split.summary() == (
        "train: 3 images, 1 without label, 1 without joints; 1 rows of joints without image"
    )
    assert split.records[2].source.endswith("lip_train_set.csv, line 2")


def test_validation_joints_belong_to_images_by_name_not_by_line(lip):
    split = read_split(lip, "val")
    assert [record.name for record in split.records] == ["v", "w"]
    assert [record.source[-6:] for record in split.records] == ["line 2", "line 1"]


def test_the_test_split_has_images_only(lip):
    if (lip / "images").exists():
        pytest.skip("the original's layout has no test split")
    (record,) = read_split(lip, "test").records
    assert (record.name, record.label, record.joints) == ("t", None, None)


def test_heatmap_files_are_found(lip):
    first = read_split(lip, "train").records[0]
    assert (first.heatmap is not None) == (lip / "heatmap").exists()


def test_without_a_list_all_images_count(lip):
    for path in [*lip.rglob("train_id.txt"), *lip.rglob("train_rev.txt")]:
        path.unlink()
    names = [record.name for record in read_split(lip, "train").records]
    assert names[:3] == ["a", "b", "c"]


@pytest.fixture
def own(tmp_path):
    """Somebody's own data in LIP's layout; gives the folders of images, labels and joints."""
    images, labels = tmp_path / "val_images", tmp_path / "val_segmentations"
    return tmp_path, images, labels


def test_names_are_whole_whatever_is_in_them(own):
    root, images, labels = own
    names = ["img.v1", "img.v2", "my img", "Figure_1"]
    touch(images / "img.v1.jpg", images / "img.v2.jpg", images / "my img.png")
    touch(images / "Figure_1.JPG", images / "._Figure_1.JPG", images / "notes.doc")
    touch(*(labels / f"{name}.png" for name in names), labels / "._img.v1.png")
    rows = ["img.v2", "img.v1.jpg", "my img.png", "Figure_1.JPG"]
    write(root / "lip_val_set.csv", *(f"{name},{ROW}" for name in rows))
    split = read_split(root, "val")
    assert sorted(record.name for record in split.records) == sorted(names)
    assert all(record.label.name == f"{record.name}.png" for record in split.records)
    assert all(record.joints is not None for record in split.records)
    assert split.images_left_out == 1  # hidden files are nobody's
    assert split.summary().endswith("; 1 files among the images are none that is read")


@pytest.mark.parametrize(
    "line", ["my img.v2", '"my img.v2.PNG"', "x\\my img.v2.png", "x/my img.v2.png", "my img.v2  "]
)
def test_a_list_names_images_as_its_writer_did(own, line):
    root, images, labels = own
    touch(images / "my img.v2.PNG", images / "other.png", labels / "my img.v2.png")
    write(root / "val_id.txt", "x")
    (root / "val_id.txt").write_bytes(b"\xef\xbb\xbf" + line.encode() + b"\r\n\r\n")
    (record,) = read_split(root, "val").records
    assert record.name == "my img.v2" and record.image == images / "my img.v2.PNG"


def test_two_images_of_one_name_are_an_error(own):
    root, images, labels = own
    touch(images / "a.jpg", images / "a.png", labels / "a.png")
    with pytest.raises(InputError, match="a.png: a.jpg beside it has the same name"):
        read_split(root, "val")


def test_what_is_missing_is_listed_beside_what_was_found(lip):
    for name in ("train_segmentations", "labels"):
        for folder in list(lip.rglob(name)):
            shutil.rmtree(folder)
    with pytest.raises(InputError) as error:
        read_split(lip, "train")
    message = str(error.value)
    assert "no LIP train split: labels not found" in message
    assert "labels: looked for train_segmentations, labels: missing" in message
    assert "images: looked for train_images, images: found" in message


def test_a_listed_image_that_is_not_there(lip):
    next(lip.rglob("b.jpg")).unlink()
    with pytest.raises(InputError, match="1 images of .*train_id.txt are missing.* b.jpg"):
        read_split(lip, "train")


def test_no_folder_and_no_split(tmp_path):
    with pytest.raises(InputError, match="missing: no such folder"):
        read_split(tmp_path / "missing", "train")
    with pytest.raises(InputError, match="split must be train, val or test"):
        read_split(tmp_path, "training")


def test_joints_are_read_with_their_flags(tmp_path):
    write(tmp_path / "a.csv", f"a.jpg,{ROW}", "", f"b.jpg,{ROW.replace('5,6,0', '5,6,1')}")
    joints = read_joints(tmp_path / "a.csv")
    values, source = joints["b"]
    assert (values.dtype, values.shape) == (np.float32, (16, 3))
    assert np.isnan(values[3]).all() and list(values[5]) == [5, 6, 1]
    assert source == f"{tmp_path / 'a.csv'}, line 3"


@pytest.mark.parametrize(
    "line, reason",
    [
        (f"b.jpg,{ROW},1", "50 columns instead of 49"),
        ("b.jpg,1,2", "3 columns instead of 49"),
        ("b.jpg," + ROW.replace("5,6,0", "5,six,0"), "could not convert string to float: 'six'"),
        ("b.jpg," + ROW.replace("5,6,0", "inf,6,0"), "an infinite coordinate"),
        (f"a.jpg,{ROW}", "a came before: .*line 1"),
    ],
)
def test_malformed_rows_are_named_by_file_and_line(tmp_path, line, reason):
    write(tmp_path / "a.csv", f"a.jpg,{ROW}", line)
    with pytest.raises(InputError, match=f"a.csv, line 2: {reason}"):
        read_joints(tmp_path / "a.csv")


def test_a_table_as_pandas_writes_it(tmp_path):
    header = "image," + ",".join(f"{axis}{joint}" for joint in range(16) for axis in "xyv")
    write(tmp_path / "a.csv", header, f"b.jpg,{ROW.replace('nan', '')}", f"a.jpg,{ROW}")
    path = tmp_path / "a.csv"
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n"))
    joints = read_joints(path)
    assert list(joints) == ["b", "a"] and joints["b"][1].endswith("line 2")
    np.testing.assert_array_equal(joints["a"][0], joints["b"][0])


def test_joints_at_the_origin_are_told_and_can_be_missing(own):
    root, images, labels = own
    touch(images / "a.jpg", labels / "a.png")
    write(root / "lip_val_set.csv", "a.jpg," + ",".join(["0,0,0", "-1,-1,-1", *["0,5,0"] * 14]))
    split = read_split(root, "val")
    assert split.joints_at_origin == 2 and not np.isnan(split.records[0].joints).any()
    assert "2 joints at (0, 0) or (-1, -1): if these are missing, pass --zero" in split.summary()
    split = read_split(root, "val", zero_is_missing=True)
    assert split.joints_at_origin == 0 and "zero" not in split.summary()
    assert np.isnan(split.records[0].joints[:, 0]).tolist() == [True] * 2 + [False] * 14
