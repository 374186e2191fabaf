"""Choices in decoding that the paper names beside its own, or leaves open."""

import math

import numpy as np
import pytest

from jppnet_tf.models.maps.people.decoding import Maps, decode_people
from jppnet_tf.models.maps.people.grouping import drop_duplicates, measure_people
from jppnet_tf.models.maps.people.skeleton import RADIUS, SIGMAS
from jppnet_tf.models.maps.people.targets import encode_people

SIZE_HW = (201, 181)
DISK = 3209
"""Pixels within the radius of one."""
NOSE, LEFT_ANKLE, RIGHT_ANKLE = 0, 15, 16


def draw_joints(x=60, y=50):
    """Joints [17, 2] in whole pixels, all of them in a box of 40 x 90, the ankles at its bottom."""
    joints = np.array([(x + 5 * (joint % 8), y + 5 * joint) for joint in range(17)], float)
    joints[NOSE] = x, y
    joints[[LEFT_ANKLE, RIGHT_ANKLE]] = (x + 40, y + 90), (x, y + 90)
    return joints


def perfect_maps(people):
    """Maps of every pixel that say where these joints are, without masks."""
    keypoints = np.ones((len(people), 17, 3))
    keypoints[..., :2] = people
    nobody = np.zeros((len(people), *SIZE_HW), bool)
    targets = encode_people(keypoints, nobody, nobody.any(axis=0), list(SIZE_HW), 1)
    heatmaps, short, mid = (np.array(values) for values in targets[:3])
    return Maps(heatmaps, short, mid, None, None, 1)


def test_votes_for_a_joint_are_its_score_where_wanted():
    maps = perfect_maps([draw_joints()])
    maps.heatmaps[..., NOSE] *= 0.5
    expected = np.full(17, DISK / (math.pi * RADIUS**2))
    expected[NOSE] /= 2
    found = decode_people(maps, score_by_votes=True)
    np.testing.assert_allclose(found.joint_scores, [expected], rtol=1e-6)
    assert found.scores == pytest.approx([expected.mean()], rel=1e-6)
    usual = decode_people(maps)  # all votes are for the place itself
    np.testing.assert_allclose(usual.joint_scores, [[0.5] + [1] * 16], rtol=1e-6)


def test_joints_that_are_not_there_count_for_the_scale_unless_told_otherwise():
    joints = draw_joints()
    maps = perfect_maps([joints])
    maps.heatmaps[..., [LEFT_ANKLE, RIGHT_ANKLE]] = 0.25
    joints = np.delete(joints, [LEFT_ANKLE, RIGHT_ANKLE], axis=0)
    smaller = math.sqrt(35 * 70)  # from the nose to the right knee
    np.testing.assert_array_equal(np.ptp(joints, axis=0), (35, 70))
    assert decode_people(maps).scales == pytest.approx([math.sqrt(40 * 90)])
    assert decode_people(maps, least_joint=0.25).scales == pytest.approx([math.sqrt(40 * 90)])
    assert decode_people(maps, least_joint=0.26).scales == pytest.approx([smaller])


def test_somebody_similar_is_left_out_where_wanted():
    first, second = draw_joints(), draw_joints(x=72)
    maps = perfect_maps([first, second])
    maps.heatmaps[:, 100:] *= 0.9  # somebody is less sure
    similarity = np.mean(
        [math.exp(-(12**2) / (2 * 40 * 90 * (2 * sigma) ** 2)) for sigma in SIGMAS]
    )
    assert len(decode_people(maps)) == 2  # no joint of one is within 10 pixels of the other's
    found = decode_people(maps, duplicate=similarity - 1e-6)
    np.testing.assert_allclose(found.keypoints, [first], atol=1e-4)
    assert found.scores == pytest.approx([decode_people(maps).scores[0]])
    both = decode_people(maps, duplicate=similarity + 1e-6)
    np.testing.assert_allclose(both.keypoints, [first, second], atol=1e-4)
    np.testing.assert_allclose(both.scores, both.joint_scores.mean(axis=1))


def test_similarity_is_cocos_at_the_scale_of_the_surer_one():
    keypoints = np.zeros((2, 17, 2))
    keypoints[1, NOSE] = 0, 2 * SIGMAS[NOSE] * 50  # a deviation
    similarity = (16 + math.exp(-0.5)) / 17
    scores, scales = np.array([[0.5] * 17, [0.7] * 17]), np.array([1000.0, 50.0])
    order, means = drop_duplicates(keypoints, scores, scales, similarity - 1e-9)
    assert (list(order), list(means)) == ([1], [pytest.approx(0.7)])
    order, means = drop_duplicates(keypoints, scores, scales, similarity + 1e-9)
    assert list(order) == [1, 0]
    np.testing.assert_allclose(means, [0.7, 0.5])


def test_only_people_who_stay_push_others_out():
    # Each is similar to the next one, and to no other.
    keypoints = np.zeros((3, 17, 2))
    keypoints[:, :9, 0] = [[0], [0], [1e6]]
    keypoints[:, 9:, 0] = [[0], [1e6], [1e6]]
    scores = np.repeat([[0.9], [0.8], [0.7]], 17, axis=1)
    order, _ = drop_duplicates(keypoints, scores, np.ones(3), 8 / 17)
    assert list(order) == [0, 2]
    order, means = drop_duplicates(np.zeros((0, 17, 2)), np.zeros((0, 17)), np.zeros(0), 0.5)
    assert len(order) == len(means) == 0


def test_somebody_whose_sure_joints_span_no_area_is_measured_by_all():
    keypoints = np.repeat(draw_joints()[None], 4, axis=0)
    counts = np.zeros((4, 17), bool)
    counts[1, NOSE] = True
    counts[2, [NOSE, RIGHT_ANKLE]] = True  # one above the other
    counts[3, [NOSE, LEFT_ANKLE]] = counts[3, 1] = True
    np.testing.assert_allclose(measure_people(keypoints, counts), [60] * 4)
    counts[3, LEFT_ANKLE] = False
    assert measure_people(keypoints, counts)[3] == pytest.approx(5)
