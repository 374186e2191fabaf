import numpy as np

from jppnet_tf.data.scenes.light import change_light, soften


def draw(function, image, strength, count=60):
    return [function(np.random.default_rng(seed), image, strength) for seed in range(count)]


def test_light_changes_by_its_strength(make_photo):
    image = make_photo(32, 32)
    np.testing.assert_array_equal(draw(change_light, image, 0, 1)[0], image)
    weak, strong = (
        [
            np.abs(drawn.astype(float) - image).mean()
            for drawn in draw(change_light, image, strength)
        ]
        for strength in (0.1, 1)
    )
    assert 0.5 < np.mean(weak) < 8 < np.mean(strong) < 60


def test_some_strong_light_takes_the_colour_away(make_photo):
    drawn = draw(change_light, make_photo(16, 16), 1, 200)
    spreads = np.array([np.ptp(np.corrcoef(x.reshape(-1, 3).T)) for x in drawn])
    assert 1 <= (spreads < 0.02).sum() <= 40


def test_softening_comes_as_often_as_asked(make_photo):
    image = np.random.default_rng(0).integers(0, 256, (32, 32, 3), np.uint8)
    assert all((drawn == image).all() for drawn in draw(soften, image, 0))
    changed = [(drawn != image).any() for drawn in draw(soften, image, 0.12, 200)]
    assert 0.25 < np.mean(changed) < 0.55  # 1 - 0.88 ** 4 is 0.40
    always = draw(soften, image, 1, 5)
    assert all(d.shape == image.shape and d.dtype == np.uint8 for d in always)
    assert all(np.diff(d.astype(float), axis=0).std() < 40 for d in always)  # from 104
