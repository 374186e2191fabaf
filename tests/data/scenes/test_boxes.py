import cv2
import numpy as np
import pytest

from jppnet_tf.data.scenes import boxes
from jppnet_tf.labels import IGNORE, LIP_JOINTS

SIZE_HW = (200, 120)


@pytest.fixture
def joints_xy():
    """A person of 20 to 180 pixels from the top, the left of the person on our right."""
    places = {
        "head": (60, 20), "neck": (60, 45), "spine": (60, 65), "pelvis": (60, 100),
        "left shoulder": (75, 50), "left elbow": (82, 75), "left wrist": (86, 98),
        "left hip": (68, 100), "left knee": (69, 140), "left ankle": (70, 178),
    }  # fmt: skip
    joints = np.empty((16, 2), np.float32)
    for index, name in enumerate(LIP_JOINTS.names):
        x, y = places[name.replace("right", "left")]
        joints[index] = (120 - x if "right" in name else x), y
    return joints


@pytest.fixture
def label():
    label = np.zeros(SIZE_HW, np.uint8)
    label[18:190, 30:90] = 5
    label[:4] = IGNORE
    return label


def test_parts_of_a_person(label, joints_xy):
    parts = {kind: boxes.find_part(kind, label, joints_xy) for kind in boxes._KINDS}
    assert parts["whole"] is None
    assert parts["person"] == (30, 18, 90, 190)
    assert parts["half"][1] == 18 and 100 < parts["half"][3] < 130
    assert parts["head"][1] == 18 and 50 < parts["head"][3] < 75
    assert 85 < parts["legs"][1] < 100 and parts["legs"][3] == 190
    for kind in ("half", "head"):
        assert parts[kind][0] < 45 and parts[kind][2] > 75  # both shoulders


def test_without_label_the_joints_tell(joints_xy):
    left, top, right, bottom = boxes.find_part("person", None, joints_xy)
    assert left < 34 and top < 20 and right > 86 and bottom > 178


def test_missing_joints_leave_the_whole(label, joints_xy):
    joints_xy[LIP_JOINTS.names.index("pelvis")] = np.nan
    assert boxes.find_part("half", label, joints_xy) is None
    assert boxes.find_part("person", label, joints_xy) is not None
    nothing = np.full_like(joints_xy, np.nan)
    assert boxes.find_part("person", None, nothing) is None


def test_boxes_are_drawn_within_their_limits(label, joints_xy):
    rng = np.random.default_rng(0)
    drawn = np.array([boxes.draw_box(rng, SIZE_HW, label, joints_xy, 4) for _ in range(400)])
    widths, heights = drawn[:, 2] - drawn[:, 0], drawn[:, 3] - drawn[:, 1]
    assert (widths >= 120 / 4 - 1e-3).all() and (heights >= 200 / 4 - 1e-3).all()
    assert (widths <= 1.1 * 120 + 1e-3).all() and (heights <= 1.1 * 200 + 1e-3).all()
    assert (drawn[:, :2] >= -0.15 * np.array([120, 200]) - 1e-3).all()
    assert (drawn[:, 2:] <= 1.15 * np.array([120, 200]) + 1e-3).all()
    assert heights.min() < 90 and (heights > 180).mean() > 0.2
    assert (boxes.draw_box(rng, SIZE_HW, label, joints_xy, 1) == np.array([0, 0, 120, 200])).all()


def test_the_plain_matrix_fills_the_sample():
    rng = np.random.default_rng(0)
    matrix, mirrored = boxes.draw_matrix(rng, (10, 20, 60, 120), 64, (1, 1), 0, 1, False)
    assert not mirrored
    np.testing.assert_allclose(matrix @ [10, 20, 1], (0, 0), atol=1e-9)
    np.testing.assert_allclose(matrix @ [60, 120, 1], (64, 64), atol=1e-9)


def test_joints_move_with_the_pixels(joints_xy):
    """A bright dot at each joint must be where the joint is said to be."""
    rng = np.random.default_rng(1)
    mirrors, checked = set(), 0
    for _ in range(40):
        box = boxes.draw_box(rng, SIZE_HW, None, joints_xy, 4)
        matrix, mirrored = boxes.draw_matrix(rng, box, 96, (0.7, 1.3), 30, 1.4, True)
        moved = boxes.move_joints(joints_xy, matrix, 96, mirrored)
        mirrors.add(mirrored)
        for index, source in enumerate(LIP_JOINTS.mirror if mirrored else range(16)):
            if np.isnan(moved[index]).any():
                continue
            dot = np.zeros(SIZE_HW, np.uint8)
            x, y = joints_xy[source].astype(int)
            cv2.circle(dot, (int(x), int(y)), 3, 255, -1)
            shown = boxes.warp(dot, matrix, 96, cv2.INTER_LINEAR, 0)
            if moved[index].min() > 15 and moved[index].max() < 80:
                ys, xs = np.nonzero(shown > 127)
                assert np.hypot(xs.mean() - moved[index][0], ys.mean() - moved[index][1]) < 1
                checked += 1
    assert mirrors == {True, False} and checked > 100


def test_joints_outside_the_sample_are_missing(joints_xy):
    matrix = np.array([[1.0, 0, 0], [0, 1.0, -60]])
    moved = boxes.move_joints(joints_xy, matrix, 96, False)
    assert np.isnan(moved[LIP_JOINTS.names.index("head")]).all()
    assert np.isnan(moved[LIP_JOINTS.names.index("left ankle")]).all()
    np.testing.assert_allclose(moved[LIP_JOINTS.names.index("left knee")], (69, 80))
