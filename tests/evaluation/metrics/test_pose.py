"""PCKh rule by rule, on a person whose head is 10 pixels high."""

import numpy as np
import pytest

from jppnet_tf import InputError
from jppnet_tf.evaluation.metrics.pose import PoseMetric, measure_head, score_joints
from jppnet_tf.labels import COCO_JOINTS, LIP_JOINTS
from tests.made_up_labels import JOINTS, LIP_PLACES

GROUPS = ("head", "shoulder", "elbow", "wrist", "hip", "knee", "ankle")
RIGHT_ANKLE, RIGHT_KNEE, PELVIS, SPINE, NECK, HEAD, RIGHT_WRIST = 0, 1, 6, 7, 8, 9, 10


def make_truth(flag=0.0):
    """All joints at (100, 100 + 20 * index), but the head 10 pixels above the neck: [16, 3]."""
    truth = np.full((16, 3), 100, np.float32)
    truth[:, 1] += 20 * np.arange(16)
    truth[HEAD, :2] = truth[NECK, :2] - (0, 10)
    truth[:, 2] = flag
    return truth


def score(truth, predicted, **options):
    metric = PoseMetric(**options)
    metric.update(truth, predicted)
    return metric.scores()


def move(truth, *joints, by=(500, 0)):
    """The ground truth's points, some of them moved, by default far away."""
    predicted = truth[:, :2].copy()
    predicted[list(joints)] += by
    return predicted


def random_people(count=7, seed=0):
    random = np.random.default_rng(seed)
    truth = np.repeat(make_truth()[None], count, axis=0)
    predicted = truth[..., :2] + random.normal(0, 5, (count, 16, 2))
    truth[random.random((count, 16)) < 0.2] = np.nan
    truth[:, [NECK, HEAD]] = make_truth()[[NECK, HEAD]]
    truth[2, HEAD] = np.nan
    return truth, predicted


def test_the_head_size_is_the_distance_from_neck_to_head():
    truth = make_truth()
    assert measure_head(truth) == 10
    truth[HEAD, :2] = truth[NECK, :2] + (3, -4)
    assert measure_head(truth) == 5
    np.testing.assert_array_equal(measure_head(np.stack([truth, make_truth()])), [5, 10])


@pytest.mark.parametrize("joint", [NECK, HEAD])
@pytest.mark.parametrize("value", [np.nan, -1])
def test_without_neck_or_head_the_image_is_left_out(joint, value):
    truth = make_truth()
    truth[joint] = value
    scores = score(truth, make_truth())
    assert (scores.images, scores.images_left_out) == (0, 1)
    assert scores.counts.sum() == 0


@pytest.mark.filterwarnings("error")
def test_a_head_size_of_0_leaves_the_image_out():
    truth = make_truth()
    truth[HEAD] = truth[NECK]
    scores = score(truth, truth)
    assert (scores.images, scores.images_left_out, scores.counts.sum()) == (0, 1, 0)


@pytest.mark.parametrize("column", [0, 1])
@pytest.mark.parametrize("value", [np.nan, -1])
def test_a_joint_with_a_nan_or_negative_coordinate_is_left_out(column, value):
    truth = make_truth()
    truth[RIGHT_KNEE, column] = value
    counted, right = score_joints(truth, make_truth())
    assert counted.tolist() == right.tolist() == [joint != RIGHT_KNEE for joint in range(16)]


def test_coordinates_of_0_are_there():
    truth = make_truth()
    truth[RIGHT_KNEE, :2] = 0
    counted, right = score_joints(truth, truth)
    assert counted.all() and right.all()


def test_of_the_flag_only_nan_is_read():
    truth = make_truth(flag=1)
    assert score(truth, move(truth)).counts.tolist() == [1] * 16
    assert score(truth[:, :2], move(truth)).counts.tolist() == [1] * 16
    truth[RIGHT_ANKLE, 2], truth[RIGHT_KNEE, 2] = np.nan, -1
    assert score(truth, move(truth)).counts.tolist() == [0] + [1] * 15


@pytest.mark.parametrize(
    ("by", "right"), [((5, 0), True), ((3, 4), True), ((5.001, 0), False), ((4, 4), False)]
)
def test_half_a_head_is_still_right(by, right):
    truth = make_truth()
    result = score_joints(truth, move(truth, RIGHT_WRIST, by=by))[1]
    assert result[RIGHT_WRIST] == right
    assert result.sum() == 15 + right


@pytest.mark.parametrize(
    ("by", "head"), [((1, 7), (10, 10)), ((2, 107), (86, 196)), ((43, 98), (4, 214))]
)
def test_half_a_head_in_another_direction_is_still_right(by, head):
    # Irrational lengths, the one half of the other: they must be rounded alike.
    truth = make_truth()
    truth[HEAD, :2] = truth[NECK, :2] + head
    assert score_joints(truth, move(truth, RIGHT_WRIST, by=by))[1][RIGHT_WRIST]
    further = (by[0], by[1] + 1)
    assert not score_joints(truth, move(truth, RIGHT_WRIST, by=further))[1][RIGHT_WRIST]


def test_another_threshold():
    truth = make_truth()
    predicted = move(truth, RIGHT_WRIST, by=(2, 0))
    assert score(truth, predicted, threshold=0.2).joints[RIGHT_WRIST] == 100
    assert score(truth, predicted, threshold=0.1).joints[RIGHT_WRIST] == 0


def test_groups_are_means_of_two_rates_and_pools_count_joints():
    # Right wrist 1 of 1, left wrist 1 of 3: a mean of rates, where counting would give 2 of 4.
    truth = np.stack([make_truth()] * 3)
    predicted = truth.copy()
    truth[1:, RIGHT_WRIST] = np.nan
    predicted[1:, LIP_JOINTS.names.index("left wrist"), 0] += 500
    scores = score(truth, predicted)
    assert scores.wrist == pytest.approx((100 + 100 / 3) / 2)
    assert scores.upper_body == pytest.approx(100 * 20 / 22)
    assert scores.total == pytest.approx(100 * 38 / 40)
    others = [getattr(scores, name) for name in GROUPS if name != "wrist"]
    assert others == [100] * 6


@pytest.mark.parametrize(
    ("group", "joints"),
    [
        ("head", (8, 9)),
        ("shoulder", (12, 13)),
        ("elbow", (11, 14)),
        ("wrist", (10, 15)),
        ("hip", (2, 3)),
        ("knee", (1, 4)),
        ("ankle", (0, 5)),
    ],
)
def test_each_group_has_its_two_joints_and_its_pools(group, joints):
    truth = make_truth()
    for joint in joints:
        scores = score(truth, move(truth, joint))
        assert {name: getattr(scores, name) for name in GROUPS} == {
            name: 50 if name == group else 100 for name in GROUPS
        }
        assert scores.total == pytest.approx(100 * 13 / 14)
        assert scores.upper_body == (87.5 if joint >= 8 else 100)


def test_pelvis_and_spine_have_rates_but_enter_no_score():
    truth = make_truth()
    scores = score(truth, move(truth, PELVIS, SPINE))
    assert scores.joints[[PELVIS, SPINE]].tolist() == [0, 0]
    assert scores.counts[[PELVIS, SPINE]].tolist() == [1, 1]
    assert [getattr(scores, name) for name in (*GROUPS, "upper_body", "total")] == [100] * 9


@pytest.mark.parametrize("value", [-1, -300, np.nan, -np.inf])
@pytest.mark.parametrize("column", [0, 1])
def test_a_negative_or_nan_prediction_counts_as_1(value, column):
    truth = make_truth()
    predicted = move(truth)
    truth[RIGHT_WRIST, column] = 6  # half a head from 1, but not from 0 or -1
    predicted[RIGHT_WRIST, column] = value
    assert score_joints(truth, predicted)[1][RIGHT_WRIST]
    truth[RIGHT_WRIST, column] = 6.5
    assert not score_joints(truth, predicted)[1][RIGHT_WRIST]


def test_a_predicted_0_stays_0():
    truth = make_truth()
    predicted = move(truth)
    truth[RIGHT_WRIST, 0], predicted[RIGHT_WRIST, 0] = 6, 0
    assert not score_joints(truth, predicted)[1][RIGHT_WRIST]


def test_the_third_number_of_a_prediction_is_not_read():
    truth = make_truth()
    assert score_joints(truth, np.c_[move(truth), np.full(16, np.nan)])[1].all()


def test_perfect_and_all_wrong_predictions():
    truth = make_truth()
    for predicted, rate in ((truth, 100), (truth + 500, 0)):
        scores = score(truth, predicted)
        assert [getattr(scores, name) for name in (*GROUPS, "upper_body", "total")] == [rate] * 9
        assert scores.joints.tolist() == [rate] * 16


@pytest.mark.filterwarnings("error")
def test_where_nothing_counts_the_score_is_nan():
    truth = make_truth()
    truth[:6] = np.nan
    scores = score(truth, truth)
    assert np.isnan([scores.hip, scores.knee, scores.ankle, *scores.joints[:6]]).all()
    assert (scores.wrist, scores.upper_body, scores.total) == (100, 100, 100)
    empty = PoseMetric().scores()
    assert np.isnan([getattr(empty, name) for name in (*GROUPS, "upper_body", "total")]).all()


def test_a_group_with_one_joint_counted_has_its_rate():
    truth = make_truth()
    truth[RIGHT_KNEE] = np.nan
    assert score(truth, truth).knee == 100


def test_another_head_size_replaces_the_distance():
    truth = make_truth()
    predicted = move(truth, RIGHT_WRIST, by=(8, 0))
    truth[HEAD] = np.nan  # a data set with head boxes does not need it
    counted, right = score_joints(truth, predicted, head_size=16)
    assert counted.sum() == 15 and right[RIGHT_WRIST]
    metric = PoseMetric()
    metric.update([truth] * 4, [predicted] * 4, head_size=[15.9, 16, np.nan, 0])
    assert (metric.images, metric.images_left_out) == (2, 2)
    assert (metric.counts[RIGHT_WRIST], metric.right[RIGHT_WRIST]) == (2, 1)


def test_many_images_at_once_are_those_one_by_one():
    truth, predicted = random_people()
    together, single = PoseMetric(), PoseMetric()
    together.update(truth, predicted)
    for person, guess in zip(truth, predicted, strict=True):
        single.update(person, guess)
    assert (together.images, together.images_left_out) == (6, 1)
    assert (single.images, single.images_left_out) == (6, 1)
    assert 0 < together.right.sum() < together.counts.sum()
    np.testing.assert_array_equal(together.counts, single.counts)
    np.testing.assert_array_equal(together.right, single.right)


def test_neither_split_nor_order_of_merging_matters():
    truth, predicted = random_people()
    whole, parts = PoseMetric(), [PoseMetric(), PoseMetric()]
    whole.update(truth, predicted)
    parts[0].update(truth[::2], predicted[::2])
    parts[1].update(truth[1::2], predicted[1::2])
    for order in ((0, 1), (1, 0)):
        merged = PoseMetric()
        for i in order:
            merged.merge(parts[i])
        assert (merged.images, merged.images_left_out) == (6, 1)
        np.testing.assert_array_equal(merged.counts, whole.counts)
        np.testing.assert_array_equal(merged.right, whole.right)
    with pytest.raises(ValueError, match="threshold 0.2 merged with 0.5"):
        whole.merge(PoseMetric(threshold=0.2))


def test_scores_do_not_change_with_later_images():
    metric = PoseMetric()
    metric.update(make_truth(), make_truth())
    scores = metric.scores()
    metric.update(make_truth(), make_truth())
    assert scores.counts.tolist() == [1] * 16


INFINITE = make_truth()
INFINITE[HEAD, 0] = np.inf


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    ("truth", "predicted", "message"),
    [
        (np.zeros((15, 3)), make_truth(), r"ground truth has shape \(15, 3\)"),
        (make_truth(), np.zeros(32), r"prediction has shape \(32,\)"),
        (make_truth(), np.zeros((16, 4)), r"prediction has shape \(16, 4\)"),
        (make_truth(), [make_truth()] * 2, r"prediction of \(2,\)"),
        (make_truth(), [["a", "b"]] * 16, "prediction does not hold numbers"),
        (INFINITE, make_truth(), "ground truth is infinite"),
    ],
)
def test_bad_input_is_named_and_not_counted(truth, predicted, message):
    metric = PoseMetric()
    with pytest.raises(InputError, match=f"^a.jpg: .*{message}"):
        metric.update(truth, predicted, where="a.jpg")
    assert (metric.images, metric.images_left_out, metric.counts.sum()) == (0, 0, 0)


def test_a_head_size_for_each_image_is_needed():
    with pytest.raises(InputError, match=r"head sizes of \(3,\)"):
        PoseMetric().update([make_truth()] * 2, [make_truth()] * 2, head_size=[10, 10, 10])


def test_other_joints_are_found_by_their_names():
    truth, predicted = random_people()
    made_up = np.full((2, len(truth), 17, 2), 1000.0)  # the joint that LIP lacks is far off
    made_up[0][:, LIP_PLACES], made_up[1][:, LIP_PLACES] = truth[..., :2], predicted
    made_up[1][:, 0] += 500
    metric, expected = PoseMetric(joints=JOINTS), PoseMetric()
    metric.update(*made_up)
    expected.update(truth, predicted)
    found, wanted = metric.scores(), expected.scores()
    for name in (*GROUPS, "upper_body", "total"):
        assert getattr(found, name) == getattr(wanted, name), name
    np.testing.assert_array_equal(found.joints[LIP_PLACES], wanted.joints)
    assert found.joints[0] == 0 and found.counts[0] == 6  # all but the one without a head
    with pytest.raises(InputError, match=r"shape \(7, 16, 3\); wanted are 17 joints .* 17, 2 or 3"):
        metric.update(truth, predicted)
    with pytest.raises(ValueError, match="tail tip.* merged"):
        expected.merge(metric)


def test_joints_that_pckh_does_not_know_are_refused():
    with pytest.raises(InputError, match="PCKh needs LIP's joints, .* 17 have no neck, head"):
        PoseMetric(joints=COCO_JOINTS)
    points = np.ones((17, 2))
    with pytest.raises(InputError, match="have no neck, head"):
        score_joints(points, points, joints=COCO_JOINTS)
    counted, right = score_joints(points, points, head_size=1, joints=COCO_JOINTS)
    assert counted.shape == right.shape == (17,) and right.all()
