"""CIHP on disk: what is found, and what is refused."""

import cv2
import numpy as np
import pytest

from jppnet_tf import InputError
from jppnet_tf.data.cihp import read_cihp, split_people

CLASSES = np.zeros((20, 30), np.uint8)
CLASSES[2:10, 2:8], CLASSES[10:18, 2:8], CLASSES[5:15, 15:25] = 2, 9, 13
PEOPLE = np.where(CLASSES == 0, 0, np.where(CLASSES == 13, 2, 1)).astype(np.uint8)
PARTS = np.where(PEOPLE > 0, (PEOPLE - 1) * 20 + CLASSES, 0).astype(np.uint8)
LINES = "2 2 1\n9 9 1\n33 13 2\n"


def save(path, values):
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), values)


def write_labels(place, name="0000001", classes=CLASSES, people=PEOPLE, parts=PARTS, lines=LINES):
    save(place / f"Category_ids/{name}.png", classes)
    save(place / f"Human_ids/{name}.png", people)
    save(place / f"Instance_ids/{name}.png", parts)
    (place / f"Instance_ids/{name}.txt").write_text(lines)


@pytest.mark.parametrize("below", [
    "", "Validation", "instance-level_human_parsing/Validation",
    "instance-level_human_parsing/instance-level_human_parsing/Validation",
])  # fmt: skip
def test_it_is_found_however_it_is_nested(tmp_path, below):
    place = tmp_path / below
    write_labels(place)
    save(place / "Images/0000001.jpg", np.zeros((20, 30, 3), np.uint8))
    if below:
        write_labels(place.parent / "Training", "0000002")
    (record,) = read_cihp(tmp_path, "val").records
    assert record.name == "0000001" and record.image == place / "Images/0000001.jpg"
    labels = record.read()
    np.testing.assert_array_equal(labels.classes, CLASSES)
    assert [len(pixels) for pixels, _ in labels.people] == [96, 100]
    assert labels.part_classes == (2, 9, 13)
    assert [int((labels.parts == n).sum()) for n in (1, 2, 3)] == [48, 48, 100]


def test_the_list_decides(tmp_path):
    for name in ("0000001", "0000002", "0000003"):
        write_labels(tmp_path / "Validation", name)
    (tmp_path / "val_id.txt").write_text("0000003\n0000001.jpg\n\n")
    split = read_cihp(tmp_path, "val")
    assert [record.name for record in split.records] == ["0000003", "0000001"]
    assert split.summary().endswith("2 images, 2 of them without photograph")
    (tmp_path / "val_id.txt").write_text("0000003\n0000009\n")
    with pytest.raises(InputError, match="4 files are missing, such as Category_ids/0000009.png"):
        read_cihp(tmp_path, "val")
    with pytest.raises(InputError, match="no Training/Category_ids"):
        read_cihp(tmp_path, "train")


def test_parts_of_a_split_that_are_missing(tmp_path):
    save(tmp_path / "Validation/Category_ids/1.png", CLASSES)
    with pytest.raises(InputError, match="Validation: lacks Human_ids and Instance_ids"):
        read_cihp(tmp_path, "val")
    with pytest.raises(InputError, match="no such folder"):
        read_cihp(tmp_path / "none", "val")


@pytest.mark.parametrize("changes, told", [
    ({"classes": np.full((20, 30), 75, np.uint8)}, "has 75, and CIHP's classes are 0 to 19"),
    ({"people": PEOPLE[:10]}, "Human_ids.*: is of another size than .*Category_ids's"),
    ({"lines": "2 2 1\n9 9 1\n"}, "Instance_ids.*id 33 is not in 0000001.txt"),
    ({"lines": LINES + "33 13 2\n"}, "line 4: id 33 came before"),
    ({"lines": "2 2\n"}, "line 1: must be an id, a class and a person"),
    ({"lines": "300 2 1\n"}, "line 1: ids are 1 to 255, classes 1 to 19"),
    ({"lines": "2 20 1\n"}, "line 1: ids are 1 to 255, classes 1 to 19"),
])  # fmt: skip
def test_labels_that_are_wrong(tmp_path, changes, told):
    write_labels(tmp_path, **changes)
    (record,) = read_cihp(tmp_path, "val").records
    with pytest.raises(InputError, match=told):
        record.read()


def test_people_are_split_by_number():
    person_map = np.array([[2, 0, 1], [2, 2, 4]])
    classes = np.array([[5, 6, 7], [8, 9, 10]], np.uint8)
    found = split_people(person_map, classes)
    assert [pixels.tolist() for pixels, _ in found] == [[2], [0, 3, 4], [], [5]]
    assert [ids.tolist() for _, ids in found] == [[7], [5, 8, 9], [], [10]]
    assert len(split_people(person_map, classes, 6)) == 6
    assert split_people(np.zeros((2, 2), int), classes[:, :2]) == ()
