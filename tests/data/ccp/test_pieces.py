import cv2
import numpy as np

from jppnet_tf.data.ccp.body import Body
from jppnet_tf.data.ccp.labels import make_label
from jppnet_tf.data.ccp.pieces import find_above_hips, find_pieces, share_shoes, share_skin
from jppnet_tf.labels import IGNORE, LIP
from tests.data.ccp.made_up import SIZE_HW, TAGS, make_landmarks, make_tags

BODY = Body.of(make_landmarks())


def name_at(label, x, y):
    return "unknown" if label[y, x] == IGNORE else LIP.names[label[y, x]]


def test_a_whole_person():
    label = make_label(make_tags(), TAGS, make_landmarks())
    found = {place: name_at(label, *place) for place in [
        (60, 28), (60, 16), (60, 46), (82, 75), (38, 75), (86, 104), (34, 104), (70, 150),
        (50, 150), (72, 188), (48, 188), (60, 70), (60, 110), (5, 5),
    ]}  # fmt: skip
    assert found == {
        (60, 28): "face", (60, 16): "hair", (60, 46): "unknown", (82, 75): "left-arm",
        (38, 75): "right-arm", (86, 104): "left-arm", (34, 104): "right-arm",
        (70, 150): "left-leg", (50, 150): "right-leg", (72, 188): "left-shoe",
        (48, 188): "right-shoe", (60, 70): "upper-clothes", (60, 110): "pants",
        (5, 5): "background",
    }  # fmt: skip


def test_without_landmarks_skin_shoes_and_suits_are_unknown():
    tags = make_tags()
    label = make_label(tags, TAGS)
    assert (label[tags == TAGS.index("skin")] == IGNORE).all()
    assert (label[tags == TAGS.index("sneakers")] == IGNORE).all()
    assert name_at(label, 60, 110) == "pants"


def test_a_hand_at_the_hip_is_the_arms_whole():
    """Every pixel of it is nearer to the thigh's bone than to the arm's."""
    marks = make_landmarks()
    marks[[15, 17, 19, 21], :2] = [(70, 108), (72, 112), (70, 114), (68, 112)]
    mask = np.zeros(SIZE_HW, np.uint8)
    cv2.circle(mask, (70, 112), 6, 1, -1)
    shared = share_skin(mask.astype(bool), Body.of(marks))
    assert set(shared[mask > 0]) == {LIP.names.index("left-arm")}
    marks[[15, 17, 19, 21], 3] = 0.1  # hardly seen, and guessed a little off
    marks[[15, 17, 19, 21], :2] -= (0, 18)
    shared = share_skin(mask.astype(bool), Body.of(marks))
    assert set(shared[mask > 0]) == {LIP.names.index("left-arm")}
    marks[[15, 17, 19, 21], :2] = (110, 20)  # far away: neither a leg's nor the hand's
    shared = share_skin(mask.astype(bool), Body.of(marks))
    assert set(shared[mask > 0]) == {IGNORE}
    mask[112:145, 65:75] = 1  # down to the knee it is the leg's
    shared = share_skin(mask.astype(bool), Body.of(marks))
    assert set(shared[mask > 0]) == {LIP.names.index("left-leg")}


def test_a_bare_belly_is_unknown():
    mask = np.zeros(SIZE_HW, bool)
    mask[84:92, 52:68] = True
    assert set(share_skin(mask, BODY)[mask]) == {IGNORE}


def test_a_small_minority_of_a_piece_is_outvoted():
    """A leg that reaches a little over to the other one's side."""
    mask = np.zeros(SIZE_HW, bool)
    mask[130:170, 58:78] = True  # the bones are at x = 70 and x = 50
    shared = share_skin(mask, BODY)[mask]
    assert set(shared) == {LIP.names.index("left-leg")}
    mask[130:170, 42:78] = True  # both legs, side by side
    shared = share_skin(mask, BODY)
    assert name_at(shared, 50, 150) == "right-leg" and name_at(shared, 70, 150) == "left-leg"


def test_two_shoes_never_go_to_one_foot():
    mask = np.zeros(SIZE_HW, bool)
    mask[184:192, 62:70] = mask[184:192, 74:82] = True  # both nearer to the left foot
    shared = share_shoes(mask, BODY)
    assert name_at(shared, 66, 188) == "right-shoe" and name_at(shared, 78, 188) == "left-shoe"


def test_shoes_that_touch_are_parted_by_the_nearer_foot():
    mask = np.zeros(SIZE_HW, bool)
    mask[184:192, 44:78] = True
    shared = share_shoes(mask, BODY)
    assert name_at(shared, 47, 188) == "right-shoe" and name_at(shared, 74, 188) == "left-shoe"


def test_a_suit_is_coat_above_the_hips_and_on_the_arms():
    mask = np.zeros(SIZE_HW, bool)
    mask[50:170, 42:78] = mask[95:108, 83:90] = True
    above = find_above_hips(mask, BODY)
    assert above[80, 60] and above[104, 86] and not above[140, 60] and not above[20, 60]


def test_a_suit_with_trousers_of_their_own_is_a_jacket():
    tags = np.zeros(SIZE_HW, np.uint8)
    tags[50:120, 45:75] = TAGS.index("suit")
    label = make_label(tags, TAGS, make_landmarks())
    assert name_at(label, 60, 80) == "coat" and name_at(label, 60, 115) == "pants"
    tags[120:170, 45:75] = TAGS.index("jeans")
    label = make_label(tags, TAGS, make_landmarks())
    assert name_at(label, 60, 115) == "coat" and name_at(label, 60, 150) == "pants"


def test_pieces_are_what_hangs_together():
    mask = np.zeros((6, 8), bool)
    mask[1, 1] = mask[2, 2] = True  # by a corner
    mask[4, 6] = True
    pieces = [sorted(zip(ys.tolist(), xs.tolist(), strict=True)) for ys, xs in find_pieces(mask)]
    assert pieces == [[(1, 1), (2, 2)], [(4, 6)]]
    assert list(find_pieces(np.zeros((3, 3), bool))) == []
