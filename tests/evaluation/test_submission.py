import json
import zipfile

import cv2
import numpy as np
import pytest

from jppnet_tf.data.lip import Record
from jppnet_tf.evaluation.submission import write_submission
from jppnet_tf.system.errors import InputError
from tests.made_up_labels import CLASSES


@pytest.fixture
def predicted(tmp_path):
    """Records of two images, and a folder with their predictions."""
    (tmp_path / "results/pose").mkdir(parents=True)
    (tmp_path / "results/parsing").mkdir()
    records = []
    for place, name in enumerate(["b", "a"]):
        cv2.imwrite(str(tmp_path / f"{name}.jpg"), np.zeros((12, 10 + place, 3), np.uint8))
        write_ids(tmp_path / f"results/parsing/{name}.png", np.full((12, 10 + place), place))
        text = " ".join(str(place + i) for i in range(32))
        (tmp_path / f"results/pose/{name}.txt").write_text(text)
        records.append(Record(name, tmp_path / f"{name}.jpg"))
    return records, tmp_path / "results"


def write_ids(path, ids):
    cv2.imwrite(str(path), ids.astype(np.uint8))


def test_both_files(predicted, tmp_path):
    records, results = predicted
    written = write_submission(records, results, tmp_path / "out")
    assert [path.name for path in written] == ["parsing.zip", "pose.csv"]
    with zipfile.ZipFile(written[0]) as archive:
        assert archive.namelist() == ["b.png", "a.png"]
        assert archive.read("a.png") == (results / "parsing/a.png").read_bytes()
    lines = written[1].read_text().splitlines()
    assert lines[0] == "b.jpg," + ",".join(map(str, range(32)))
    assert lines[1].startswith("a.jpg,1,2,")


def test_one_task_alone(predicted, tmp_path):
    records, results = predicted
    written = write_submission(records, results / "pose", tmp_path / "out")
    assert [path.name for path in written] == ["pose.csv"]
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["pose.csv"]


@pytest.mark.parametrize(
    "ids, message",
    [
        (np.zeros((12, 9)), "a.png: 9 x 12, but .*a.jpg is 11 x 12"),
        (np.full((12, 11), 20), "a.png: has ids that are not classes: 20"),
        (None, "label maps for 1 of 2 images are missing, the first of them a$"),
    ],
)
def test_what_the_server_would_refuse(predicted, tmp_path, ids, message):
    records, results = predicted
    (results / "parsing/a.png").unlink()
    if ids is not None:
        write_ids(results / "parsing/a.png", ids)
    with pytest.raises(InputError, match=message):
        write_submission(records, results, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_joints_that_are_no_numbers(predicted, tmp_path):
    records, results = predicted
    (results / "pose/a.txt").write_text("nan " * 32)
    with pytest.raises(InputError, match="a.txt: a coordinate is not a number"):
        write_submission(records, results, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_nothing_to_pack(predicted, tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="empty: no predictions"):
        write_submission(predicted[0], tmp_path / "empty", tmp_path / "out")


def test_other_classes_than_lips_are_refused(predicted, tmp_path):
    records, results = predicted
    (results / "settings.json").write_text(json.dumps({"classes": CLASSES.names}))
    with pytest.raises(InputError, match="settings.json: .* of 7 classes, .* the 20 .* background"):
        write_submission(records, results, tmp_path / "out")
    with pytest.raises(InputError, match="of 7 classes"):
        write_submission(records, results / "pose", tmp_path / "out")
    assert not (tmp_path / "out").exists()
