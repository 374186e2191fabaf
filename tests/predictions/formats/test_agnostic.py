import numpy as np
import pytest

from jppnet_tf.predictions.formats import agnostic

SIZE = (1024, 768)
POINTS = {
    1: (384, 300), 2: (264, 300), 3: (204, 480), 4: (184, 640), 5: (504, 300), 6: (564, 480),
    7: (584, 640), 8: (384, 650), 9: (304, 650), 12: (464, 650),
}  # fmt: skip


def make_points(*missing):
    points = np.zeros((25, 3), np.float32)
    for index, xy in POINTS.items():
        if index not in missing:
            points[index] = *xy, 0.9
    return points


@pytest.fixture
def parsing():
    """A shirt, bare arms with hands, a face, trousers."""
    ids = np.zeros(SIZE, np.uint8)
    ids[120:260, 330:440] = 13
    ids[280:700, 260:510] = 5
    ids[400:760, 160:230], ids[400:760, 550:610] = 15, 14
    ids[660:1000, 280:490] = 9
    return ids


RGB = np.random.default_rng(4).integers(0, 100, (*SIZE, 3), np.uint8)  # never grey
EVERYWHERE = np.ones(SIZE, bool)


def test_clothes_and_arms_go_and_hands_stay(parsing):
    bare = agnostic.erase_clothes(parsing, make_points())
    assert bare.dtype == np.uint8 and not np.isin(bare, (5, 6, 7, 10)).any()
    for arm, x in ((15, 190), (14, 580)):
        assert bare[450, x] == 0 and bare[675, x] == 0  # along the sticks, up to the wrist's disc
        assert bare[683, x] == arm  # the hand, 40 below the wrist
    kept = np.isin(parsing, (0, 9, 13))
    np.testing.assert_array_equal(bare[kept], parsing[kept])


def test_grey_covers_clothes_and_arms_but_not_hands_head_and_legs(parsing):
    picture, mask = agnostic.cover_clothes(RGB, parsing, make_points(), EVERYWHERE)
    assert (picture[mask] == 128).all()
    np.testing.assert_array_equal(picture[~mask], RGB[~mask])
    assert mask[parsing == 5].all() and not mask[np.isin(parsing, (9, 13))].any()
    for x in (190, 580):
        assert mask[480, x] and mask[600, x] and not mask[755, x]
        assert mask[700, x] and not mask[712, x]  # 4 units of 16 below the wrist the hand begins
    assert mask[270, 384]  # the neck
    assert not mask[100, 384] and not mask[900, 600] and not mask[20, 20]


@pytest.mark.parametrize("index, stays", [(1, True), (4, True), (13, True), (2, False), (0, False)])
def test_head_and_hat_stay_where_the_neck_is_covered(index, stays, parsing):
    parsing[240:270, 370:400] = index
    _, mask = agnostic.cover_clothes(RGB, parsing, make_points(), EVERYWHERE)
    assert mask[240:270, 370:400].all() != stays and mask[240:270, 370:400].any() != stays


def test_the_trunk_is_covered_where_the_label_map_knows_no_clothes():
    parsing = np.zeros(SIZE, np.uint8)
    _, mask = agnostic.cover_clothes(RGB, parsing, make_points(), EVERYWHERE)
    assert mask[310:640:10, 264:504:10].all()  # between shoulders and hips, which are as wide
    assert mask[160, 310] and mask[160, 460] and not mask[150, 384]  # 9 units of 16 of neck
    assert mask[740, 264] and not mask[770, 384]  # the hips' discs
    assert not mask[480, 750] and not mask[100].any() and not mask[800].any()


def test_grey_stays_in_the_image(parsing):
    shown = np.zeros(SIZE, bool)
    shown[:600] = True
    _, mask = agnostic.cover_clothes(RGB, parsing, make_points(), shown)
    assert mask[:600].any() and not mask[600:].any()


@pytest.mark.parametrize("missing", [(4,), (3, 4), (2, 3, 4)])
def test_an_arm_without_a_wrist_goes_whole(missing, parsing):
    points = agnostic.complete_torso(make_points(*missing), parsing)
    assert not (agnostic.erase_clothes(parsing, points) == 15).any()
    _, mask = agnostic.cover_clothes(RGB, parsing, points, EVERYWHERE)
    assert mask[parsing == 15].all() and not mask[755, 580]


def test_an_arm_without_an_elbow_has_a_stick_from_shoulder_to_wrist(parsing):
    bare = agnostic.erase_clothes(parsing, make_points(3))
    assert bare[470, 222] == 0 and bare[750, 190] == 15
    _, mask = agnostic.cover_clothes(RGB, parsing, make_points(3), EVERYWHERE)
    assert mask[470, 222] and not mask[750, 190]


def test_a_trunk_that_is_mere_guesswork_is_not_covered(parsing):
    points = agnostic.complete_torso(make_points(2, 9, 12), parsing)
    _, mask = agnostic.cover_clothes(RGB, parsing, points, EVERYWHERE)
    assert mask[np.isin(parsing, (5, 14, 15))].all() and not mask[270, 384]
    points = agnostic.complete_torso(make_points(9, 12), parsing)
    assert agnostic.cover_clothes(RGB, parsing, points, EVERYWHERE)[1][270, 384]


def test_what_is_there_is_not_guessed(parsing):
    points = make_points()
    np.testing.assert_array_equal(agnostic.complete_torso(points, parsing), points)
    nobody = np.zeros(SIZE, np.uint8)
    np.testing.assert_array_equal(agnostic.complete_torso(make_points(9), nobody), make_points(9))


@pytest.mark.parametrize("missing, places", [
    ((9,), {9: (464 - 240, 650)}),  # as far apart as the shoulders
    ((12,), {12: (304 + 240, 650)}),
    ((2,), {2: (504 - 160, 300)}),  # as far apart as the hips
    ((9, 12), {9: (264, 699), 12: (504, 699)}),  # below the shoulders, at the end of the shirt
    ((2, 5), {2: (304, 280), 5: (464, 280)}),
    ((5, 12), {5: (260 + 509 - 264, 300), 12: (304 + 241, 650)}),  # the shirt between them
    ((2, 5, 9, 12), {2: (260, 280), 5: (509, 280), 9: (260, 699), 12: (509, 699)}),
    ((1,), {1: (384, 300)}),
])  # fmt: skip
def test_shoulders_hips_and_neck_that_are_missing(missing, places, parsing):
    points = agnostic.complete_torso(make_points(*missing), parsing)
    for index in missing:
        np.testing.assert_allclose(points[index], (*places[index], 0))
    others = [i for i in range(25) if i not in missing]
    np.testing.assert_array_equal(points[others], make_points(*missing)[others])


def test_hips_at_one_place_are_moved_apart(parsing):
    points = make_points()
    points[9] = points[12]
    moved = agnostic.complete_torso(points, parsing)
    assert moved[12, 0] - moved[9, 0] == 2 and moved[9, 1] == points[9, 1]
    points[[2, 5]] = points[[5, 2]]  # seen from behind
    moved = agnostic.complete_torso(points, parsing)
    assert moved[9, 0] - moved[12, 0] == 2
    points[2], points[5] = points[1], points[1]  # seen from the side
    moved = agnostic.complete_torso(points, parsing)
    assert moved[12, 0] - moved[9, 0] == 2


def test_guesses_stay_on_the_canvas(parsing):
    points = make_points(9)
    points[12, 0], points[2, 0], points[5, 0] = 20, 10, 700
    moved = agnostic.complete_torso(points, parsing)
    assert moved[9, 0] == 0 and moved[12, 0] == 20


def test_people_from_the_side_are_covered_by_the_length_of_their_trunk(parsing):
    """Shoulders that lie on each other would give sticks a pixel wide, and bare arms would show."""
    points = make_points()
    points[[2, 5], 0] = 384
    _, mask = agnostic.cover_clothes(RGB, parsing, points, EVERYWHERE)
    assert mask[parsing == 15].mean() > 0.3 and mask[450, 200]


def test_skin_below_the_face_is_called_so(parsing):
    parsing[260:300, 370:400] = 13
    neck, head = np.float32([384, 255, 0.9]), np.float32([384, 100, 0.9])
    marked = agnostic.mark_skin(parsing, neck, head)
    assert (marked[120:255, 330:440] == 13).all() and (marked[260:300, 370:400] == 10).all()
    np.testing.assert_array_equal(marked[parsing != 13], parsing[parsing != 13])
    upside_down = agnostic.mark_skin(parsing, neck, np.float32([384, 400, 0.9]))
    assert (upside_down[120:250, 330:440] == 10).all()
    missing = np.zeros(3, np.float32)
    for ends in ((neck, missing), (missing, head)):
        assert agnostic.mark_skin(parsing, *ends) is parsing
