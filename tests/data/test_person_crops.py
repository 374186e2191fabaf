"""People of data sets of several, cut out one by one."""

import cv2
import numpy as np
import pytest

from jppnet_tf import InputError
from jppnet_tf.data.cihp import read_cihp
from jppnet_tf.data.lip import read_split
from jppnet_tf.data.mhp import MhpRecord
from jppnet_tf.data.person_crops import mhp_to_lip, write_person_crops
from jppnet_tf.images.reading import read_ids, read_image
from jppnet_tf.labels import LIP, MHP
from tests.data.test_cihp import save, write_labels


@pytest.fixture
def source(tmp_path):
    """Two people of 40 x 60, who touch, and one who is tiny."""
    classes, people = np.zeros((2, 100, 120), np.uint8)
    classes[10:70, 10:50], classes[10:70, 50:90], classes[90:96, 5:15] = 10, 5, 13
    people[10:70, 10:50], people[10:70, 50:90], people[90:96, 5:15] = 1, 2, 3
    parts = np.where(people > 0, (people - 1) * 20 + classes, 0)
    lines = "".join(f"{i} {i % 20} {i // 20 + 1}\n" for i in np.unique(parts[parts > 0]))
    write_labels(tmp_path / "cihp/Validation", "0000001", classes, people, parts, lines)
    photo = np.repeat(classes[..., None] * 10, 3, axis=2)
    save(tmp_path / "cihp/Validation/Images/0000001.jpg", photo)
    return read_cihp(tmp_path / "cihp", "val")


def test_everybody_becomes_a_sample_of_lips(source, tmp_path):
    seen = []
    counts = write_person_crops(
        source, tmp_path / "crops", "val", on_image=lambda: seen.append(1)
    )  # fmt: skip
    assert counts == (2, 1) and seen == [1]
    records = read_split(tmp_path / "crops", "val").records
    assert [record.name for record in records] == ["0000001_1", "0000001_2"]
    first, second = (read_ids(record.label) for record in records)
    # Boxes are enlarged by a tenth, and the neighbour in them is background.
    assert first.shape == (72, 48) and read_image(records[0].image).shape == (72, 48, 3)
    assert (first[6:66, 4:44] == 10).all() and not first[:, 44:].any() and not first[:6].any()
    assert {*np.unique(second)} == {0, 5} and not second[:, :4].any()
    assert records[0].joints is None
    with pytest.raises(InputError, match="exists already; pass --overwrite"):
        write_person_crops(source, tmp_path / "crops", "val")
    assert write_person_crops(source, tmp_path / "crops", "val", overwrite=True) == (2, 1)


def test_nothing_is_left_of_a_split_that_cannot_be_read(source, tmp_path):
    cv2.imwrite(str(source.records[0].people), np.zeros((3, 3), np.uint8))
    with pytest.raises(InputError, match="is of another size"):
        write_person_crops(source, tmp_path / "crops", "train")
    assert not [*(tmp_path / "crops").iterdir()]
    alone = type(source)(source.folder, (MhpRecord("9", None, ()),))
    with pytest.raises(InputError, match="no photograph of 9"):
        write_person_crops(alone, tmp_path / "crops", "train")


def test_mhps_classes_in_lips_ids():
    table = mhp_to_lip()
    names = {name: table[id_] for id_, name in enumerate(MHP.names)}
    assert names["left-hand"] == LIP.names.index("left-arm")
    assert names["right-sandal"] == LIP.names.index("right-shoe")
    assert names["jacket/windbreaker/hoodie"] == LIP.names.index("coat")
    assert names["torso-skin"] == names["belt"] == 255
    assert names["background"] == names["umbrella"] == names["backpack"] == 0
    # Left and right stay what they are: mirrored, both tables say the same.
    lips, mhps = np.array([*LIP.mirror, *range(20, 256)]), np.array(MHP.mirror)
    np.testing.assert_array_equal(table[mhps], lips[table[: len(MHP.names)]])
