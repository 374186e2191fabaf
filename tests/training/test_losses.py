import cv2
import numpy as np
import pytest
import tensorflow as tf

from jppnet_tf.training.losses import (
    border_loss,
    cross_entropy,
    dice_loss,
    parsing_loss,
    pose_loss,
    structure_error,
    structure_loss,
)


def test_parsing_loss_is_the_mean_over_labelled_pixels_of_each_image():
    logits = np.zeros((2, 1, 2, 3), np.float32)
    logits[0, 0, 0] = [np.log(2), 0, 0]  # softmax 1/2, 1/4, 1/4
    label = np.array([[[0, 1]], [[2, 255]]], np.int32)
    expected = [(np.log(2) + np.log(3)) / 2, np.log(3)]
    np.testing.assert_allclose(parsing_loss(label, logits), expected, rtol=1e-6)


@pytest.mark.parametrize("ignored", [255, 3, -1])
def test_an_image_without_labelled_pixels_costs_nothing(ignored):
    logits = tf.Variable(np.ones((1, 2, 2, 3), np.float32))
    with tf.GradientTape() as tape:
        loss = parsing_loss(np.full((1, 2, 2), ignored, np.int32), logits)
    assert loss.numpy() == [0]
    assert not np.any(tape.gradient(loss, logits))


def test_labels_are_brought_to_the_maps_by_nearest_neighbour():
    label = np.array([[[0, 1, 2, 1], [1, 1, 1, 1], [2, 1, 0, 1], [1, 1, 1, 1]]], np.int32)
    logits = np.full((1, 2, 2, 3), -50, np.float32)
    for row, column, kept in ((0, 0, 0), (0, 1, 2), (1, 0, 2), (1, 1, 0)):
        logits[0, row, column, kept] = 50
    assert parsing_loss(label, logits).numpy() == pytest.approx([0], abs=1e-6)


def test_pose_loss_is_the_root_of_the_sum_of_each_image():
    target = np.zeros((2, 2, 2, 2), np.float32)
    maps = target.copy()
    maps[0, 0, 0, 0], maps[0, 1, 1, 1], maps[1, 0, 1, 0] = 3, -4, 2
    np.testing.assert_allclose(pose_loss(target, maps), [5, 2])


def test_pose_targets_are_brought_to_the_maps_by_nearest_neighbour():
    target = np.arange(16, dtype=np.float32).reshape(1, 4, 4, 1)
    maps = target[:, ::2, ::2]
    assert pose_loss(target, maps).numpy() == [0]


def test_a_perfect_heatmap_has_no_slope():
    maps = tf.Variable(np.ones((1, 2, 2, 1), np.float32))
    with tf.GradientTape() as tape:
        loss = pose_loss(np.ones((1, 2, 2, 1), np.float32), maps)
    assert not np.any(tape.gradient(loss, maps))


def test_joints_of_a_batch_are_those_of_each_image():
    maps = np.random.default_rng(0).integers(0, 20, (2, 3, 12, 9)).astype(np.int32)
    maps[:, 1, :6] = 0
    together = structure_error(*maps)
    alone = [
        structure_error(label[None], parsing[None])[0] for label, parsing in zip(*maps, strict=True)
    ]
    np.testing.assert_allclose(together, alone, rtol=1e-5)
    assert min(alone) > 0.01 and len({float(error) for error in alone}) == 3


def test_the_structure_sensitive_loss_has_two_variants():
    losses, error = np.float32([1, 2]), np.float32([0.5, 0])
    np.testing.assert_array_equal(structure_loss(losses, error), [0.5, 0])
    np.testing.assert_array_equal(structure_loss(losses, error, "released"), losses)


def make_labels_and_logits(count=2, size=40, classes=5):
    """Blocks of classes, some pixels ignored; and logits that know a little of it."""
    random = np.random.default_rng(0)
    label = np.kron(random.integers(0, classes, (count, 4, 4)), np.ones((10, 10))).astype(np.int32)
    label[0, :3], label[1, :, 30:] = 255, -1
    logits = random.normal(0, 3, (count, size, size, classes)).astype(np.float32)
    return label, logits + 2 * (label[..., None] == np.arange(classes)).astype(np.float32)


def numpy_border_loss(label, logits):
    """The formula for one image, in float64: every step apart."""
    target = (label[..., None] == np.arange(logits.shape[-1])).astype(np.float64)
    counted = ((label >= 0) & (label < logits.shape[-1]))[..., None] * np.ones_like(target)
    sums = cv2.boxFilter(target, -1, (11, 11), normalize=False, borderType=cv2.BORDER_CONSTANT)
    inside = cv2.boxFilter(
        np.ones(label.shape), -1, (11, 11), normalize=False, borderType=cv2.BORDER_CONSTANT
    )
    around = sums / inside[..., None]
    weight = 1 + 2 * ((around > 0.005) & (around < 0.995))
    weight = weight / np.average(weight, weights=counted)
    exponents = np.exp(logits.astype(np.float64))
    probability = np.clip(exponents / exponents.sum(-1, keepdims=True), 1e-7, 1 - 1e-7)
    z = np.log(probability) - np.log(1 - probability)
    losses = (1 - target) * z + (1 + (weight - 1) * target) * (
        np.log(1 + np.exp(-np.abs(z))) + np.maximum(-z, 0)
    )
    return np.sum(losses * counted) / np.sum(weight * counted)


def test_border_loss_is_the_formula():
    label, logits = make_labels_and_logits()
    expected = [numpy_border_loss(*pair) for pair in zip(label, logits, strict=True)]
    np.testing.assert_allclose(border_loss(label, logits), expected, rtol=1e-5)


def test_border_loss_without_a_border_is_binary_cross_entropy():
    label, logits = np.zeros((1, 20, 20), np.int32), make_labels_and_logits()[1][:1, :20, :20]
    target = tf.one_hot(label, 5)
    p = np.clip(tf.nn.softmax(logits), 1e-7, 1 - 1e-7)
    plain = -np.mean(target * np.log(p) + (1 - target) * np.log(1 - p))
    np.testing.assert_allclose(border_loss(label, logits), [plain], rtol=1e-4)


def test_borders_weigh_more_than_what_lies_inside():
    label = np.zeros((1, 40, 40), np.int32)
    label[:, :, 20:] = 1
    right = 20 * np.eye(2, dtype=np.float32)[label]
    costs = []
    for column in (21, 32):  # next to the border, and 12 pixels from it
        logits = right.copy()
        logits[:, :, column] = [1, 0]
        costs.append(float(border_loss(label, logits)[0]))
    assert 1.2 * costs[1] < costs[0] < 3 * costs[1]


def test_dice_loss_is_one_minus_the_overlap():
    label, logits = make_labels_and_logits()
    for number, loss in enumerate(dice_loss(label, logits).numpy()):
        p = np.array(tf.nn.softmax(logits[number]))
        counted = (label[number] >= 0) & (label[number] < 5)
        overlaps = []
        for class_id in range(5):
            here = label[number] == class_id
            both, size = p[here, class_id].sum(), here.sum() + p[counted, class_id].sum()
            overlaps.append((2 * both + 1) / (size + 1))
        assert loss == pytest.approx(1 - np.mean(overlaps), rel=1e-5)


@pytest.mark.parametrize("loss", [border_loss, dice_loss, cross_entropy])
def test_losses_do_not_see_ignored_pixels(loss):
    label, logits = make_labels_and_logits()
    changed = np.where(
        (label < 0)[..., None] | (label == 255)[..., None], 7 * logits[..., ::-1], logits
    )
    np.testing.assert_allclose(loss(label, changed), loss(label, logits), rtol=1e-6)
    logits = tf.Variable(logits)
    with tf.GradientTape() as tape:
        values = loss(np.full_like(label, 255), logits)
    gradient = tape.gradient(values, logits)
    assert values.numpy().tolist() == [0, 0] and not np.any(gradient)


@pytest.mark.parametrize("loss", [border_loss, dice_loss, cross_entropy])
def test_losses_are_those_of_each_image_and_fall(loss):
    label, logits = make_labels_and_logits()
    together = loss(label, logits).numpy()
    alone = [loss(label[i : i + 1], logits[i : i + 1]).numpy()[0] for i in (0, 1)]
    np.testing.assert_allclose(together, alone, rtol=1e-5)
    logits = tf.Variable(logits)
    with tf.GradientTape() as tape:
        values = loss(label, logits)
    step = tape.gradient(values, logits)
    assert np.all(loss(label, logits - 100 * step) < together)
