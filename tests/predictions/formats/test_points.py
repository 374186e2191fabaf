import numpy as np
import pytest

from jppnet_tf import InputError
from jppnet_tf.predictions.formats import points
from jppnet_tf.predictions.people import People
from jppnet_tf.predictions.prediction import Prediction

# Which of LIP's joints each slot holds: None where it has none, a pair for the midpoint.
COCO = [None] * 5 + [13, 12, 14, 11, 15, 10, 3, 2, 4, 1, 5, 0]
OPENPOSE = {
    18: [None, (12, 13), 12, 11, 10, 13, 14, 15, 2, 1, 0, 3, 4, 5] + [None] * 4,
    25: [None, (12, 13), 12, 11, 10, 13, 14, 15, (2, 3), 2, 1, 0, 3, 4, 5] + [None] * 10,
    15: [9, 8, 12, 11, 10, 13, 14, 15, 2, 1, 0, 3, 4, 5, 7],
}


@pytest.fixture
def scattered():
    random = np.random.default_rng(1)
    scores = random.uniform(0.1, 1, (16, 1))
    keypoints = np.concatenate([random.uniform(0, 49, (16, 2)), scores], axis=1)
    return Prediction(np.zeros((50, 50), np.uint8), People.of_one(keypoints.astype(np.float32)))


def check(found, keypoints, sources):
    assert found.shape == (len(sources), 3) and found.dtype == np.float32
    for slot, source in zip(found, sources, strict=True):
        if source is None:
            np.testing.assert_array_equal(slot, 0)
        elif isinstance(source, int):
            np.testing.assert_array_equal(slot, keypoints[source])
        else:
            ends = keypoints[list(source)]
            np.testing.assert_allclose(slot[:2], (ends[0, :2] + ends[1, :2]) / 2, rtol=1e-6)
            assert slot[2] == min(ends[0, 2], ends[1, 2])


@pytest.mark.parametrize("count", OPENPOSE)
def test_openpose_slots(scattered, count):
    check(scattered.to_openpose(count), scattered.keypoints, OPENPOSE[count])


def test_coco_slots(scattered):
    check(scattered.to_coco(), scattered.keypoints, COCO)


def test_joints_that_score_too_little_are_missing(scattered):
    scattered.keypoints[:, 2] = 0.5
    scattered.keypoints[[12, 5], 2] = 0.2, 0.25
    found = scattered.to_openpose(18, least_score=0.25)
    assert [slot for slot in range(14) if not found[slot].any()] == [0, 1, 2]  # neck, shoulder
    assert found[13, 2] == 0.25
    assert scattered.to_openpose(18)[1, 2] == np.float32(0.2)


def test_joints_that_networks_place_though_they_are_not_there_are_missing(scattered):
    scattered.keypoints[:, 2] = points.LEAST_SCORE
    assert np.count_nonzero(scattered.to_coco()[:, 2]) == 12
    scattered.keypoints[[0, 10], 2] = points.LEAST_SCORE - 0.01, np.nan
    assert np.count_nonzero(scattered.to_coco()[:, 2]) == 10
    scattered.keypoints[:, 2] = -0.1
    assert not scattered.to_coco().any()
    assert np.count_nonzero(scattered.to_coco(-1)[:, 2]) == 12


@pytest.mark.parametrize("xy, is_there", [
    ((-0.5, 10), True), ((-0.6, 10), False), ((10, 49.4), True), ((10, 49.6), False),
    ((50, 10), False), ((np.nan, 10), False), ((10, np.inf), False),
])  # fmt: skip
def test_joints_outside_the_image_are_missing(xy, is_there, scattered):
    scattered.keypoints[0, :2] = xy
    assert scattered.to_openpose(18, -1)[10].any() == is_there  # the right ankle
    assert np.count_nonzero(scattered.to_openpose(18, -1).any(axis=1)) == 12 + is_there


def test_what_cannot_be():
    with pytest.raises(InputError, match="have 18, 25, 15 points"):
        Prediction(np.zeros((5, 5), np.uint8)).to_openpose(17)
    with pytest.raises(InputError, match="parses only"):
        Prediction(np.zeros((5, 5), np.uint8)).to_coco()
    with pytest.raises(InputError, match="parses only"):
        points.arrange(None, points.COCO)
