"""Predictions of several people against the truth: files of either form, and networks."""

import dataclasses

import cv2
import numpy as np
import pytest

from jppnet_tf import InputError, Predictor
from jppnet_tf.data.cihp import GroupSplit, read_cihp
from jppnet_tf.evaluation.instance_files import PredictedFolder
from jppnet_tf.evaluation.instances import (
    find_missing,
    match_files,
    match_predictions,
    oracle_crops,
    predicted_instances,
    to_instances,
    true_boxes,
    without,
)
from jppnet_tf.evaluation.metrics.instance_scores import average_precision, score_matches
from jppnet_tf.evaluation.metrics.instances import Instances, match_image
from jppnet_tf.labels import ATR, CIHP, MHP
from jppnet_tf.predictions.formats import FORMATS
from jppnet_tf.predictions.people import People
from jppnet_tf.predictions.prediction import Prediction
from tests.data.test_cihp import CLASSES, PARTS, PEOPLE, save, write_labels

COUNT = len(CIHP.names)


@pytest.fixture
def split(tmp_path):
    """Two images of the same two people."""
    place = tmp_path / "cihp/Validation"
    for name in ("0000001", "0000002"):
        write_labels(place, name)
        save(place / f"Images/{name}.jpg", np.repeat(CLASSES[..., None], 3, axis=2))
    return read_cihp(tmp_path / "cihp", "val")


def perfect(scores=(0.9, 0.5)):
    people = People(scores=scores, boxes=np.ones((2, 4)))
    return Prediction(CLASSES, people, CIHP, person_map=PEOPLE)


@pytest.fixture
def results(tmp_path):
    """Perfect predictions of both, as the format cihp writes them."""
    for name in ("0000001", "0000002"):
        rgb = np.zeros((20, 30, 3), np.uint8)
        files = FORMATS["cihp"].files(name, rgb, perfect()) | FORMATS["mhp"].files(
            name, rgb, perfect()
        )
        for path, content in files.items():
            (tmp_path / "out" / path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / "out" / path).write_bytes(content)
    lines = "0000001 1 0.9 2 0.5\n0000002 1 0.9 2 0.5\n"
    (tmp_path / "out/mhp/results.txt").write_text(lines)
    return tmp_path / "out"


def score(split, folder, **options):
    return score_matches(match_files(split, folder, COUNT, processes=1, **options), COUNT)


def test_what_the_package_writes_is_read_and_perfect(split, results):
    for folder, is_mhp in ((results, False), (results / "cihp", False), (results / "mhp", True)):
        predicted = PredictedFolder.find(folder)
        assert predicted.is_mhp == is_mhp and not find_missing(split, predicted)
        scores = score(split, predicted)
        assert scores.mean_iou == 1 and scores.people == 4 and scores.parts == 6
        assert (scores.ap_p == 1).all() and (scores.pcp == 1).all() and (scores.ap_h == 1).all()
        assert (scores.ap_r[:, scores.occurs] == 1).all() and scores.occurs.sum() == 3
        np.testing.assert_allclose(scores.ap_r_by_threshold, 3 / 19)
        assert (scores.ap_r_of_occurring == 1).all()


def test_several_processes_give_the_same(split, results):
    predicted = PredictedFolder.find(results)
    many = score_matches(match_files(split, predicted, COUNT, processes=2), COUNT)
    np.testing.assert_array_equal(many.ap_r, score(split, predicted).ap_r)


def test_a_network_gives_what_its_files_give(split, results):
    matches = [
        match_image(to_instances(r.read()), predicted_instances(perfect(), CIHP), COUNT)
        for r in split.records
    ]
    found, files = score_matches(matches, COUNT), score(split, PredictedFolder.find(results))
    np.testing.assert_array_equal(found.ap_p, files.ap_p)
    np.testing.assert_array_equal(found.ap_r, files.ap_r)
    with pytest.raises(InputError, match="predicts 18 classes that are not those of this data set"):
        predicted_instances(dataclasses.replace(perfect(), classes=ATR), CIHP)
    with pytest.raises(InputError, match="which has 59"):
        predicted_instances(perfect(), MHP)


def test_ids_of_people_may_be_any(split):
    owners = np.array([0, 9, 4], np.uint8)[PEOPLE]
    people = People(ids=[9, 4], scores=[0.9, 0.5])
    found = predicted_instances(Prediction(CLASSES, people, CIHP, person_map=owners), CIHP)
    expected = predicted_instances(perfect(), CIHP)
    for (pixels, ids), (others, theirs) in zip(found.people, expected.people, strict=True):
        np.testing.assert_array_equal(pixels, others)
        np.testing.assert_array_equal(ids, theirs)


def test_a_class_that_is_left_out(split):
    truth = to_instances(split.records[0].read())
    found = without(truth, 9, is_truth=True)
    assert {*np.unique(found.classes)} == {0, 2, 13, 255} and found.part_classes.tolist() == [2, 13]
    assert {*np.unique(found.people[0][1])} == {0, 2}
    np.testing.assert_array_equal(found.parts == 2, PARTS == 33)
    predicted = without(predicted_instances(perfect(), CIHP), 9, is_truth=False)
    assert {*np.unique(predicted.classes)} == {0, 2, 13}
    scores = score_matches([match_image(found, predicted, COUNT)], COUNT, [9])
    assert scores.ap_r.shape == (9, 18) and scores.mean_iou == 1 and (scores.ap_p == 1).all()
    np.testing.assert_allclose(scores.ap_r_by_threshold, 2 / 18)


def change_text(path, text):
    path.write_text(text)


@pytest.mark.parametrize("path, content, told", [
    ("global_parsing", np.zeros((9, 9), np.uint8), "is 9 x 9, the image 30 x 20"),
    ("global_parsing", CLASSES + 20, "has class 33, there are 20"),
    ("global_tag", np.where(PEOPLE == 2, 3, PEOPLE), "2 scores, and the image shows person 3"),
    ("global_tag", "0.9\nx\n", "line 2: must be 1 numbers"),
    ("global_tag", "0.9\n0.5\n0.9\n0.5\n", "its lines come twice; keep the first 2"),
    ("instance_parsing", "2 0.9\n9 0.9\n", "2 lines, and the image shows part 3"),
    ("instance_parsing", "2 0.9\n9 0.9\n20 1\n", "class 20; classes are 1 to 19"),
    ("instance_parsing", "2 0.9\n9\n13 1\n", "line 2: must be 2 numbers"),
    ("instance_parsing", 2 * "2 0.9\n9 0.9\n13 1\n", "its lines come twice; keep the first 3"),
    ("instance_parsing", "2 nan\n9 0.9\n13 1\n", "line 1: must be 2 numbers"),
])  # fmt: skip
def test_files_that_are_wrong(split, results, path, content, told):
    file = results / "cihp" / path / "0000001.png"
    if isinstance(content, str):
        file.with_suffix(".txt").write_text(content)
    else:
        cv2.imwrite(str(file), content)
    with pytest.raises(InputError, match=told):
        score(split, PredictedFolder.find(results))


def test_folders_that_are_wrong(results, tmp_path):
    with pytest.raises(InputError, match="neither global_parsing, .* nor global_seg"):
        PredictedFolder.find(tmp_path)
    (tmp_path / "alone/global_parsing").mkdir(parents=True)
    with pytest.raises(InputError, match="has neither instance_parsing nor global_tag"):
        PredictedFolder.find(tmp_path / "alone")
    file = results / "mhp/results.txt"
    for text, told in (
        ("7 1\n", "line 1: must be an image, and number and score"),
        ("7 1 0.5\n7 1 0.5\n", "line 2: 7 came before"),
    ):
        file.write_text(text)
        with pytest.raises(InputError, match=told):
            PredictedFolder.find(results / "mhp")


def test_mhps_list_lacks_somebody(split, results):
    (results / "mhp/results.txt").write_text("0000001 1 0.9\n0000002 1 0.9 2 0.5\n")
    with pytest.raises(InputError, match="0000001 has scores of 1 people, and .* shows person 2"):
        score(split, PredictedFolder.find(results / "mhp"))


def test_missing_images_count_as_nothing_found(split, results):
    (results / "cihp/global_parsing/0000002.png").unlink()
    predicted = PredictedFolder.find(results)
    assert find_missing(split, predicted) == ["0000002"]
    scores = score(split, predicted)
    assert scores.people == 4 and (scores.ap_p == 0.5).all() and scores.mean_iou < 1
    allowed = score(split, predicted, allow_missing=True)
    assert allowed.people == 2 and (allowed.ap_p == 1).all() and allowed.mean_iou == 1


def test_people_or_parts_alone(split, results):
    for folder in ("instance_parsing", "global_tag"):
        (results / "cihp" / folder).rename(results / "cihp/away")
        predicted = PredictedFolder.find(results)
        assert predicted.has_parts != predicted.has_people
        scores = score(split, predicted)
        assert (scores.ap_p == predicted.has_people).all()
        assert scores.ap_r.any() == predicted.has_parts
        (results / "cihp/away").rename(results / "cihp" / folder)


def test_boxes_of_the_truth(split, small_model):
    labels = split.records[0].read()
    assert [box.xywh for box in true_boxes(labels)] == [[2, 2, 6, 16], [15, 5, 10, 10]]
    predictor = Predictor(small_model, (1,), False, (32, 32), class_scores=True, classes=CIHP)
    found = [*match_predictions(split, predictor, CIHP, oracle_crops())]
    assert len(found) == 2 and all(len(match.people) == 2 for match in found)
    nobody = [*match_predictions(split, predictor, CIHP, lambda record, labels: None)]
    assert not len(nobody[0].people) and nobody[0].true_classes.tolist() == [2, 1]
    other = dataclasses.replace(split.records[0], image=split.records[0].classes)
    save(split.records[0].classes.with_name("x.png"), np.zeros((5, 5, 3), np.uint8))
    other = dataclasses.replace(other, image=split.records[0].classes.with_name("x.png"))
    with pytest.raises(InputError, match="x.png: is of another size than its labels"):
        next(match_predictions(GroupSplit(split.folder, (other,)), predictor, CIHP, oracle_crops()))


def test_average_precision():
    assert average_precision(np.array([True, True]), 2) == 1
    assert average_precision(np.array([False, True]), 1) == 0.5
    assert average_precision(np.array([True, False, True]), 4) == pytest.approx(0.25 + 2 / 3 / 4)
    assert average_precision(np.array([], bool), 3) == 0


def test_images_of_different_sizes():
    empty = Instances(np.zeros((2, 2)), (), np.zeros((2, 2)), *(np.zeros(0),) * 3)
    with pytest.raises(ValueError, match="differ in size"):
        match_image(empty, dataclasses.replace(empty, classes=np.zeros((2, 3))), 20)
