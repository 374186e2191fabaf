import numpy as np
import pytest

from jppnet_tf.evaluation.metrics.breakdowns import FACTORS, SIZES, find_factors, find_size
from jppnet_tf.labels import LIP_JOINTS
from jppnet_tf.system.errors import InputError
from tests.made_up_labels import JOINTS

BELOW = [name for name in LIP_JOINTS.names if name.split()[-1] in ("hip", "knee", "ankle")]


def make_joints(missing=(), occluded=(), turned=False):
    joints = np.zeros((16, 3))
    joints[:, 0], joints[:, 1] = 50, np.arange(16) * 10
    left = joints[LIP_JOINTS.names.index("left shoulder")]
    left[0] = 20 if turned else 80
    for name in missing:
        joints[LIP_JOINTS.names.index(name)] = np.nan
    for name in occluded:
        joints[LIP_JOINTS.names.index(name), 2] = 1
    return joints


@pytest.mark.parametrize(
    "changes, factors",
    [
        ({}, {"full_body"}),
        ({"occluded": ["left wrist"]}, {"full_body", "occlusion"}),
        ({"missing": ["spine"]}, set()),
        ({"turned": True}, {"full_body", "back_view"}),
        ({"turned": True, "missing": ["left shoulder"]}, set()),
        ({"missing": ["neck"]}, set()),
        ({"missing": ["neck", "head"]}, {"head_missing"}),
        ({"missing": [n for n in BELOW if "hip" not in n]}, {"upper_body"}),
        ({"missing": ["left knee", "right knee", "left ankle"]}, set()),
        (
            {"missing": set(LIP_JOINTS.names) - set(BELOW) - {"pelvis"}},
            {"lower_body", "head_missing"},
        ),
    ],
)
def test_factors(changes, factors):
    assert set(find_factors(make_joints(**changes))) == factors


def test_negative_coordinates_are_missing():
    joints = make_joints()
    joints[LIP_JOINTS.names.index("left shoulder"), 0] = -1
    assert find_factors(joints) == []


@pytest.mark.parametrize(
    "size_hw, size",
    [((152, 154), "small"), ((153, 153), "medium"), ((320, 322), "medium"), ((321, 321), "large")],
)
def test_sizes(size_hw, size):
    assert find_size(size_hw) == size
    assert size in SIZES and size not in FACTORS


def test_other_joints_are_refused():
    with pytest.raises(InputError, match="factor is defined for LIP's 16 joints only, not .* 17"):
        find_factors(np.zeros((17, 3)), JOINTS)
