import dataclasses

import numpy as np
import pytest

from jppnet_tf import InputError, Predictor
from jppnet_tf.images.masks import encode_mask
from jppnet_tf.inference.people import predict_people
from jppnet_tf.predictions.boxes import Box
from jppnet_tf.predictions.crops import Crops
from jppnet_tf.predictions.people import People
from jppnet_tf.predictions.prediction import Prediction


def predict(view, label, keypoint=(1, 2, 0.5), scores=None):
    """A prediction of a view that is that label all over."""
    parsing = np.full(view.shape[:2], label, np.uint8)
    people = People.of_one(np.full((16, 3), keypoint, np.float32))
    return Prediction(parsing, people, class_scores=scores)


def test_people_come_back_to_where_they_were(make_photo):
    rgb = make_photo(60, 80)
    crops = Crops((Box(10, 20, 20, 30), Box(50, 0, 20, 20)), margin=0.1)
    views = crops.cut(rgb)
    np.testing.assert_array_equal(views[0], rgb[17:53, 8:32])
    joined = crops.join([predict(views[0], 3), predict(views[1], 7)], (60, 80))
    expected = np.zeros((60, 80), np.uint8)
    expected[17:53, 8:32], expected[0:22, 48:72] = 3, 7
    np.testing.assert_array_equal(joined.parsing, expected)
    people = joined.people
    assert people.boxes.tolist() == [[10, 20, 20, 30], [50, 0, 20, 20]]
    np.testing.assert_array_equal(people.keypoints[:, 0], [[9, 19, 0.5], [49, 2, 0.5]])
    np.testing.assert_array_equal(joined.keypoints, people.keypoints[0])


@pytest.mark.parametrize("axis", [0, 1])
@pytest.mark.parametrize("order", [1, -1])
def test_a_pixel_is_the_nearer_persons_judged_by_its_middle(axis, order):
    # Alike boxes, their middles at 5 and 11: what lies before 8 is the first one's.
    second = Box(0, 6, 10, 10) if axis == 0 else Box(6, 0, 10, 10)
    crops = Crops((Box(0, 0, 10, 10), second)[::order], margin=0)
    views = crops.cut(np.zeros((16, 16, 3), np.uint8))
    predictions = [predict(view, label) for view, label in zip(views, (1, 2)[::order], strict=True)]
    parsing = crops.join(predictions, (16, 16)).parsing
    line = parsing[:, 5] if axis == 0 else parsing[5]
    assert line.tolist() == [1] * 8 + [2] * 8


def test_networks_that_parse_only_leave_people_without_joints():
    crops = Crops((Box(10, 20, 20, 30), Box(50, 0, 20, 20)))
    views = crops.cut(np.zeros((60, 80, 3), np.uint8))
    joined = crops.join([Prediction(view[..., 0]) for view in views], (60, 80))
    assert len(joined.people) == 2 and joined.people.keypoints is None and joined.keypoints is None


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_overlaps_belong_to_the_nearer_middle_and_background_to_nobody(order):
    boxes = [Box(0, 0, 40, 10), Box(20, 0, 20, 10)]
    rgb = np.zeros((10, 40, 3), np.uint8)
    crops = Crops(tuple(boxes[i] for i in order), margin=0)
    predictions = [predict(view, 1 + i) for i, view in zip(order, crops.cut(rgb), strict=True)]
    predictions[order.index(1)].parsing[:5] = 0  # the second sees nothing there
    parsing = crops.join(predictions, (10, 40)).parsing
    assert (parsing[:5] == 1).all()
    # In widths of its box, the middle between them is at two thirds of the first one's way.
    middle = 20 + 20 / 3
    assert (parsing[5:, : int(middle)] == 1).all() and (parsing[5:, int(middle) + 1 :] == 2).all()


def test_class_scores_are_weighted_by_pixels():
    crops = Crops((Box(0, 0, 10, 10), Box(10, 0, 30, 10)), margin=0)
    scores = np.full((2, 20), np.nan, np.float32)
    scores[0, [3, 4]], scores[1, 3] = [0.2, 0.9], 0.6
    first, second = crops.cut(np.zeros((10, 40, 3), np.uint8))
    first = predict(first, 3, scores=scores[0])
    first.parsing[:5] = 4
    joined = crops.join([first, predict(second, 3, scores=scores[1])], (10, 40)).class_scores
    np.testing.assert_allclose(joined[[3, 4]], [(50 * 0.2 + 300 * 0.6) / 350, 0.9], rtol=1e-6)
    assert np.isnan(joined[[0, 1]]).all()


def test_each_person_is_predicted_as_a_photograph_of_its_own(small_model, make_photo):
    predictor = Predictor(small_model, (1,), mirror=False, input_hw=(32, 32))
    rgb, boxes = make_photo(60, 80), (Box(0, 10, 30, 40), Box(40, 0, 30, 60))
    joined = predict_people(predictor, rgb, boxes, margin=0)
    for keypoints, box in zip(joined.people.keypoints, boxes, strict=True):
        place = np.s_[box.y : box.y + box.height, box.x : box.x + box.width]
        alone = predictor(rgb[place])
        np.testing.assert_array_equal(joined.parsing[place], alone.parsing)
        np.testing.assert_array_equal(keypoints - [box.x, box.y, 0], alone.keypoints)
    with pytest.raises(InputError, match="lies outside the photograph"):
        predict_people(predictor, rgb, [Box(80, 0, 9, 9)])


def test_no_boxes_are_an_error(small_model, make_photo):
    with pytest.raises(InputError, match="there are no boxes: name one person at least"):
        predict_people(Predictor(small_model, (1,), False, (32, 32)), make_photo(20, 20), [])


def confident(view, label, confidence):
    """A prediction that is that label all over, and as sure of it."""
    prediction = predict(view, label)
    return dataclasses.replace(
        prediction, confidence=np.full(view.shape[:2], confidence, np.float32)
    )


@pytest.fixture
def overlapping():
    """Two alike boxes, the second half of the first's width to the right, and what they cut."""
    boxes = Box(0, 0, 20, 20, score=0.8), Box(10, 0, 20, 20, score=0.4)
    views = Crops(boxes, margin=0).cut(np.zeros((20, 30, 3), np.uint8))
    return boxes, views


def test_people_keep_their_pixels(overlapping):
    boxes, views = overlapping
    crops = Crops((Box(0, 0, 20, 20), Box(10, 0, 20, 20, score=0.5)), margin=0)
    joined = crops.join([predict(views[0], 1), predict(views[1], 2)], (20, 30))
    assert joined.people.ids.tolist() == [1, 2] and joined.person_map.dtype == np.uint8
    np.testing.assert_array_equal(joined.person_map, joined.parsing)
    np.testing.assert_allclose(joined.people.scores, [1, 0.5])
    assert joined.confidence is None


def test_of_equals_the_more_probable_class_wins(overlapping):
    _, views = overlapping
    crops = Crops((Box(0, 0, 20, 20), Box(10, 0, 20, 20)), margin=0)
    joined = crops.join([confident(views[0], 1, 0.2), confident(views[1], 2, 0.9)], (20, 30))
    assert (joined.person_map[:, 10:20] == 2).all()
    assert (joined.confidence[:, :10] == np.float32(0.2)).all()
    assert (joined.confidence[:, 10:] == np.float32(0.9)).all()


def test_the_surer_person_wins(overlapping):
    boxes, views = overlapping
    joined = Crops(boxes, margin=0).join(
        [confident(views[0], 1, 0.9), confident(views[1], 2, 0.9)], (20, 30)
    )
    line = joined.person_map[10]
    assert line[14] == 1 and line[16] == 1 and (line[20:] == 2).all()


def test_a_mask_wins_over_what_is_probable(overlapping):
    boxes, views = overlapping
    mask = np.zeros((20, 30), bool)
    mask[:10, 12:30] = True
    masked = dataclasses.replace(boxes[1], segmentation=encode_mask(mask))
    crops = Crops((boxes[0], masked), margin=0)
    predictions = [confident(views[0], 1, 0.99), confident(views[1], 2, 0.3)]
    owners = crops.join(predictions, (20, 30)).person_map
    assert (owners[:10, 12:20] == 2).all() and (owners[:10, :12] == 1).all()
    # Outside of the mask the first is surer, and where there is nobody else it is the second's.
    assert (owners[12:, 12:15] == 1).all() and (owners[12:, 20:] == 2).all()
    predictions[1].parsing[:] = 0
    owners = crops.join(predictions, (20, 30)).person_map
    assert (owners[:, :20] == 1).all() and not owners[:, 20:].any()


def test_joints_of_the_detector_stay_apart(overlapping):
    boxes, views = overlapping
    joints = [np.full((17, 3), value, np.float32) for value in (3, 4)]
    found = tuple(
        dataclasses.replace(box, keypoints=each) for box, each in zip(boxes, joints, strict=True)
    )
    predictions = [predict(view, 1) for view in views]
    people = Crops(found, margin=0).join(predictions, (20, 30)).people
    np.testing.assert_array_equal(people.detector_keypoints, joints)
    assert people.keypoints.shape == (2, 16, 3)
    people = Crops((found[0], boxes[1]), margin=0).join(predictions, (20, 30)).people
    assert people.detector_keypoints is None


@pytest.mark.parametrize("segmentation, told", [
    ({"size": [9, 9], "counts": [81]}, r"it is of \[9, 9\] pixels, not of \[20, 30\]"),
    ({"size": [20, 30], "counts": [-5, 605]}, "negative runs"),
    ({"size": [20, 30], "counts": [900]}, ""),
    ({"counts": [600]}, "'size'"),
    ([["a"]], ""),
    ([[1, 2, 3]], ""),
])  # fmt: skip
def test_masks_that_are_none(overlapping, segmentation, told):
    _, views = overlapping
    crops = Crops((Box(0, 0, 20, 20, "boxes.json, entry 3", segmentation=segmentation),), 0)
    with pytest.raises(
        InputError, match=f"boxes.json, entry 3: its segmentation is wrong: .*{told}"
    ):
        crops.join([predict(views[0], 1)], (20, 30))


def test_slim_people_get_room_beside_them():
    (view,) = Crops((Box(50, 10, 10, 80),), margin=0).cut(np.zeros((100, 120, 3), np.uint8))
    assert view.shape[:2] == (80, 40)
    (view,) = Crops((Box(20, 40, 80, 10),), margin=0).cut(np.zeros((100, 120, 3), np.uint8))
    assert view.shape[:2] == (40, 80)
