import numpy as np
import pytest
import tensorflow as tf

from jppnet_tf.losses import parsing_loss, pose_loss, structure_error, structure_loss


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
