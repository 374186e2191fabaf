import numpy as np
import pytest

from jppnet_tf.labels import LIP_JOINTS
from jppnet_tf.models.maps.fusing import fuse_nearest
from jppnet_tf.models.maps.heatmaps import decode_joints, encode_joints, refine_joints


@pytest.mark.parametrize("size_hw", [(230, 150), (31, 17), (600, 801), (1, 1)])
@pytest.mark.parametrize("images", [1, 2])
def test_the_first_maximum_of_the_whole_image_is_found(size_hw, images):
    random = np.random.default_rng(5)
    # Few different values, so that ties are everywhere.
    maps = [random.integers(0, 3, (images, s, s, 16)).astype(np.float32) for s in (48, 36, 60)]
    fused = fuse_nearest(maps, size_hw, LIP_JOINTS.mirror)
    row, column = np.divmod(fused.reshape(-1, 16).argmax(axis=0), size_hw[1])
    keypoints = decode_joints(maps, size_hw, LIP_JOINTS.mirror)
    assert keypoints.dtype == np.float32
    np.testing.assert_array_equal(keypoints[:, 0], column)
    np.testing.assert_array_equal(keypoints[:, 1], row)
    np.testing.assert_array_equal(keypoints[:, 2], fused.max(axis=(0, 1)))


def test_the_mirrored_map_is_turned_back_with_its_partner():
    maps = np.zeros((2, 4, 4, 16), np.float32)
    left, right = LIP_JOINTS.names.index("left wrist"), LIP_JOINTS.names.index("right wrist")
    maps[1, 2, 0, right] = 1  # seen in the mirror image, at its left edge
    x, y, score = decode_joints([maps], (8, 8), LIP_JOINTS.mirror)[left]
    assert (x, y, score) == (6, 4, 0.5)


def draw_maps(points, size_hw, sides, images):
    """Maps that see Gaussians around points (x, y), as training would have them seen."""
    height, width = size_hw
    mirror = list(LIP_JOINTS.mirror)
    mirrored = np.stack([width - 1 - points[:, 0], points[:, 1]], axis=1)[mirror]
    maps = []
    for side in sides:
        ys, xs = (np.arange(side) * (length / side) for length in size_hw)
        views = []
        for seen in (points, mirrored)[:images]:
            columns = np.exp(-(((xs[:, None] - seen[:, 0]) / (width / 16)) ** 2))
            rows = np.exp(-(((ys[:, None] - seen[:, 1]) / (height / 16)) ** 2))
            views.append(rows[:, None] * columns[None])
        maps.append(np.stack(views).astype(np.float32))
    return maps


@pytest.mark.parametrize("size_hw", [(240, 160), (60, 90), (1000, 333)])
@pytest.mark.parametrize("images", [1, 2])
@pytest.mark.parametrize("sides", [(24,), (24, 18, 30), (30, 24)])
def test_joints_between_cells_are_found(size_hw, images, sides):
    random = np.random.default_rng(7)
    points = random.uniform(0.15, 0.85, (16, 2)) * size_hw[::-1]
    maps = draw_maps(points, size_hw, sides, images)
    cell = np.array(size_hw[::-1]) / max(sides)
    refined = refine_joints(maps, size_hw, LIP_JOINTS.mirror)
    coarse = decode_joints(maps, size_hw, LIP_JOINTS.mirror)
    assert refined.dtype == np.float32 and refined.shape == (16, 3)
    off, coarse_off = ((found[:, :2] - points) / cell for found in (refined, coarse))
    assert np.abs(off).max() < 0.15 and np.abs(off.mean(axis=0)).max() < 0.04
    assert np.abs(coarse_off).max() > 0.4
    np.testing.assert_allclose(refined[:, 2], coarse[:, 2], atol=0.2)


def test_joints_on_the_border_and_maps_without_a_summit_stay_on_cells():
    maps = np.full((1, 10, 10, 16), -0.5, np.float32)
    maps[0, 0, 4:6, 0] = 1
    maps[0, 9, 9, 1] = 1
    maps[0, 3, 3, 2] = -0.1
    maps[0, :, :, 3] = 0.7
    found = refine_joints([maps], (50, 30), LIP_JOINTS.mirror)
    np.testing.assert_allclose(found[0], [4.5 * 3, 0, 1], rtol=1e-6)
    np.testing.assert_allclose(found[1], [9 * 3, 9 * 5, 1], rtol=1e-6)
    np.testing.assert_allclose(found[2], [3 * 3, 3 * 5, -0.1], rtol=1e-6)
    np.testing.assert_allclose(found[3], [0, 0, 0.7], rtol=1e-6)
    one = refine_joints([np.ones((2, 4, 4, 16), np.float32)], (1, 1), LIP_JOINTS.mirror)
    np.testing.assert_array_equal(one[:, 2], 1)


def test_a_heatmap_ends_25_pixels_before_and_24_behind_its_joint():
    joints = np.zeros((16, 2), np.float32)
    joints[4] = 100, 90
    maps = np.asarray(encode_joints(joints, (200, 220)))[..., 4]
    assert np.flatnonzero(maps[90]).tolist() == list(range(75, 125))
    assert np.flatnonzero(maps[:, 100]).tolist() == list(range(65, 115))
    # Nor does it reach the last row and column.
    joints[4] = 205, 190
    maps = np.asarray(encode_joints(joints, (200, 220)))[..., 4]
    assert np.flatnonzero(maps[190])[-1] == 218 and np.flatnonzero(maps[:, 205])[-1] == 198
