import numpy as np
import pytest

from jppnet_tf.data.ccp.joints import make_joints
from jppnet_tf.data.ccp.labels import make_label
from jppnet_tf.labels import LIP_JOINTS
from tests.data.ccp.made_up import SIZE_HW, TAGS, make_landmarks, make_tags


def joint(joints, name):
    return joints[LIP_JOINTS.names.index(name)]


def test_joints_are_the_persons_own_left_and_right():
    joints = make_joints(make_landmarks(), SIZE_HW)
    np.testing.assert_array_equal(joint(joints, "left wrist"), (86, 98, 0))
    np.testing.assert_array_equal(joint(joints, "right wrist"), (34, 98, 0))
    np.testing.assert_array_equal(joint(joints, "right ankle"), (50, 178, 0))
    np.testing.assert_array_equal(joint(joints, "pelvis"), (60, 100, 0))
    assert joint(joints, "spine")[1] == pytest.approx(100 - 0.68 * 50)
    assert joint(joints, "neck")[1] == pytest.approx(100 - 1.095 * 50)


def test_the_head_ends_where_hair_does():
    label = make_label(make_tags(), TAGS, make_landmarks())
    top = joint(make_joints(make_landmarks(), SIZE_HW, label), "head")
    assert top[0] == pytest.approx(60, abs=0.5) and top[1] == pytest.approx(12, abs=1)
    guessed = joint(make_joints(make_landmarks(), SIZE_HW), "head")
    assert guessed[0] == pytest.approx(60, abs=0.5) and guessed[1] < 26


def test_what_is_hardly_seen_is_occluded_or_missing():
    marks = make_landmarks()
    marks[15, 3], marks[13, 3] = 0.3, 0.05
    joints = make_joints(marks, SIZE_HW)
    assert joint(joints, "left wrist")[2] == 1
    assert np.isnan(joint(joints, "left elbow")).all()
    assert joint(joints, "right elbow")[2] == 0


def test_joints_outside_the_photograph_are_missing():
    marks = make_landmarks()
    marks[27, :2] = 70, 208
    marks[28, :2] = -0.1, 150
    joints = make_joints(marks, SIZE_HW)
    assert np.isnan(joint(joints, "left ankle")).all()
    assert np.isnan(joint(joints, "right ankle")).all()
    assert not np.isnan(joint(joints, "left knee")).any()
