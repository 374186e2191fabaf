import json

import numpy as np
import pytest

from jppnet_tf.labels import LIP, LIP_JOINTS
from jppnet_tf.predictions import reading
from jppnet_tf.system.errors import InputError
from tests.made_up_labels import CLASSES, JOINTS

POINTS = np.arange(32.0).reshape(16, 2)


def csv_row(name, numbers):
    return ",".join([name, *map(str, numbers)]) + "\n"


@pytest.fixture
def write_csv(tmp_path):
    def write(*rows):
        path = tmp_path / "pose.csv"
        path.write_text("".join(csv_row(*row) for row in rows))
        return path

    return write


def test_label_maps_are_found_and_coloured_ones_left_aside(tmp_path):
    for name in ("a.png", "a_vis.png", "b.c.png", "notes.txt"):
        (tmp_path / name).touch()
    assert reading.find_parsing(tmp_path) == {
        "a": tmp_path / "a.png",
        "b.c": tmp_path / "b.c.png",
    }


def test_the_folders_of_infer_are_known(tmp_path):
    (tmp_path / "parsing").mkdir()
    (tmp_path / "pose").mkdir()
    (tmp_path / "parsing/a.png").touch()
    (tmp_path / "pose/a.txt").write_text(" ".join(map(str, range(32))))
    assert reading.find_parsing(tmp_path) == {"a": tmp_path / "parsing/a.png"}
    points, where = reading.find_pose(tmp_path)["a"]
    np.testing.assert_array_equal(points, POINTS)
    assert where == str(tmp_path / "pose/a.txt")


@pytest.mark.parametrize("width", [2, 3])
def test_csv_with_and_without_a_third_number(write_csv, width):
    numbers = np.full((16, width), 0.5)
    numbers[:, :2] = POINTS
    path = write_csv(("x/a.jpg", numbers.ravel()), ("b", numbers.ravel()))
    found = reading.find_pose(path)
    assert list(found) == ["a", "b"]
    np.testing.assert_array_equal(found["b"][0], POINTS)
    assert found["b"][1] == f"{path}, line 2"


@pytest.mark.parametrize(
    "rows, message",
    [
        ([("a", range(32)), ("b", range(31))], "line 2: 31 numbers instead of 32 or 48"),
        ([("a", range(32)), ("a.jpg", range(32))], "line 2: a came before: .*line 1"),
        ([("a", ["x", *range(31)])], "line 1: could not convert"),
        ([("a", ["inf", *range(31)])], "line 1: inf is not a coordinate"),
        ([("a", [-2e9, *range(31)])], r"line 1: 2e\+09 is not a coordinate"),
    ],
)
def test_bad_csv_names_the_line(write_csv, rows, message):
    with pytest.raises(InputError, match=message):
        reading.find_pose(write_csv(*rows))


def test_our_own_lines(tmp_path):
    path = tmp_path / "predictions.jsonl"
    keypoints = np.c_[POINTS, np.ones(16)].tolist()
    lines = [{"name": "x/a.b", "keypoints": keypoints}, {"name": "parsed only", "keypoints": None}]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    for place in (path, tmp_path):
        assert [*reading.find_pose(place)] == ["a.b"]
        np.testing.assert_array_equal(reading.find_pose(place)["a.b"][0], POINTS)
    path.write_text(path.read_text() + '{"name": "cut o\n')
    with pytest.raises(InputError, match="line 3: not a line of a predictions.jsonl"):
        reading.find_pose(path)


def test_a_run_is_scored_by_its_exact_record_not_by_rounded_texts(tmp_path):
    (tmp_path / "pose").mkdir()
    (tmp_path / "pose/a.txt").write_text(" ".join(["12"] * 64))  # of two people, in boxes
    lines = [
        {"name": "a", "keypoints": [[1.0, 1.0, 1.0]] * 16},
        {"name": "a", "keypoints": [[12.37, 3.0, 1.0]] * 16},  # the last one counts
    ]
    path = tmp_path / "predictions.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    np.testing.assert_array_equal(reading.find_pose(tmp_path)["a"][0], [[12.37, 3.0]] * 16)
    person = {"box": [0, 0, 1, 1], "keypoints": [[0, 0, 1]] * 16}
    crowd = {"name": "a", "keypoints": None, "people": [person, person]}
    path.write_text(path.read_text() + json.dumps(crowd) + "\n")
    with pytest.raises(InputError, match="line 3: a has 2 people: which one to score"):
        reading.find_pose(tmp_path)


def test_hidden_files_are_nobodys_predictions(tmp_path):
    for name in ("._a.png", ".b.txt", "a.PNG"):
        (tmp_path / name).write_bytes(b"\0")
    assert list(reading.find_parsing(tmp_path)) == ["a"]
    assert reading.find_pose(tmp_path) == {}


@pytest.mark.parametrize("find", [reading.find_parsing, reading.find_pose])
def test_nothing_there(tmp_path, find):
    with pytest.raises(InputError, match="missing: no such"):
        find(tmp_path / "missing")


@pytest.mark.parametrize("content", ["1 2 3", "x " * 32, "\xff"])
def test_text_that_is_no_joints(tmp_path, content):
    (tmp_path / "a.txt").write_bytes(content.encode("latin-1"))
    with pytest.raises(InputError, match="a.txt: "):
        reading.find_pose(tmp_path)


def test_every_image_needs_one_prediction_and_every_prediction_an_image():
    places = {"a": "x.csv, line 1", "c": "x.csv, line 2"}
    reading.check_names(places, ["a", "c"], ["a", "b", "c"], "joints", "x.csv")
    with pytest.raises(InputError, match="x.csv: joints for 1 of 2 images are missing, .* b!$"):
        reading.check_names(places, ["a", "b"], ["a", "b", "c"], "joints", "x.csv", "!")
    with pytest.raises(InputError, match=r"x.csv, line 2: there is no image c .*\(1 such joints"):
        reading.check_names(places, ["a"], ["a", "b"], "joints", "x.csv")
    reading.check_names(places, ["a"], None, "joints", "x.csv")


def test_a_csv_beside_label_maps(write_csv, tmp_path):
    path = write_csv(("a", range(32)))
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())  # as spreadsheets begin their files
    (tmp_path / "a.png").touch()
    assert list(reading.find_pose(tmp_path)) == list(reading.find_parsing(tmp_path)) == ["a"]
    (tmp_path / "other.csv").touch()
    with pytest.raises(InputError, match="holds 2 CSV files"):
        reading.find_pose(tmp_path)


def test_a_joint_that_was_not_found_may_be_nan(write_csv):
    path = write_csv(("a", ["nan", -5, *range(30)]))
    assert np.isnan(reading.find_pose(path)["a"][0][0, 0])


def test_other_joints(write_csv, tmp_path):
    points = np.arange(34.0).reshape(17, 2)
    found = reading.find_pose(write_csv(("a", points.ravel())), JOINTS)
    np.testing.assert_array_equal(found["a"][0], points)
    with pytest.raises(InputError, match="line 1: 32 numbers instead of 34 or 51"):
        reading.find_pose(write_csv(("a", range(32))), JOINTS)
    (tmp_path / "pose.csv").unlink()
    (tmp_path / "a.txt").write_text(" ".join(map(str, range(34))))
    np.testing.assert_array_equal(reading.find_pose(tmp_path, JOINTS)["a"][0], points)
    line = {"name": "b", "keypoints": np.c_[points, np.ones(17)].tolist()}
    (tmp_path / "predictions.jsonl").write_text(json.dumps(line) + "\n")
    np.testing.assert_array_equal(reading.find_pose(tmp_path, JOINTS)["b"][0], points)


def test_what_the_settings_of_a_run_state_is_believed(tmp_path):
    stated = {"classes": CLASSES.names, "joints": JOINTS.names}
    (tmp_path / "settings.json").write_text(json.dumps(stated))
    reading.check_vocabulary(tmp_path / "pose", CLASSES, JOINTS)
    reading.check_vocabulary(tmp_path)
    with pytest.raises(InputError, match="are of 7 classes, which are not the 20 that are wanted"):
        reading.check_vocabulary(tmp_path, LIP, JOINTS)
    with pytest.raises(InputError, match="are of 17 joints"):
        reading.check_vocabulary(tmp_path / "predictions.jsonl", CLASSES, LIP_JOINTS)


@pytest.mark.parametrize("content", ["", "[1]", '{"classes": 3}', '{"joints": null}'])
def test_settings_that_state_nothing_refuse_nothing(tmp_path, content):
    reading.check_vocabulary(tmp_path, LIP, LIP_JOINTS)
    (tmp_path / "settings.json").write_text(content)
    assert reading.check_vocabulary(tmp_path, LIP, LIP_JOINTS) is None
