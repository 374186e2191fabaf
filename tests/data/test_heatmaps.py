import numpy as np
import pytest

from jppnet_tf import ops
from jppnet_tf.data.heatmaps import decode_joints
from jppnet_tf.labels import LIP_JOINTS


@pytest.mark.parametrize("size_hw", [(230, 150), (31, 17), (600, 801), (1, 1)])
@pytest.mark.parametrize("images", [1, 2])
def test_the_first_maximum_of_the_whole_image_is_found(size_hw, images):
    random = np.random.default_rng(5)
    # Few different values, so that ties are everywhere.
    maps = [random.integers(0, 3, (images, s, s, 16)).astype(np.float32) for s in (48, 36, 60)]
    fused = ops.fuse_nearest(maps, size_hw, LIP_JOINTS.mirror)
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
