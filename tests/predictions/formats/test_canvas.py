import dataclasses

import numpy as np
import pytest

from jppnet_tf.predictions.formats import canvas
from jppnet_tf.predictions.people import People
from jppnet_tf.predictions.prediction import Prediction

SIZES = [(256, 192), (512, 384), (100, 75), (100, 20), (30, 300), (1, 1), (1000, 751)]


@pytest.mark.parametrize("size_hw", SIZES)
def test_the_whole_photograph_lies_in_the_middle_undistorted(size_hw):
    place = canvas.place_parsing(np.ones(size_hw, np.uint8), (256, 192))
    assert place.shape == (256, 192) and place.dtype == np.uint8
    ys, xs = np.nonzero(place)
    height, width = np.ptp(ys) + 1, np.ptp(xs) + 1
    assert place.sum() == height * width and (height == 256 or width == 192)
    assert abs(height - width * size_hw[0] / size_hw[1]) <= max(1, size_hw[0] / size_hw[1])
    assert abs(ys.min() - (255 - ys.max())) <= 1 and abs(xs.min() - (191 - xs.max())) <= 1


@pytest.mark.parametrize("size_hw", [(64, 48), (640, 300), (60, 200), (256, 192)])
def test_joints_stay_on_their_pixels(size_hw):
    random = np.random.default_rng(2)
    points = random.integers(0, size_hw[::-1], (40, 2))
    keypoints = np.concatenate([points, np.ones((40, 1))], axis=1)
    placed = canvas.place_keypoints(keypoints, size_hw, (1024, 768))
    assert placed.dtype == np.float32
    for (x, y), (column, row, _) in zip(points, placed, strict=True):
        spot = np.zeros(size_hw, np.uint8)
        spot[y, x] = 7
        ys, xs = np.nonzero(canvas.place_parsing(spot, (1024, 768)))
        np.testing.assert_allclose([xs.mean(), ys.mean()], [column, row], atol=0.51)


@pytest.mark.parametrize("size_hw", [(60, 200), (640, 300)])
def test_what_lies_outside_the_photograph_stays_outside(size_hw):
    height, width = size_hw
    xy = [(-1, 5), (width, 5), (5, -1), (5, height), (-0.4, 5), (5, height - 0.6)]
    placed = canvas.place_keypoints([(x, y, 1) for x, y in xy], size_hw, (256, 192))
    shown = canvas.place_parsing(np.ones(size_hw, np.uint8), (256, 192))
    ys, xs = np.nonzero(shown)
    inside = (placed[:, 0] >= xs.min()) & (placed[:, 0] <= xs.max())
    inside &= (placed[:, 1] >= ys.min()) & (placed[:, 1] <= ys.max())
    assert inside.tolist() == [False] * 4 + [True] * 2


def test_everybody_is_placed(prediction):
    moved = prediction.keypoints + (3, 1, 0)
    people = People(keypoints=np.stack([prediction.keypoints, moved]), ids=[4, 7])
    placed = dataclasses.replace(prediction, people=people).on_canvas((80, 60)).people
    assert placed.ids.tolist() == [4, 7]
    np.testing.assert_allclose(placed.keypoints[1, 3], [12.5, 14.5, 0.25])
    np.testing.assert_allclose(placed.keypoints[0, 3], [6.5, 12.5, 0.25])


def test_no_class_is_invented_and_photographs_lie_under_their_labels():
    random = np.random.default_rng(3)
    blocks = random.choice(np.uint8([0, 5, 19]), (8, 5)).repeat(40, 0).repeat(40, 1)
    place = canvas.place_parsing(blocks, (256, 192))
    assert set(np.unique(place)) == {0, 5, 19}
    photo = np.repeat(blocks[..., None] * 10, 3, axis=2)
    shown = canvas.place_photo(photo, (256, 192), (1, 2, 3))
    assert shown.shape == (256, 192, 3)
    inside = slice(16, 176)
    assert np.mean(shown[:, inside, 0] == place[:, inside] * 10) > 0.9  # not at the edges of blocks
    np.testing.assert_array_equal(shown[:, [0, -1]], np.broadcast_to([1, 2, 3], (256, 2, 3)))


def test_a_canvas_of_the_photographs_size_changes_nothing(prediction):
    same = prediction.on_canvas((40, 30))
    np.testing.assert_array_equal(same.parsing, prediction.parsing)
    np.testing.assert_allclose(same.keypoints, prediction.keypoints, atol=1e-5)
    twice = prediction.on_canvas((80, 60))
    np.testing.assert_allclose(twice.keypoints[3], [6.5, 12.5, 4 / 16])
    assert twice.parsing[79, 59] == 19 and twice.logits is None
    assert Prediction(prediction.parsing).on_canvas((80, 60)).keypoints is None
