"""Confusion matrices small enough to count by hand."""

import numpy as np
import pytest
import sklearn.metrics

from jppnet_tf import InputError
from jppnet_tf.evaluation.metrics.parsing import ParsingMetric, count_confusion, score_confusion

SCORES = ("overall_accuracy", "mean_accuracy", "mean_iou", "frequency_weighted_iou")
MORE_SCORES = (*SCORES, "legacy_mean_iou")


def make_maps(count=5, shape=(9, 7), seed=0):
    """Random labels, some pixels of them 255, and predictions: two uint8 [count, *shape]."""
    random = np.random.default_rng(seed)
    labels = random.integers(0, 20, (count, *shape), np.uint8)
    labels[random.random(labels.shape) < 0.1] = 255
    return labels, random.integers(0, 20, (count, *shape), np.uint8)


def test_rows_are_ground_truth_and_columns_prediction():
    label = np.array([[0, 0, 1], [2, 2, 2]], np.uint8)
    predicted = np.array([[0, 1, 1], [2, 0, 0]], np.uint8)
    confusion = count_confusion(label, predicted, classes=3)
    assert confusion.dtype == np.int64
    np.testing.assert_array_equal(confusion, [[1, 1, 0], [0, 1, 0], [2, 0, 1]])


@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.int32, np.int64, np.uint64])
@pytest.mark.parametrize("classes", [20, 255])
def test_counts_are_those_of_a_plain_loop(dtype, classes):
    labels, predictions = make_maps()
    labels[labels == 19] = 255
    labels[0, 0, :2], predictions[0, 0, :2] = classes - 1, (classes - 1, 0)
    expected = np.zeros((classes, classes), np.int64)
    for truth, guess in zip(labels.ravel(), predictions.ravel(), strict=True):
        if truth != 255:
            expected[truth, guess] += 1
    confusion = count_confusion(labels.astype(dtype), predictions.astype(dtype), np.int64(classes))
    np.testing.assert_array_equal(confusion, expected)


def test_scores_of_a_matrix_counted_by_hand():
    scores = score_confusion(np.array([[6, 2, 0], [1, 3, 0], [4, 0, 4]]))
    np.testing.assert_allclose(scores.accuracy, [75, 75, 50])
    np.testing.assert_allclose(scores.iou, [100 * 6 / 13, 50, 50])
    assert scores.overall_accuracy == pytest.approx(65)
    assert scores.mean_accuracy == pytest.approx(200 / 3)
    assert scores.mean_iou == pytest.approx((100 * 6 / 13 + 100) / 3)
    assert scores.frequency_weighted_iou == pytest.approx(0.4 * 100 * 6 / 13 + 0.2 * 50 + 0.4 * 50)


def test_ignored_pixels_drop_out():
    label, predicted = np.array([[0, 255, 1]]), np.array([[0, 2, 1]])
    assert count_confusion(label, predicted, classes=3).sum() == 2
    # Not even the union of the class predicted there grows: it stays absent.
    metric = ParsingMetric(classes=3)
    metric.update(label, predicted)
    np.testing.assert_array_equal(metric.scores().iou, [100, 100, np.nan])


def test_means_leave_out_classes_without_denominator():
    # Class 1 is only predicted: it has an IoU, of 0, but no accuracy. Class 2 has neither.
    metric = ParsingMetric(classes=3)
    metric.update(np.array([[0, 0, 0, 0]]), np.array([[0, 0, 0, 1]]))
    scores = metric.scores()
    np.testing.assert_array_equal(scores.accuracy, [75, np.nan, np.nan])
    np.testing.assert_array_equal(scores.iou, [75, 0, np.nan])
    assert [getattr(scores, name) for name in SCORES] == [75, 75, 37.5, 75]


def test_a_perfect_prediction_has_everything():
    metric = ParsingMetric()
    labels = np.arange(20, dtype=np.uint8).reshape(4, 5)
    metric.update(labels, labels)
    assert [getattr(metric.scores(), name) for name in MORE_SCORES] == [100] * 5
    np.testing.assert_array_equal(metric.scores().iou, np.full(20, 100.0))


def test_an_all_wrong_prediction_has_nothing():
    metric = ParsingMetric()
    labels = np.arange(20, dtype=np.uint8).reshape(4, 5)
    metric.update(labels, (labels + 1) % 20)
    assert [getattr(metric.scores(), name) for name in SCORES] == [0] * 4
    np.testing.assert_array_equal(metric.scores().accuracy, np.zeros(20))


@pytest.mark.parametrize("shape", [(4, 5), (0, 5)])
@pytest.mark.filterwarnings("error")
def test_without_a_counted_pixel_every_score_is_nan(shape):
    metric = ParsingMetric()
    metric.update(np.full(shape, 255, np.uint8), np.zeros(shape, np.uint8))
    scores = metric.scores()
    assert metric.confusion.sum() == 0
    assert np.isnan([getattr(scores, name) for name in MORE_SCORES]).all()
    assert np.isnan([scores.iou, scores.accuracy]).all()


def test_images_count_by_their_pixels_not_one_by_one():
    metric = ParsingMetric(classes=2)
    metric.update(np.zeros((1, 1), np.uint8), np.ones((1, 1), np.uint8))
    metric.update(np.zeros((3, 3), np.uint8), np.zeros((3, 3), np.uint8))
    assert metric.scores().overall_accuracy == 90


def test_legacy_iou_of_an_empty_look():
    """Background alone predicted, of nine classes: high by one count, low by the other."""
    label = np.zeros((100, 1000), np.uint8)
    for class_id in range(1, 9):
        label[:, 783 + 27 * (class_id - 1) : 783 + 27 * class_id] = class_id
    metric = ParsingMetric()
    metric.update(label, np.zeros_like(label))
    assert metric.scores().legacy_mean_iou == pytest.approx(58.9, abs=0.05)
    assert metric.scores().mean_iou == pytest.approx(8.7, abs=0.05)


def test_legacy_iou_is_counted_by_hand_and_averaged_over_images():
    metric = ParsingMetric(classes=3)
    metric.update(np.array([[0, 0, 1, 255]]), np.array([[0, 1, 1, 2]]))
    first = ((1 + 1) / (2 + 1) + (1 + 1) / (2 + 1) + 1) / 3
    assert metric.scores().legacy_mean_iou == pytest.approx(100 * first)
    metric.update(np.full((1, 9), 2), np.full((1, 9), 0))
    second = (1 / 10 + 1 + 1 / 10) / 3
    assert metric.scores().legacy_mean_iou == pytest.approx(100 * (first + second) / 2)
    metric.update(np.full((1, 9), 255), np.zeros((1, 9), int))  # nothing to count
    assert metric.scores().legacy_mean_iou == pytest.approx(100 * (first + second) / 2)
    scored = ParsingMetric(classes=3, scored=2)
    scored.update(np.array([[0, 0, 1, 255]]), np.array([[0, 1, 1, 2]]))
    assert scored.scores().legacy_mean_iou == pytest.approx(100 * 2 / 3)
    assert np.isnan(score_confusion(scored.confusion).legacy_mean_iou)


def test_neither_split_nor_order_of_merging_matters():
    labels, predictions = make_maps(count=6)
    whole = ParsingMetric()
    for label, predicted in zip(labels, predictions, strict=True):
        whole.update(label, predicted)
    parts = [ParsingMetric() for _ in range(3)]
    for i, (label, predicted) in enumerate(zip(labels, predictions, strict=True)):
        parts[i % 3].update(label, predicted)
    before = parts[0].confusion.copy()
    for order in ((0, 1, 2), (2, 0, 1)):
        merged = ParsingMetric()
        for i in order:
            merged.merge(parts[i])
        np.testing.assert_array_equal(merged.confusion, whole.confusion)
        assert merged.scores().legacy_mean_iou == pytest.approx(whole.scores().legacy_mean_iou)
    np.testing.assert_array_equal(parts[0].confusion, before)


def test_metrics_of_other_classes_do_not_merge():
    with pytest.raises(ValueError, match="7 classes merged with 20"):
        ParsingMetric().merge(ParsingMetric(classes=7))


ZEROS = np.zeros((3, 4), np.uint8)


def with_id(value, dtype=np.uint8):
    """A map of zeros but for one pixel."""
    ids = np.zeros((3, 4), dtype)
    ids[1, 2] = value
    return ids


@pytest.mark.parametrize(
    ("label", "predicted", "message"),
    [
        (with_id(20), ZEROS, "ground truth has ids that are not classes: 20;"),
        (with_id(254), ZEROS, "ground truth .* 254"),
        (with_id(256, np.int32), ZEROS, "ground truth .* 256"),
        (with_id(-1, np.int32), ZEROS, "ground truth .* -1"),
        (ZEROS, with_id(20), "prediction has ids that are not classes: 20;"),
        (ZEROS, with_id(-1, np.int8), "prediction .* -1"),
        (with_id(255), with_id(255), "prediction .* 255"),
        (ZEROS, np.arange(20, 32).reshape(3, 4), "20, 21, 22, 23, 24, ...;"),
        (ZEROS.astype(np.float32), ZEROS, "ground truth is float32"),
        (ZEROS, ZEROS.astype(bool), "prediction is bool"),
        (ZEROS, ZEROS.T, "prediction is 3 x 4, ground truth 4 x 3"),
        (ZEROS, ZEROS[..., None], "prediction is 1 x 4 x 3"),
    ],
)
def test_bad_input_is_named_and_not_counted(label, predicted, message):
    metric = ParsingMetric()
    with pytest.raises(InputError, match=f"^a.png: .*{message}"):
        metric.update(label, predicted, where="a.png")
    assert metric.confusion.sum() == 0


def test_more_classes_than_ids_beside_255_are_refused():
    with pytest.raises(InputError, match="^classes must be 1..255, not 256"):
        count_confusion(ZEROS, ZEROS, classes=256)


def test_scikit_learn_agrees():
    labels, predictions = make_maps(shape=(40, 30))
    metric = ParsingMetric()
    metric.update(labels, predictions)
    truth, guess = labels[labels != 255], predictions[labels != 255]
    expected = sklearn.metrics.confusion_matrix(truth, guess)
    np.testing.assert_array_equal(metric.confusion, expected)
    iou = sklearn.metrics.jaccard_score(truth, guess, average=None)
    np.testing.assert_allclose(metric.scores().iou, 100 * iou)
