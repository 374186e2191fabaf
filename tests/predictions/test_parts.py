"""The parts of the people of an image."""

import numpy as np

from jppnet_tf.predictions.parts import find_owners, find_parts
from jppnet_tf.predictions.people import People
from jppnet_tf.predictions.prediction import Prediction


def group():
    """Two people in a row of pixels: 2 has hair and face, 1 hair; a pixel of hair is nobody's."""
    parsing = np.array([[2, 2, 13, 0, 2, 2]], np.uint8)
    owners = np.array([[2, 2, 2, 2, 1, 0]], np.uint8)
    confidence = np.array([[0.5, 0.7, 1, 1, 0.25, 1]], np.float32)
    people = People(scores=np.array([0.5, 1], np.float32))
    return Prediction(parsing, people, confidence=confidence, person_map=owners)


def test_parts_are_counted_by_person_and_class():
    parts = find_parts(group())
    np.testing.assert_array_equal(parts.map, [[2, 2, 3, 0, 1, 0]])
    assert parts.people.tolist() == [1, 2, 2] and parts.classes.tolist() == [2, 2, 13]
    np.testing.assert_allclose(parts.scores, [0.5 * 0.25, 0.6, 1], rtol=1e-6)
    assert parts.map.dtype == np.uint8 and len(parts) == 3


def test_only_the_best_are_kept():
    parts = find_parts(group(), most=2)
    np.testing.assert_array_equal(parts.map, [[1, 1, 2, 0, 0, 0]])
    np.testing.assert_allclose(parts.scores, [0.6, 1], rtol=1e-6)


def test_one_person_owns_all_that_is_not_background():
    prediction = Prediction(np.array([[0, 3, 4]], np.uint8))
    np.testing.assert_array_equal(find_owners(prediction), [[0, 1, 1]])
    parts = find_parts(prediction)
    assert parts.people.tolist() == [1, 1] and parts.scores.tolist() == [1, 1]


def test_nobody_has_no_parts():
    empty = np.zeros((2, 3), np.uint8)
    parts = find_parts(Prediction(empty, People(scores=np.zeros(0)), person_map=empty))
    assert not len(parts) and not parts.map.any() and parts.map.shape == (2, 3)
