"""People cut out of photographs and rendered ones."""

import cv2
import numpy as np
import pytest

from jppnet_tf.data.groups.cutout import HIDDEN, MISSING, VISIBLE, Cutout
from jppnet_tf.data.groups.photographs import paint_over, to_coco
from jppnet_tf.data.groups.rendered import render_cutout
from jppnet_tf.labels import COCO_JOINTS, LIP

LEFT_WRIST, RIGHT_WRIST, NOSE = (
    COCO_JOINTS.names.index(name) for name in ("left wrist", "right wrist", "nose")
)


@pytest.fixture(scope="module")
def people():
    return [render_cutout((11, number), 160) for number in range(24)]


def test_the_same_seed_gives_the_same_person(people):
    again = render_cutout((11, 3), 160)
    assert np.array_equal(again.image, people[3].image)
    assert np.array_equal(again.keypoints, people[3].keypoints)
    assert not np.array_equal(people[4].keypoints, again.keypoints)


def test_joints_lie_on_the_person_or_hardly_beside_it(people):
    for person in people:
        near = cv2.dilate(person.mask.astype(np.uint8), np.ones((5, 5))) > 0
        columns, rows = np.rint(person.keypoints[:, :2]).astype(int).T
        assert near[rows, columns].mean() >= 16 / 17
        assert set(person.keypoints[:, 2]) <= {HIDDEN, VISIBLE}


def test_faces_are_hidden_from_behind_and_seen_from_the_front():
    flags = np.array([render_cutout((12, n), 96).keypoints[:5, 2] for n in range(60)])
    turned_away = (flags[:, :3] == HIDDEN).all(axis=1)
    assert 0.05 < turned_away.mean() < 0.5
    assert (flags[~turned_away, 0] == VISIBLE).mean() > 0.7


def test_eyes_lie_above_the_nose_between_the_ears_of_whoever_looks_at_us(people):
    upright = [p.keypoints for p in people if (p.keypoints[:5, 2] == VISIBLE).all()]
    assert len(upright) > 3
    for nose, left_eye, right_eye, left_ear, right_ear in (k[:5, :2] for k in upright):
        across = left_ear - right_ear
        places = [
            (point - right_ear) @ across / (across @ across) for point in (right_eye, left_eye)
        ]
        assert -0.3 < places[0] < places[1] < 1.3
        down = np.array([-across[1], across[0]])
        assert (nose - (left_eye + right_eye) / 2) @ down > 0


def test_trimmed_and_shrunk_people_keep_their_joints(people):
    for person in people[:6]:
        spacious = Cutout(
            *(np.pad(a, ((9, 0), (7, 5), (0, 0))[: a.ndim]) for a in (person.image, person.shape)),
            np.pad(person.mask, ((9, 0), (7, 5))),
            np.pad(person.parsing, ((9, 0), (7, 5))),
            person.keypoints + np.array([7, 9, 0], np.float32),
        )
        trimmed = spacious.trim()
        assert trimmed.mask.sum() == person.mask.sum()
        assert np.array_equal(trimmed.parsing[trimmed.mask], person.parsing[person.mask])
        half = person.shrink(len(person.mask) // 2)
        assert len(half.mask) == len(person.mask) // 2
        # Pixels' middles, not their corners: a joint stays at its share of the picture.
        share = (person.keypoints[:, :2] + 0.5) / person.mask.shape[::-1]
        assert np.allclose((half.keypoints[:, :2] + 0.5) / half.mask.shape[::-1], share, atol=1e-5)
        assert abs(half.mask.mean() - person.mask.mean()) < 0.02
        assert not half.parsing[~half.mask].any()
        shares = (
            np.bincount(p.ravel(), minlength=20) / p.size for p in (half.parsing, person.parsing)
        )
        assert np.allclose(*shares, atol=0.01)
        assert person.shrink(4096) is person


def test_a_mirror_image_exchanges_left_and_right(people):
    person = people[0]
    turned = person.mirror()
    width = person.mask.shape[1]
    assert turned.keypoints[LEFT_WRIST, 0] == width - 1 - person.keypoints[RIGHT_WRIST, 0]
    assert turned.keypoints[LEFT_WRIST, 1] == person.keypoints[RIGHT_WRIST, 1]
    assert np.array_equal(turned.image[:, 0], person.image[:, -1])
    left, right = LIP.names.index("left-arm"), LIP.names.index("right-arm")
    assert np.array_equal(turned.parsing == left, (person.parsing == right)[:, ::-1])
    assert (turned.parsing == left).any() or (turned.parsing == right).any()
    assert np.allclose(turned.mirror().keypoints, person.keypoints, atol=1e-4)


def test_missing_joints_stay_zeros(people):
    person = people[0]
    keypoints = person.keypoints.copy()
    keypoints[NOSE] = 0
    without = Cutout(person.image, person.shape, person.mask, person.parsing, keypoints)
    for other in (without.mirror(), without.shrink(60), without.trim(0)):
        assert not other.keypoints[NOSE].any()


def test_blazepose_landmarks_become_cocos_joints():
    landmarks = np.zeros((33, 4), np.float32)
    landmarks[:, :2] = np.arange(66).reshape(33, 2)
    landmarks[:, 3] = 0.9
    landmarks[15, 3], landmarks[16, 3] = 0.3, 0.05  # wrists
    keypoints = to_coco(landmarks, (60, 100))
    assert keypoints[NOSE].tolist() == [0, 1, VISIBLE]
    assert keypoints[LEFT_WRIST].tolist() == [30, 31, HIDDEN]
    assert keypoints[RIGHT_WRIST].tolist() == [0, 0, MISSING]
    assert keypoints[-1].tolist() == [56, 57, VISIBLE]  # the right ankle, number 28
    assert not to_coco(landmarks, (57, 100))[-1].any()  # outside


def test_nothing_of_a_person_is_left_where_they_were_painted_over():
    image = np.full((120, 80, 3), (40, 160, 90), np.uint8)
    shape = np.zeros((120, 80), bool)
    shape[30:110, 20:60] = True
    image[shape] = (250, 0, 0)
    # A rim of the person that the labels lack.
    painted = paint_over(image, shape).astype(int)
    assert np.abs(painted - (40, 160, 90)).max() < 25
    assert np.array_equal(painted[:20], image[:20])
