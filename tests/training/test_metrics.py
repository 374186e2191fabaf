import keras
import numpy as np
import pytest
import tensorflow as tf

from jppnet_tf.evaluation.metrics.parsing import ParsingMetric
from jppnet_tf.evaluation.metrics.pose import PoseMetric
from jppnet_tf.labels import COCO_JOINTS
from jppnet_tf.system.errors import InputError
from jppnet_tf.training.metrics import ParsingMeanIoU, PCKh
from tests.made_up_labels import CLASSES, JOINTS, LIP_PLACES


def make_labels(seed):
    random = np.random.default_rng(seed)
    label = random.integers(0, 9, (2, 12, 10), np.uint8)  # most classes never occur
    predicted = np.where(random.random(label.shape) < 0.6, label, 3)
    label[:, :2] = 255
    return label, predicted


def make_joints(seed):
    random = np.random.default_rng(seed)
    truth = np.concatenate([random.uniform(20, 90, (4, 16, 2)), np.zeros((4, 16, 1))], -1)
    truth[0, 3] = np.nan
    truth[1, 9, 2] = np.nan  # no head
    truth[2, 5, 0] = -1
    truth[3, 8] = truth[3, 9]  # a head of no size
    predicted = truth[..., :2] + random.normal(0, 20, (4, 16, 2))
    predicted[0, :2] = [[-5, 3], [np.nan, 4]]
    return truth, predicted


@tf.function
def update(metric, truth, predicted):
    metric.update_state(truth, predicted)


@pytest.mark.parametrize(
    "build, reference, make",
    [(ParsingMeanIoU, ParsingMetric, make_labels), (PCKh, PoseMetric, make_joints)],
)
def test_they_score_as_the_numpy_metrics(build, reference, make):
    metric, expected = build(), reference()
    for seed in range(3):
        truth, predicted = make(seed)
        update(metric, tf.constant(truth), tf.constant(predicted))
        expected.update(truth, predicted)
    scores = expected.scores()
    wanted = scores.mean_iou if build is ParsingMeanIoU else scores.total
    assert 5 < wanted < 95
    assert float(metric.result()) == pytest.approx(wanted, rel=1e-6)
    metric.reset_state()
    assert np.isnan(float(metric.result()))


def test_logits_are_taken_too():
    label, predicted = make_labels(0)
    by_id, by_logits = ParsingMeanIoU(), ParsingMeanIoU()
    by_id.update_state(label, predicted)
    by_logits.update_state(label, np.eye(20, dtype=np.float32)[predicted] - 0.5)
    np.testing.assert_array_equal(by_id.total_cm, by_logits.total_cm)


@pytest.mark.parametrize("truth, predicted", [(0, 25), (19, 20), (33, 0), (0, -1)])
def test_ids_that_are_no_class_are_refused(truth, predicted):
    metric = ParsingMeanIoU()
    with pytest.raises(tf.errors.InvalidArgumentError, match="ids must be classes"):
        metric.update_state([truth], [predicted])
    assert np.isnan(float(metric.result()))


def test_the_threshold_is_inclusive():
    joints = np.zeros((1, 16, 2))
    joints[0, :, 0] = np.arange(16) * 8 + 8.0  # a head of 8 pixels
    for shift, expected in ((4, 100), (4.001, 0)):
        metric = PCKh()
        metric.update_state(joints, joints + [0, shift])
        assert float(metric.result()) == expected


@pytest.mark.parametrize("metric", [ParsingMeanIoU(CLASSES), PCKh(0.2, JOINTS)])
def test_they_are_built_again_from_their_configuration(metric):
    again = keras.metrics.deserialize(keras.metrics.serialize(metric))
    assert again.get_config() == metric.get_config()
    assert [v.shape for v in again.variables] == [v.shape for v in metric.variables]


def test_other_classes_and_joints():
    label, predicted = (ids % 7 for ids in make_labels(0))
    metric, expected = ParsingMeanIoU(CLASSES), ParsingMetric(7)
    metric.update_state(label, predicted)
    expected.update(label, predicted)
    assert float(metric.result()) == pytest.approx(expected.scores().mean_iou, rel=1e-6)
    with pytest.raises(tf.errors.InvalidArgumentError, match="ids must be classes"):
        metric.update_state([7], [0])
    truth, found = make_joints(0)
    points = np.full((2, 4, 17, 2), 5.0)
    points[0][:, LIP_PLACES], points[1][:, LIP_PLACES] = truth[..., :2], found
    metric, expected = PCKh(joints=JOINTS), PoseMetric(joints=JOINTS)
    metric.update_state(*points)
    expected.update(*points)
    assert 5 < expected.scores().total < 95
    assert float(metric.result()) == pytest.approx(expected.scores().total, rel=1e-6)
    with pytest.raises(InputError, match="PCKh needs LIP's joints"):
        PCKh(joints=COCO_JOINTS)


def test_many_pixels_are_counted_exactly():
    metric = ParsingMeanIoU()
    metric.total_cm.assign(np.diag([2.0**25, 1.0, *[0.0] * 18]))  # where float32 counts no more
    metric.update_state([0, 0, 0, 1], [0, 0, 1, 1])
    assert np.asarray(metric.total_cm)[0, 0] == 2**25 + 2
    assert float(metric.result()) == pytest.approx(100 * ((2**25 + 2) / (2**25 + 3) + 2 / 3) / 2)
