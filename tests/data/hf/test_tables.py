import json

import numpy as np
import pytest

from jppnet_tf.data.hf.tables import ClassTable, find_table, read_table
from jppnet_tf.labels import ATR, LIP
from jppnet_tf.system.errors import InputError


def write(path, content):
    path.write_text(json.dumps(content))
    return path


def test_atr_becomes_lips_by_the_names_of_classes():
    table = find_table("absent", "atr")
    mask = np.arange(18, dtype=np.uint8).reshape(3, 6)
    label = table.translate(mask, "mask")
    assert label.dtype == np.uint8 and label.shape == (3, 6)
    for number, name in enumerate(ATR.names):
        expected = {"belt": 255, "bag": 0}.get(name)
        assert label.flat[number] == (LIP.names.index(name) if expected is None else expected), name
    # What LIP and ATR number differently: sunglasses, and the shoes, with their sides.
    assert (label.flat[3], label.flat[9], label.flat[10]) == (4, 18, 19)


def test_lips_own_ids_stay():
    table = find_table("absent", "lip")
    mask = np.array([[*range(20), 255]], np.uint8)
    np.testing.assert_array_equal(table.translate(mask, "mask"), mask)
    assert table.is_lip and not find_table("absent", "atr").is_lip
    assert find_table("absent", "cihp").ids[10] == 255  # the skin of the torso


def test_an_id_that_is_not_a_class_is_refused():
    mask = np.array([[0, 18, 200, 255]], np.uint8)
    with pytest.raises(InputError, match="a.parquet, row 3: mask: holds 18, 200, which atr does"):
        find_table("absent", "atr").translate(mask, "a.parquet, row 3: mask")


@pytest.mark.parametrize(
    "content",
    [
        {str(n): name.replace("-", " ").title() for n, name in enumerate(ATR.names)},
        {"id2label": {str(n): name.replace("-", "_").upper() for n, name in enumerate(ATR.names)}},
        list(ATR.names),
    ],
)
def test_the_file_beside_a_data_set_tells_its_classes(tmp_path, content):
    write(tmp_path / "id2label.json", content)
    (tmp_path / "data").mkdir()
    (tmp_path / "data/train.parquet").touch()
    for dataset in (tmp_path, tmp_path / "data/train.parquet"):
        assert find_table(dataset) == find_table(dataset, "atr")
        assert find_table(dataset).name == "atr"


def test_a_file_of_ones_own(tmp_path):
    path = write(tmp_path / "mine.json", {"0": "background", "1": "coat", "7": "Ignore"})
    table = find_table(tmp_path, str(path))
    assert table == ClassTable(str(path), {0: "background", 1: "coat", 7: "ignore"})
    mask = np.array([[0, 1, 7]], np.uint8)
    np.testing.assert_array_equal(table.translate(mask, "mask"), [[0, 7, 255]])
    with pytest.raises(InputError, match="holds 2, which .*mine.json does not name"):
        table.translate(mask[:, 1:2] + 1, "mask")


def test_classes_that_nothing_tells(tmp_path):
    with pytest.raises(InputError, match="no id2label.json tells its classes: give --classes"):
        find_table(tmp_path)
    with pytest.raises(InputError, match="--classes art: give one of lip, atr, cihp, or a .json"):
        find_table(tmp_path, "art")
    with pytest.raises(InputError, match="absent.json: cannot be read"):
        find_table(tmp_path, str(tmp_path / "absent.json"))


def test_classes_that_are_told_twice_must_agree(tmp_path):
    write(tmp_path / "id2label.json", list(LIP.names))
    assert find_table(tmp_path, "lip").name == "lip"
    with pytest.raises(InputError, match="names other classes than --classes atr has"):
        find_table(tmp_path, "atr")


def test_classes_that_lip_does_not_have(tmp_path):
    path = write(tmp_path / "id2label.json", {"0": "background", "1": "umbrella", "2": "hood"})
    with pytest.raises(InputError, match=r"counterpart in LIP: 1 \(umbrella\), 2 \(hood\); write"):
        read_table(path)
    path = write(tmp_path / "id2label.json", [f"thing {n}" for n in range(30)])
    with pytest.raises(InputError, match=r"9 \(thing-9\), and 20 more"):
        read_table(path)


@pytest.mark.parametrize("content", [{}, [], 7, {"a": "hat"}, {"0": 1}, {"300": "hat"}, [None]])
def test_a_file_that_is_not_of_classes(tmp_path, content):
    path = write(tmp_path / "classes.json", content)
    with pytest.raises(InputError, match="classes.json: must give a class to each id"):
        read_table(path)
