"""Who is who from frame to frame."""

import numpy as np

from jppnet_tf.predictions.people import People
from jppnet_tf.predictions.prediction import Prediction
from jppnet_tf.predictions.tracking import PATIENCE, Tracker, measure_overlaps


def frame(*boxes):
    """A prediction of people in boxes, their person map as their boxes."""
    owners = np.zeros((50, 100), np.uint8)
    for number, (x, y, width, height) in enumerate(boxes, 1):
        owners[y : y + height, x : x + width] = number
    people = People(boxes=np.array(boxes, float).reshape(-1, 4))
    return Prediction(owners, people, person_map=owners)


def ids_of(tracker, *boxes):
    return tracker.follow(frame(*boxes)).people.ids.tolist()


def test_overlaps_of_boxes():
    found = measure_overlaps(
        np.array([[0, 0, 10, 10]]), np.array([[0, 0, 10, 10], [5, 0, 10, 10], [20, 0, 1, 1]])
    )
    np.testing.assert_allclose(found, [[1, 1 / 3, 0]])
    assert measure_overlaps(np.zeros((0, 4)), np.zeros((2, 4))).shape == (0, 2)


def test_people_keep_their_ids_whatever_their_order():
    tracker = Tracker()
    assert ids_of(tracker, [0, 0, 20, 40], [50, 0, 20, 40]) == [1, 2]
    found = tracker.follow(frame([52, 0, 20, 40], [2, 0, 20, 40], [80, 0, 10, 10]))
    assert found.people.ids.tolist() == [2, 1, 3]
    assert found.person_map[5, 60] == 2 and found.person_map[5, 10] == 1
    assert found.person_map[5, 85] == 3 and found.person_map[45, 95] == 0


def test_the_best_assignment_of_all_counts():
    # By itself the first box fits the first person best; then nobody would be left for the second.
    tracker = Tracker()
    assert ids_of(tracker, [20, 0, 20, 40], [30, 0, 20, 40]) == [1, 2]
    assert ids_of(tracker, [26, 0, 20, 40], [36, 0, 20, 40]) == [1, 2]


def test_somebody_out_of_sight_is_remembered_for_a_while():
    tracker = Tracker()
    assert ids_of(tracker, [0, 0, 20, 40]) == [1]
    for _ in range(PATIENCE - 1):
        assert ids_of(tracker) == []
    assert ids_of(tracker, [0, 0, 20, 40]) == [1]
    for _ in range(PATIENCE):
        ids_of(tracker)
    assert ids_of(tracker, [0, 0, 20, 40]) == [2]


def test_ids_beyond_a_byte():
    tracker = Tracker()
    for place in range(0, 300):
        found = tracker.follow(frame([(place % 5) * 20, 0, 10, 10]))
    assert found.people.ids.tolist() == [5]
    tracker._last_id = 299
    found = tracker.follow(frame([45, 30, 10, 10]))
    assert found.person_map.dtype == np.uint16 and found.person_map.max() == 300


def test_one_persons_prediction_stays_as_it_is():
    prediction = Prediction(np.zeros((4, 4), np.uint8))
    assert Tracker().follow(prediction) is prediction
