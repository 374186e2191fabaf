import dataclasses
import json

import numpy as np
import pytest

from jppnet_tf.predictions.formats import FORMATS, lip, openpose
from jppnet_tf.predictions.people import People
from jppnet_tf.predictions.prediction import Prediction


@pytest.mark.parametrize("name, count", [("openpose18", 18), ("openpose25", 25), ("mpi15", 15)])
def test_openpose_json(name, count, prediction, write):
    ((path, value),) = write(name, prediction).items()
    assert path == f"{name}/sub/a_keypoints.json"
    assert set(value) == {"version", "people"} and value["version"] == 1.3
    (person,) = value["people"]
    empty = {key for key, numbers in person.items() if numbers == []}
    assert person["person_id"] == [-1] and empty == {
        f"{part}_keypoints_{d}d" for part in ("face", "hand_left", "hand_right") for d in (2, 3)
    } | {"pose_keypoints_3d"}
    assert len(person) == 9
    found = np.reshape(person["pose_keypoints_2d"], (count, 3))
    np.testing.assert_allclose(found, prediction.to_openpose(count), atol=0.006)
    ((_, value),) = write(name, prediction, least_score=0.5).items()
    found = np.reshape(value["people"][0]["pose_keypoints_2d"], (count, 3))
    np.testing.assert_allclose(found, prediction.to_openpose(count, 0.5), atol=0.006)
    assert 5 <= np.count_nonzero(found[:, 2]) <= 9


def make_records(names, prediction):
    return [lip.prediction_record(name, f"{name}.jpg", prediction) for name in names]


def test_coco_results(prediction):
    results = openpose.coco_results(make_records(["b", "a"], prediction))
    assert [result["image_id"] for result in results] == ["a", "b"]
    for result in results:
        assert set(result) == {"image_id", "category_id", "keypoints", "score"}
        assert result["category_id"] == 1 and len(result["keypoints"]) == 51
        found = np.reshape(result["keypoints"], (17, 3))
        np.testing.assert_allclose(found, prediction.to_coco(), atol=0.006)
        there = prediction.keypoints[[13, 12, 14, 11, 15, 10, 3, 2, 4, 1, 5], 2]  # 0 scores 1/16
        assert result["score"] == pytest.approx(there.mean(), abs=1e-5)
    ((path, content),) = FORMATS["coco"].summary(make_records(["a"], prediction), 0.5).items()
    assert path == "coco/keypoints.json"
    found = np.reshape(json.loads(content)[0]["keypoints"], (17, 3))
    assert np.flatnonzero(found[:, 2]).tolist() == [5, 6, 7, 8, 9, 10]  # joints 10 to 15


def test_results_leave_out_joints_beyond_the_images_edge(prediction):
    (record,) = make_records(["a"], prediction)
    record["keypoints"][10] = [-2, 20, 0.9]
    record["keypoints"][11] = [30, 20, 0.9]
    (result,) = openpose.coco_results([record])
    found = np.reshape(result["keypoints"], (17, 3))
    assert not found[[10, 8]].any() and found[[6, 9]].all()  # right wrist, elbow


def test_controlnet_json_is_certain_of_what_is_there(prediction, write):
    ((path, value),) = write("controlnet", prediction).items()
    assert path == "controlnet/sub/a.json"
    assert (value["canvas_height"], value["canvas_width"]) == (40, 30)
    (person,) = value["people"]
    found = np.reshape(person["pose_keypoints_2d"], (18, 3))
    expected = prediction.to_openpose(18)
    np.testing.assert_allclose(found[:, :2], expected[:, :2], atol=0.006)
    np.testing.assert_array_equal(found[:, 2], expected.any(axis=1))
    assert 0 < found[:, 2].sum() < 18 and person["face_keypoints_2d"] is None


@pytest.mark.parametrize("name", ["openpose18", "openpose25", "mpi15", "controlnet"])
def test_everybody_is_written(name, prediction, write):
    keypoints = np.stack([prediction.keypoints, prediction.keypoints + (5, 3, 0)])
    both = dataclasses.replace(prediction, people=People(keypoints=keypoints))
    ((_, value),) = write(name, both).items()
    first, second = (np.reshape(p["pose_keypoints_2d"], (-1, 3)) for p in value["people"])
    there = (first[:, 2] > 0) & (second[:, 2] > 0)
    np.testing.assert_allclose(second[there, :2] - first[there, :2], [[5, 3]] * there.sum())
    assert there.sum() >= 5
    nobody = dataclasses.replace(prediction, people=both.people[:0])
    ((_, value),) = write(name, nobody).items()
    assert value["people"] == []


@pytest.mark.parametrize("names, ids", [
    (["val/000000000139", "val/000000000285"], [139, 285]),
    (["a/1", "b/1"], ["a/1", "b/1"]),
    (["1", "x"], ["1", "x"]),
])  # fmt: skip
def test_names_that_are_numbers_are_ids(names, ids, prediction):
    results = openpose.coco_results(make_records(names, prediction))
    assert [result["image_id"] for result in results] == ids


def test_people_without_a_joint_score_nothing(prediction):
    (result,) = openpose.coco_results(make_records(["a"], prediction), 2.0)
    assert result["score"] == 0 and not any(result["keypoints"])
    assert openpose.coco_results(make_records(["a"], Prediction(prediction.parsing))) == []
