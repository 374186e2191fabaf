"""Views, against the same steps done one after the other on whole maps."""

import numpy as np
import pytest
import tensorflow as tf

from jppnet_tf.data import augment
from jppnet_tf.labels import LIP, LIP_JOINTS
from jppnet_tf.models.maps.heatmaps import encode_joints
from jppnet_tf.models.maps.resizing import resize_bilinear, resize_nearest

SIZE = 48
VIEWS = [(False, 60, 5, 11), (True, 60, 12, 0), (True, 37, 0, 0), (False, 48, 0, 0)]


def make_view(values):
    mirrored, *rest = values
    return augment.View(tf.constant(mirrored), *map(tf.constant, rest))


def look_slowly(whole, view, fill, resize, mirror=None):
    """The original reader: mirror, resize the whole, pad, cut."""
    mirrored, scaled, top, left = (np.asarray(value) for value in view)
    if mirrored:
        whole = whole[:, ::-1]
        whole = whole[..., list(mirror)] if mirror else whole
    scaled_whole = np.asarray(resize(whole[None], (int(scaled), int(scaled))))[0]
    room = max(SIZE - scaled, 0)
    padded = np.pad(scaled_whole, ((0, room), (0, room), (0, 0)), constant_values=fill)
    return padded[top : top + SIZE, left : left + SIZE]


@pytest.fixture(scope="module")
def sample():
    random = np.random.default_rng(2)
    image = random.normal(0, 50, (70, 41, 3)).astype(np.float32)
    label = random.choice([*range(20), 255], (70, 41)).astype(np.uint8)
    joints = random.uniform(-5, 75, (16, 2)).astype(np.float32)
    joints[4] = np.nan
    return image, label, joints


@pytest.mark.parametrize("values", VIEWS)
def test_images(sample, values):
    view = make_view(values)
    expected = look_slowly(sample[0], view, 0, resize_bilinear)
    np.testing.assert_array_equal(augment.view_image(sample[0], view, SIZE), expected)


@pytest.mark.parametrize("values", VIEWS)
def test_labels(sample, values):
    view = make_view(values)
    expected = look_slowly(sample[1][..., None], view, 255, resize_nearest)[..., 0]
    if values[0]:
        expected = np.array([*LIP.mirror, *range(20, 256)], np.uint8)[expected]
    sampling = augment.view_sampling(sample[1].shape, view, SIZE, SIZE)
    actual = augment.view_label(sample[1], sampling, view, LIP.mirror)
    np.testing.assert_array_equal(actual, expected)
    assert actual.dtype == tf.uint8


@pytest.mark.parametrize("values", VIEWS)
def test_heatmaps_are_flipped_as_drawn(sample, values):
    view, size_hw = make_view(values), sample[1].shape
    whole = np.asarray(encode_joints(sample[2], size_hw))
    looked = look_slowly(whole, view, 0, resize_nearest, LIP_JOINTS.mirror)
    expected = np.asarray(resize_nearest(looked[None], (SIZE // 8, SIZE // 8)))[0] / 255
    sampling = augment.view_sampling(size_hw, view, SIZE, SIZE // 8)
    maps = encode_joints(sample[2], size_hw, sampling.ys, sampling.xs)
    actual = augment.view_heatmaps(maps, sampling, view, LIP_JOINTS.mirror)
    np.testing.assert_allclose(actual, expected, rtol=1e-6)  # a division in float32
    assert expected.max() > 0.5


def test_every_step_is_the_same_inside_a_dataset(sample):
    def look(image, label, joints):
        view = augment.random_view([3, 4], SIZE)
        sampling = augment.view_sampling(tf.shape(label), view, SIZE, SIZE)
        maps = encode_joints(joints, tf.shape(label), sampling.ys, sampling.xs)
        return (
            augment.view_image(image, view, SIZE),
            augment.view_label(label, sampling, view, LIP.mirror),
            augment.view_heatmaps(maps, sampling, view, LIP_JOINTS.mirror),
        )

    inside = next(iter(tf.data.Dataset.from_tensors(sample).map(look)))
    for one, other in zip(inside, look(*sample), strict=True):
        np.testing.assert_array_equal(one, other)


def test_views_are_spread_over_all_that_is_allowed():
    views = [augment.random_view([7, number], 384) for number in range(400)]
    scaled = np.array([int(view.scaled) for view in views])
    assert scaled.min() >= 288 and scaled.max() < 480
    assert len(set(scaled)) > 100 and abs(scaled.mean() - 384) < 10
    assert 160 < sum(bool(view.mirrored) for view in views) < 240
    tops = np.array([int(view.top) for view in views])
    assert all(tops <= np.maximum(scaled - 384, 0)) and tops.max() > 40
    assert np.corrcoef(tops, [int(view.left) for view in views])[0, 1] < 0.9
    assert not any(bool(augment.random_view([7, n], 384, mirror=False).mirrored) for n in range(20))


def test_the_same_seed_gives_the_same_view():
    for _ in range(2):
        first, second = (
            [value.numpy() for value in augment.random_view([1, 2], 384)] for _ in range(2)
        )
        assert first == second


@pytest.mark.parametrize("size_hw", [(1, 1), (2, 1), (60, 40)])
def test_heatmaps_at_the_borders(size_hw):
    height, width = size_hw
    joints = np.array([[0, 0], [0.9, 0.9], [np.nan, 1], [-7, height - 1], [999, 999]], np.float32)
    maps = np.asarray(encode_joints(joints, size_hw))
    assert not maps[..., :2].any(), "a joint at (0, 0) is missing"
    assert not maps[-1].any() and not maps[:, -1].any(), "the last row and column are never drawn"
    if height > 2:
        assert [int(maps[..., joint].max()) for joint in (2, 3, 4)] == [255, 255, 255]
        assert maps[1, 0, 2] == 255 and maps[height - 2, 0, 3] == 255
