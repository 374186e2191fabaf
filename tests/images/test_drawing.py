import numpy as np
import pytest

from jppnet_tf.images import drawing
from jppnet_tf.labels import COCO_JOINTS, LIP, LIP_JOINTS, Classes


def scene(height=100, width=60):
    photo = np.full((height, width, 3), 120, np.uint8)
    parsing = np.zeros((height, width), np.uint8)
    parsing[height // 4 : height // 2] = 5
    return photo, parsing, np.zeros((16, 3), np.float32)


def test_the_background_stays_and_classes_are_tinted():
    photo, parsing, keypoints = scene()
    picture = drawing.draw_overlay(photo, parsing, keypoints, shortest=100)
    assert picture.dtype == np.uint8
    np.testing.assert_array_equal(picture[80, 30], [120] * 3)
    expected = 120 * 0.45 + np.array(LIP.palette[5]) * 0.55
    np.testing.assert_allclose(picture[35, 30], expected, atol=1)


def test_joints_are_drawn_where_they_are_and_only_if_seen():
    photo, parsing, keypoints = scene()
    keypoints[LIP_JOINTS.names.index("left wrist")] = 40, 80, 0.9
    keypoints[LIP_JOINTS.names.index("right wrist")] = 10, 80, 0.05
    picture = drawing.draw_overlay(photo, parsing, keypoints, shortest=100)
    np.testing.assert_array_equal(picture[80, 40], drawing._LEFT)
    np.testing.assert_array_equal(picture[80, 10], [120] * 3)


def test_limbs_join_the_joints_that_are_seen():
    photo, parsing, keypoints = scene()
    ends = LIP_JOINTS.names.index("left elbow"), LIP_JOINTS.names.index("left wrist")
    keypoints[list(ends)] = [(20, 60, 0.9), (20, 90, 0.9)]
    picture = drawing.draw_overlay(photo, parsing, keypoints, shortest=100)
    np.testing.assert_array_equal(picture[75, 20], drawing._LEFT)
    keypoints[ends[0], 2] = 0
    picture = drawing.draw_overlay(photo, parsing, keypoints, shortest=100)
    np.testing.assert_array_equal(picture[75, 20], [120] * 3)


def test_every_person_is_drawn():
    photo, parsing, keypoints = scene()
    people = [keypoints.copy(), keypoints.copy()]
    wrist = LIP_JOINTS.names.index("left wrist")
    people[0][wrist], people[1][wrist] = (40, 80, 0.9), (20, 80, 0.9)
    picture = drawing.draw_overlay(photo, parsing, people, shortest=100)
    for x in (40, 20):
        np.testing.assert_array_equal(picture[80, x], drawing._LEFT)
    for nobody in (None, []):
        picture = drawing.draw_overlay(photo, parsing, nobody, shortest=100)
        assert not (picture == drawing._LEFT).all(axis=2)[:, :60].any()


@pytest.mark.parametrize(
    "size, drawn", [((100, 60), 640), ((1200, 900), 1200), ((3000, 100), 1600)]
)
def test_pictures_have_a_size_that_suits_the_eye(size, drawn):
    picture = drawing.draw_overlay(*scene(*size))
    assert picture.shape[0] == drawn


def test_the_legend_lists_the_classes_found():
    photo, parsing, keypoints = scene(300, 60)
    width = drawing.draw_overlay(photo, parsing, keypoints, shortest=300).shape[1]
    assert width > 60 + 80
    legend = drawing.draw_overlay(photo, parsing, keypoints, shortest=300)[:, 60:]
    colours = {tuple(pixel) for pixel in legend.reshape(-1, 3)}
    assert LIP.palette[5] in colours and LIP.palette[6] not in colours
    words = legend[:40, 45:].min(axis=2) < 100  # right of the swatches, beside the first of them
    assert words.sum() > 30


@pytest.mark.parametrize("pixels, is_shown", [(10, True), (9, False)])
def test_the_legend_leaves_out_what_would_read_nothing(pixels, is_shown):
    photo, parsing, keypoints = scene(200, 100)  # 20,000 pixels: 10 are 0.05 %
    parsing[150, :pixels] = 6
    legend = drawing.draw_overlay(photo, parsing, keypoints, shortest=200)[:, 100:]
    colours = {tuple(pixel) for pixel in legend.reshape(-1, 3)}
    assert (LIP.palette[6] in colours) == is_shown and LIP.palette[5] in colours


def test_the_legend_explains_limbs_only_where_there_may_be_some():
    photo, parsing, keypoints = scene()
    for people, expected in ((keypoints, True), (None, False), ([], False)):
        picture = drawing.draw_overlay(photo, parsing, people, shortest=300)
        colours = {tuple(pixel) for pixel in picture.reshape(-1, 3)}
        assert (drawing._RIGHT in colours) == expected
    nothing = drawing.draw_overlay(photo, np.zeros_like(parsing), None, shortest=300)
    assert nothing.shape[0] == 300


def test_a_legend_of_all_classes_fits_a_flat_picture():
    photo = np.zeros((20, 400, 3), np.uint8)
    parsing = np.tile(np.arange(20, dtype=np.uint8), (20, 20))
    picture = drawing.draw_overlay(photo, parsing, np.zeros((16, 3)), shortest=400)
    colours = {tuple(pixel) for pixel in picture[:, 400:].reshape(-1, 3)}
    assert set(LIP.palette[1:]) <= colours
    assert drawing._LEFT in colours


def test_a_body25_skeleton_in_openposes_colours():
    points = np.zeros((25, 3), np.float32)
    points[1] = 120, 60, 0.9  # neck
    points[2] = 80, 60, 0.9  # right shoulder
    points[5] = 160, 60, 0.9  # left shoulder
    points[9] = 90, 200, 0.9  # right hip, without middle of the hips
    points[6] = 160, 120, 0.04  # left elbow, hardly seen
    picture = drawing.draw_body25(points, (300, 240))
    assert picture.shape == (300, 240, 3) and picture.dtype == np.uint8
    np.testing.assert_array_equal(picture[60, 100], [153, 51, 0])  # the stick to the right shoulder
    np.testing.assert_array_equal(picture[60, 140], [102, 153, 0])  # the one to the left shoulder
    np.testing.assert_array_equal(picture[200, 90], [0, 153, 51])  # a point alone
    np.testing.assert_array_equal(picture[60, 79], [153, 51, 0])
    over = np.rint(np.array([153, 51, 0]) * 0.4 + [153, 51, 0])
    np.testing.assert_array_equal(picture[60, 81], over)  # the point lies over its stick
    assert not picture[100:190].any() and not picture[:50].any() and not picture[0, 0].any()
    assert 3 <= np.count_nonzero(picture[50:70, 100].any(axis=1)) <= 6  # a sixtieth of 240


def test_no_stick_leads_to_a_missing_point():
    points = np.zeros((25, 3), np.float32)
    assert not drawing.draw_body25(points, (30, 30)).any()
    points[3] = 20, 20, 1
    picture = drawing.draw_body25(points, (1000, 1000))
    assert picture.any() and not picture[60:].any()


def test_other_classes_and_joints_are_drawn_as_they_are():
    photo, parsing, _ = scene()
    classes = Classes(("nothing", "hat", *"abcd"), (), ((0, 0, 0), *[(9, 200, 9)] * 5))
    keypoints = np.zeros((17, 3), np.float32)
    ends = [COCO_JOINTS.names.index(name) for name in ("right elbow", "right wrist")]
    keypoints[ends] = [(20, 60, 0.9), (20, 90, 0.9)]
    picture = drawing.draw_overlay(photo, parsing, keypoints, classes, COCO_JOINTS, shortest=100)
    expected = 120 * 0.45 + np.array((9, 200, 9)) * 0.55
    np.testing.assert_allclose(picture[35, 30], expected, atol=1)
    np.testing.assert_array_equal(picture[75, 20], drawing._RIGHT)
    assert (9, 200, 9) in {tuple(pixel) for pixel in picture[:, 60:].reshape(-1, 3)}
