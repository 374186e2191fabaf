"""Everybody in an image: found, predicted one by one, joined."""

import numpy as np
import pytest

from jppnet_tf import InputError, PersonLab, Predictor
from jppnet_tf.inference.people import PeoplePredictor, predict_people
from jppnet_tf.labels import COCO_JOINTS
from jppnet_tf.predictions.boxes import Box


class Listed:
    """A detector that finds given boxes, and remembers how many images it saw at once."""

    least_person = 0.3

    def __init__(self, *boxes):
        self.boxes, self.seen = boxes, []

    def find(self, images):
        self.seen.append(len(images))
        return [self.boxes for _ in images]

    def checksum(self):
        return "none"


@pytest.fixture
def predictor(small_model):
    return Predictor(small_model, (1,), False, (32, 32), class_scores=True, batch=4)


BOXES = Box(0, 0, 30, 40, score=0.9), Box(25, 5, 30, 30, score=0.5), Box(50, 0, 9, 9, score=0.4)


def test_it_is_what_boxes_give(predictor, make_photo):
    rgb = make_photo(40, 60)
    found = PeoplePredictor(predictor, Listed(*BOXES))(rgb)
    expected = predict_people(predictor, rgb, BOXES)
    np.testing.assert_array_equal(found.parsing, expected.parsing)
    np.testing.assert_array_equal(found.person_map, expected.person_map)
    np.testing.assert_allclose(found.people.keypoints, expected.people.keypoints, atol=1e-4)
    np.testing.assert_array_equal(found.people.scores, np.float32([0.9, 0.5, 0.4]))
    assert {*np.unique(found.person_map)} >= {1, 2} and found.people.ids.tolist() == [1, 2, 3]


def test_all_crops_of_images_share_batches(predictor, make_photo, monkeypatch):
    sizes = []
    run = predictor._run
    monkeypatch.setattr(predictor, "_run", lambda images: sizes.append(len(images)) or run(images))
    detector = Listed(*BOXES)
    people = PeoplePredictor(predictor, detector)
    assert len(people([make_photo(40, 60, seed) for seed in range(3)])) == 3
    # Three images of three people each, four of all of them at once.
    assert detector.seen == [3] and sizes == [4, 4, 1]


def test_nobody_is_background(predictor, make_photo):
    found = PeoplePredictor(predictor, Listed())(make_photo(40, 60))
    assert not found.parsing.any() and not found.person_map.any() and not len(found.people)
    assert found.people.keypoints.shape == (0, 16, 3) and found.keypoints is None
    assert found.class_scores[0] == 1 and np.isnan(found.class_scores[1:]).all()


def test_joints_of_the_detector_stay_apart(predictor, make_photo):
    joints = np.ones((len(COCO_JOINTS.names), 3), np.float32)
    people = PeoplePredictor(predictor, Listed(Box(0, 0, 30, 40, keypoints=joints)))
    found = people(make_photo(40, 60)).people
    assert found.keypoints.shape == (1, 16, 3)
    np.testing.assert_array_equal(found.detector_keypoints, joints[None])


def test_everything_else_is_the_predictors(predictor):
    people = PeoplePredictor(predictor, Listed())
    assert people.classes is predictor.classes and people.batch == 4 and people.has_pose
    assert people.least_person == 0.3
    with pytest.raises(AttributeError):
        people.unknown  # noqa: B018
    finder = PersonLab(width=1 / 64, units=(1, 1, 1, 1), trunk="resnet_v1", stem=4)
    with pytest.raises(InputError, match="finds people itself"):
        PeoplePredictor(Predictor(finder, input_hw=(65, 65)), Listed())
