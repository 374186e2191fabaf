"""Scenes as CIHP has them, read by its reader."""

import cv2
import numpy as np
import pytest

from jppnet_tf import InputError
from jppnet_tf.data.cihp import read_cihp
from jppnet_tf.data.groups.composing import GroupMember, Scene
from jppnet_tf.data.groups.drawing import RenderedScenes
from jppnet_tf.data.groups.writing import write_groups
from jppnet_tf.images.reading import read_ids
from jppnet_tf.labels import LIP


def member(parsing, is_crowd=False):
    return GroupMember(np.zeros((17, 3), np.float32), parsing > 0, parsing, is_crowd)


def write(folder, *people):
    """A set of one scene of these people."""
    scene = Scene(np.zeros((*people[0].mask.shape, 3), np.uint8), people, 90)
    write_groups(folder, "val", 1, lambda number: scene, processes=1)
    (record,) = read_cihp(folder, "val").records
    return record, record.read()


def test_classes_people_and_parts(tmp_path):
    first, second = np.zeros((2, 8, 8), np.uint8)
    first[:4, :3], first[4:, :3] = LIP.names.index("hair"), LIP.names.index("jumpsuits")
    second[:, 5:] = LIP.names.index("pants")
    second[0, 5] = 255
    crowd = np.zeros((8, 8), np.uint8)
    crowd[:, 4] = 255
    record, labels = write(
        tmp_path, member(crowd, is_crowd=True), member(first), member(second)
    )  # fmt: skip
    assert record.image.name == "000000000000.jpg" and record.image.parent.name == "Images"
    assert labels.classes[0].tolist() == [2, 2, 2, 0, 255, 255, 9, 9]
    assert labels.classes[7].tolist() == [6, 6, 6, 0, 255, 9, 9, 9]  # jumpsuits are dresses
    assert [len(pixels) for pixels, _ in labels.people] == [24, 24]
    assert labels.part_classes == (2, 6, 9)
    assert labels.parts[0].tolist() == [1, 1, 1, 0, 0, 0, 3, 3]
    lines = (record.lines).read_text().splitlines()
    assert lines == ["2 2 1", "6 6 1", "29 9 2"]


def test_no_byte_is_wrapped(tmp_path):
    people = []
    for number in range(15):
        parsing = np.zeros((20, 60), np.uint8)
        parsing[: 20 - number, 4 * number : 4 * number + 3] = 19
        people.append(member(parsing))
    record, labels = write(tmp_path, *people)
    assert len(labels.people) == 12 and read_ids(record.parts).max() == 11 * 20 + 19
    assert (labels.classes[0, 48::4] == 255).all()  # the three smallest do not count


def test_drawn_scenes_are_read_as_they_were_drawn(tmp_path):
    draw = RenderedScenes(3, (2, 3), 160)
    write_groups(tmp_path, "train", 6, draw, processes=1)
    records = read_cihp(tmp_path, "train").records
    assert len(records) == 6
    for number, record in enumerate(records):
        labels, scene = record.read(), draw(number)
        single = [each for each in scene.people if not each.is_crowd]
        assert len(labels.people) == len(single)
        for (pixels, _), each in zip(labels.people, single, strict=True):
            np.testing.assert_array_equal(pixels, np.flatnonzero(each.parsing))


def test_pictures_for_people_are_refused(tmp_path):
    parsing = np.full((8, 8), 5, np.uint8)
    record, _ = write(tmp_path, member(parsing))
    cv2.imwrite(str(record.classes), np.full((8, 8), 75, np.uint8))
    with pytest.raises(InputError, match="has 75, .* such as those in Categories"):
        record.read()
    for name in ("Category_ids", "Human_ids", "Instance_ids"):
        folder = tmp_path / "Validation" / name
        folder.rename(folder.with_name({"Category_ids": "Categories"}.get(name, name[:5])))
    with pytest.raises(InputError, match="no Validation/Category_ids .*; Categories, Human and"):
        read_cihp(tmp_path, "val")
