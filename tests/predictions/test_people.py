import numpy as np
import pytest

from jppnet_tf.predictions.people import People


@pytest.fixture
def three():
    """Three people; person i has only numbers that tell i."""
    return People(
        ids=np.array([7, 8, 9]),
        keypoints=np.arange(3, dtype=np.float32)[:, None, None] * np.ones((3, 17, 3), np.float32),
        boxes=np.arange(12.0).reshape(3, 4),
        scores=np.float32([0.2, 0.9, 0.2]),
    )


@pytest.mark.parametrize(
    "index, expected",
    [
        (1, [8]),
        (-1, [9]),
        (np.int64(2), [9]),
        (slice(1, None), [8, 9]),
        ([2, 0], [9, 7]),
        ([], []),
        (np.array([True, False, True]), [7, 9]),
    ],
)
def test_indexing_takes_the_same_people_of_every_field(three, index, expected):
    found = three[index]
    assert found.ids.tolist() == expected and len(found) == len(expected)
    numbers = np.array(expected) - 7
    np.testing.assert_array_equal(found.keypoints[:, 0, 0], numbers)
    np.testing.assert_array_equal(found.boxes, np.arange(12.0).reshape(3, 4)[numbers.astype(int)])
    assert found.masks is None


def test_nobody_is_at_an_index_beyond_the_last(three):
    with pytest.raises(IndexError):
        _ = three[3]
    assert [len(person) for person in three] == [1, 1, 1]  # so a loop ends


def test_the_surest_come_first_and_equals_keep_their_order(three):
    assert three.sort_by_score().ids.tolist() == [8, 7, 9]
    with pytest.raises(ValueError, match="no scores"):
        three.replace(scores=None).sort_by_score()


def test_joining_keeps_what_all_have(three):
    joined = People.join([three, People(ids=[1], scores=np.float32([0.5]))])
    assert joined.ids.tolist() == [7, 8, 9, 1]
    np.testing.assert_array_equal(joined.scores, np.float32([0.2, 0.9, 0.2, 0.5]))
    assert joined.keypoints is None and joined.boxes is None


def test_fields_of_different_length_are_refused(three):
    with pytest.raises(ValueError, match="'boxes': 3, 'scores': 2"):
        three.replace(scores=np.zeros(2))
    with pytest.raises(ValueError, match="one length"):
        People()


def test_people_are_counted_unless_they_have_ids():
    assert People(scores=np.zeros(3)).ids.tolist() == [1, 2, 3]
    assert len(People(boxes=np.zeros((0, 4)))) == 0
