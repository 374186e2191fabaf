"""MHP v2 on disk."""

import numpy as np
import pytest
from PIL import Image

from jppnet_tf import InputError
from jppnet_tf.data.mhp import read_mhp


def save(path, ids, channel=0):
    values = np.zeros((*ids.shape, 3), np.uint8)
    values[..., channel] = ids
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(values).save(path)


@pytest.fixture
def people():
    """Two people who overlap in a column."""
    first, second = np.zeros((2, 6, 8), np.uint8)
    first[:, :4], second[:, 3:6], second[0, 3:6] = 12, 17, 4
    return first, second


def test_people_may_overlap(tmp_path, people):
    place = tmp_path / "LV-MHP-v2/val"
    for number, ids in enumerate(people, 1):
        save(place / f"parsing_annos/7_02_0{number}.png", ids)
    save(place / "images/7.jpg", people[0])
    (place.parent / "list").mkdir()
    (place.parent / "list/val.txt").write_text("7\n")
    (record,) = read_mhp(tmp_path, "val").records
    assert record.name == "7" and record.image.name == "7.jpg"
    labels = record.read()
    assert [len(pixels) for pixels, _ in labels.people] == [24, 18]
    assert labels.classes[2].tolist() == [12, 12, 12, 17, 17, 17, 0, 0]  # the later one's
    assert labels.part_classes == (12, 4, 17)
    assert [int((labels.parts == n).sum()) for n in (1, 2, 3)] == [18, 3, 15]


def test_labels_that_are_wrong(tmp_path, people):
    place = tmp_path / "val/parsing_annos"
    with pytest.raises(InputError, match="no val/parsing_annos"):
        read_mhp(tmp_path, "val")
    save(place / "7_02_01.png", people[0])
    with pytest.raises(InputError, match="7 has 2 people, but 1 files"):
        read_mhp(tmp_path, "val")
    save(place / "7_02_02.png", people[1], channel=2)  # as OpenCV would read it
    with pytest.raises(InputError, match="7_02_02.png: MHP's ids are in the red channel"):
        read_mhp(tmp_path, "val").records[0].read()
    save(place / "7_02_02.png", people[1] + 58)
    with pytest.raises(InputError, match="has 75, and MHP's classes are 0 to 58"):
        read_mhp(tmp_path, "val").records[0].read()
    save(place / "7_02_02.png", people[1][:4])
    with pytest.raises(InputError, match="7_02_02.png: is of another size than 7_02_01.png"):
        read_mhp(tmp_path, "val").records[0].read()
    (place / "7_02_02.png").write_bytes(b"not a picture")
    with pytest.raises(InputError, match="7_02_02.png: cannot be read"):
        read_mhp(tmp_path, "val").records[0].read()
    (tmp_path / "list").mkdir()
    (tmp_path / "list/val.txt").write_text("7\n8\n")
    with pytest.raises(InputError, match="no labels of 8"):
        read_mhp(tmp_path, "val")
