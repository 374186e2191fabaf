import json

import cv2
import numpy as np
import pytest

from jppnet_tf.evaluation.metrics.datasets import LIP_CLASSES, ParsingDataset
from jppnet_tf.evaluation.metrics.tally import JudgedImage, Tally
from jppnet_tf.evaluation.report import charts, folder
from jppnet_tf.evaluation.report.comparison import draw_comparison
from jppnet_tf.system.errors import InputError
from tests.made_up_labels import CLASSES, JOINTS


def tally_images(count, parsing=True, pose=True):
    """Image i has i of its ten rows right, and all joints."""
    tally = Tally()
    for i in range(count):
        label = np.full((10, 12), 5, np.uint8)
        predicted = label.copy()
        predicted[i:] = 6
        joints = np.c_[np.arange(32.0).reshape(16, 2), np.zeros(16)]
        masks = (label, predicted) if parsing else (None, None)
        tally.update(JudgedImage(f"image {i}", *masks, *[joints if pose else None] * 2))
    return tally


def make_result(tally):
    return folder.Result(tally, LIP_CLASSES, {"weights": "w"}, {"baseline": tally.scores()})


def test_everything_is_written(tmp_path):
    drawn = []
    result = make_result(tally_images(5))
    folder.write_report(tmp_path, result, lambda name: drawn.append(name) or b"jpeg")
    written = {str(p.relative_to(tmp_path)) for p in tmp_path.rglob("*") if p.is_file()}
    assert written == {
        "scores.json", "report.md", "parsing.csv", "classes.csv", "pckh.csv", "joints.csv",
        "kinds.csv", "images.csv", "classes.png", "confusion.png", "pckh_curve.png",
        "images/worst_1.jpg", "images/worst_2.jpg", "images/best_1.jpg", "images/best_2.jpg",
    }  # fmt: skip
    assert drawn == ["image 0", "image 1", "image 4", "image 3"]
    text = (tmp_path / "report.md").read_text()
    for path in written - {"report.md", "scores.json"}:
        assert not path.endswith((".png", ".jpg")) or f"({path})" in text, path
    assert "image 4: mean IoU 20.0, 14 of 14 joints right" in text


def test_scores_for_programs(tmp_path):
    folder.write_report(tmp_path, make_result(tally_images(5)))
    scores = json.loads((tmp_path / "scores.json").read_text())
    assert scores["weights"] == "w"
    assert scores["parsing"]["overall_accuracy"] == 20
    assert scores["parsing"]["iou"]["upper-clothes"] == 20
    assert scores["parsing"]["iou"]["hat"] is None
    assert scores["pckh"]["total"] == 100 and scores["pckh"]["joints"]["head"] == 100
    assert scores["kinds"]["small"]["images"] == 5
    assert scores["baselines"]["baseline"]["pckh"]["wrist"] == 100


@pytest.mark.parametrize("task", ["parsing", "pose"])
def test_a_task_that_was_not_judged_has_no_tables(tmp_path, task):
    tally = tally_images(3, **{"parsing": task == "parsing", "pose": task == "pose"})
    result = make_result(tally)
    names = {table.name for table in result.tables()}
    assert names == {
        "parsing": {"parsing", "classes", "kinds"}, "pose": {"pckh", "joints", "kinds"},
    }[task]  # fmt: skip
    folder.write_report(tmp_path, result)
    assert (tmp_path / "confusion.png").exists() == (task == "parsing")


def test_an_earlier_report_goes_and_nothing_else(tmp_path):
    folder.write_report(tmp_path, make_result(tally_images(9)), lambda name: b"jpeg")
    (tmp_path / "mine.csv").touch()
    folder.write_report(tmp_path, make_result(tally_images(3, pose=False)))
    left = {path.name for path in tmp_path.rglob("*") if path.is_file()}
    assert left == {
        "mine.csv", "scores.json", "report.md", "parsing.csv", "classes.csv", "kinds.csv",
        "images.csv", "classes.png", "confusion.png",
    }  # fmt: skip
    assert "joints right" not in (tmp_path / "report.md").read_text()


def test_files_of_others_are_not_replaced_unless_told(tmp_path):
    (tmp_path / "images.csv").write_text("mine")
    with pytest.raises(InputError, match="images.csv there was written by no evaluation"):
        folder.make_folder(tmp_path)
    assert (tmp_path / "images.csv").read_text() == "mine"
    folder.make_folder(tmp_path, overwrite=True)
    folder.write_report(tmp_path, make_result(tally_images(3)))
    folder.make_folder(tmp_path)  # now they are its own
    written = json.loads((tmp_path / "scores.json").read_text())["written"]
    files = {p.relative_to(tmp_path).as_posix() for p in tmp_path.rglob("*") if p.is_file()}
    assert set(written) == files


def test_a_report_that_was_interrupted_is_known_to_be_ones_own(tmp_path, monkeypatch):
    result = make_result(tally_images(3))
    monkeypatch.setattr(folder, "_describe_all", lambda _: 1 / 0)  # when all else is written
    with pytest.raises(ZeroDivisionError):
        folder.write_report(tmp_path, result)
    monkeypatch.undo()
    folder.make_folder(tmp_path)
    folder.write_report(tmp_path, result)


def test_a_list_of_files_does_not_lead_out_of_the_folder(tmp_path):
    (tmp_path / "mine").touch()
    (tmp_path / "out").mkdir()
    (tmp_path / "out/scores.json").write_text('{"written": ["../mine", "scores.json"]}')
    folder.remove_report(tmp_path / "out")
    assert (tmp_path / "mine").exists() and not list((tmp_path / "out").iterdir())


def test_no_image_is_both_worst_and_best():
    images = tally_images(3).images
    shown = folder.choose_images(images)
    assert [image.name for image in shown["worst"]] == ["image 0"]
    assert [image.name for image in shown["best"]] == ["image 2"]
    assert folder.choose_images(images[:1]) == {}


def test_a_folder_that_cannot_be(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="file: cannot be the folder"):
        folder.make_folder(tmp_path / "file")


def test_charts_are_pictures_and_always_the_same():
    confusion = np.eye(3, dtype=int) * 5
    for draw in (
        lambda: charts.draw_classes(["a", "b", "c"], np.array([5, np.nan, 70])),
        lambda: charts.draw_confusion(["a", "b"], confusion),
    ):
        picture = draw()
        assert picture == draw()
        assert cv2.imdecode(np.frombuffer(picture, np.uint8), cv2.IMREAD_COLOR).std() > 1


def test_a_comparison_shows_prediction_and_truth():
    rgb = np.full((40, 30, 3), 128, np.uint8)
    label = np.zeros((40, 30), np.uint8)
    label[10:30] = 5
    label[35:] = 255
    joints = np.full((16, 3), np.nan)
    blank = draw_comparison(rgb, (None, None), (None, None))
    picture = draw_comparison(rgb, (None, None), (label, joints))
    blank, picture = (cv2.imdecode(np.frombuffer(p, np.uint8), 1) for p in (blank, picture))
    half = picture.shape[1] // 2
    assert np.abs(picture[:, : half - 20].astype(int) - blank[:, : half - 20]).mean() < 1
    assert np.abs(picture[:, half:].astype(int) - blank[:, half:]).mean() > 5


def test_a_report_on_other_classes_and_joints(tmp_path):
    dataset = ParsingDataset.of(CLASSES, "birds", "Birds")
    tally = Tally(dataset, JOINTS)
    label, points = np.full((10, 12), 6, np.uint8), np.arange(34.0).reshape(17, 2)
    tally.update(JudgedImage("a", label, label, points, points))
    folder.write_report(tmp_path, folder.Result(tally, dataset, {}))
    scores = json.loads((tmp_path / "scores.json").read_text())
    assert scores["parsing"]["iou"]["right claw"] == 100
    assert tuple(scores["pckh"]["joints"]) == JOINTS.names
    assert "structure_error" not in scores["parsing"]
    text = (tmp_path / "report.md").read_text()
    assert "# Birds: scores" in text and "| tail tip |" in text


def test_a_comparison_of_other_classes_and_joints():
    rgb, label = np.full((40, 30, 3), 128, np.uint8), np.full((40, 30), 7, np.uint8)
    label[:20] = 6
    points = np.full((17, 2), np.nan)
    points[JOINTS.names.index("head")] = points[JOINTS.names.index("neck")] = 10, 35
    plain = draw_comparison(rgb, (label, None), (label, None), CLASSES, JOINTS)
    picture = draw_comparison(rgb, (label, points), (label, None), CLASSES, JOINTS)
    plain, picture = (cv2.imdecode(np.frombuffer(p, np.uint8), 1) for p in (plain, picture))
    half = picture.shape[1] // 2
    assert np.abs(picture[:, : half - 20].astype(int) - plain[:, : half - 20]).max() > 50
    assert np.abs(picture[:, half + 20 :].astype(int) - plain[:, half + 20 :]).max() < 50
    red, green, blue = CLASSES.palette[6]
    coloured = picture[picture.shape[0] // 4, half // 2, ::-1].astype(int)
    # 0.55 of the class's colour over grey, give or take what JPEG makes of it.
    np.testing.assert_allclose(coloured, 0.55 * np.array([red, green, blue]) + 0.45 * 128, atol=9)
