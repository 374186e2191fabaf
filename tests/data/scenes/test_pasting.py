import numpy as np

from jppnet_tf.data.scenes.pasting import draw_background, find_strip, paste
from jppnet_tf.labels import IGNORE


def person(left, right, ids=5):
    label = np.zeros((40, 60), np.uint8)
    label[5:35, left:right] = ids
    return label


def test_the_widest_strip_without_a_person():
    assert find_strip(person(20, 30)) == (30, 60)
    assert find_strip(person(40, 55)) == (0, 40)
    assert find_strip(person(5, 56)) is None
    assert find_strip(person(0, 60)) is None
    assert find_strip(np.zeros((4, 10), np.uint8)) == (0, 10)


def test_the_person_covers_the_background():
    image, background = np.full((40, 60, 3), 200, np.uint8), np.full((40, 60, 3), 20, np.uint8)
    label = person(20, 40)
    label[30:33, 22:30] = IGNORE  # a belt
    mixed, ids = paste(image, label, background, np.zeros((40, 60), np.uint8))
    assert (mixed[20, 30] == 200).all() and (mixed[20, 50] == 20).all()
    assert (mixed[31, 25] == 200).all()
    np.testing.assert_array_equal(ids, label)


def test_another_person_is_unknown_or_if_smaller_background():
    image = np.zeros((40, 60, 3), np.uint8)
    large = paste(image, person(20, 40), image, person(30, 55, 9))[1]
    assert large[20, 50] == IGNORE and large[20, 35] == 5 and large[0, 0] == 0
    small = paste(image, person(20, 40), image, person(50, 54, 9))[1]
    assert small[20, 52] == 0


def test_backgrounds_are_mostly_without_their_person():
    label, image = person(20, 40), np.zeros((40, 60, 3), np.uint8)
    image[label > 0] = 255
    drawn = [draw_background(np.random.default_rng(i), image, label, 32) for i in range(60)]
    assert all(rgb.shape == (32, 32, 3) and ids.shape == (32, 32) for rgb, ids in drawn)
    # Wherever there is a person, its label says so: but for a pixel where both are resized.
    without = [not (ids > 0).any() for _, ids in drawn]
    assert 0.4 < np.mean(without) < 0.8
    for (rgb, _), empty in zip(drawn, without, strict=True):
        assert (rgb.max() < 140) == empty
