"""Every operation eagerly and inside a graph; the numpy ones against the tensor ones."""

import numpy as np
import pytest
import tensorflow as tf

from jppnet_tf.labels import LIP
from jppnet_tf.models.maps.colours import preprocess
from jppnet_tf.models.maps.framing import Stretched
from jppnet_tf.models.maps.fusing import (
    decode_parsing,
    fuse_bilinear,
    fuse_nearest,
    nearest_breaks,
    score_classes,
    score_pixels,
)
from jppnet_tf.models.maps.resizing import resize_bilinear, resize_nearest
from jppnet_tf.models.maps.sampling import bilinear_weights, nearest_indices, sampling_points

SIZES = [(96, 72), (48, 48), (7, 5), (1, 1), (131, 97)]


@pytest.fixture
def maps():
    """Maps of three scales, image and mirror image, 20 channels."""
    random = np.random.default_rng(3)
    return [random.standard_normal((2, s, s, 20)).astype(np.float32) for s in (48, 36, 60)]


def test_preprocess_reverses_channels_and_subtracts_the_mean():
    rgb = np.array([[[1, 2, 3], [255, 0, 128]]], np.uint8)
    expected = rgb[..., ::-1] - np.array([104.00698793, 116.66876762, 122.67891434])
    np.testing.assert_allclose(preprocess(rgb), expected, atol=1e-5)  # float32


def test_bilinear_has_no_half_pixel_centres():
    row = np.array([0, 10], np.float32).reshape(1, 1, 2, 1)
    np.testing.assert_array_equal(
        np.ravel(resize_bilinear(row, (1, 4))), [0, 5, 10, 10]
    )  # with half-pixel centres: 0, 2.5, 7.5, 10


def test_nearest_takes_the_pixel_before():
    row = np.arange(3, dtype=np.uint8).reshape(1, 1, 3, 1)
    np.testing.assert_array_equal(np.ravel(resize_nearest(row, (1, 5))), [0, 0, 1, 1, 2])


@pytest.mark.parametrize("resize", [resize_bilinear, resize_nearest, preprocess])
def test_the_same_eagerly_and_in_a_dataset(resize):
    image = np.random.default_rng(0).integers(0, 256, (1, 9, 7, 3)).astype(np.float32)
    arguments = () if resize is preprocess else ((5, 11),)
    dataset = tf.data.Dataset.from_tensors(image).map(lambda x: resize(x, *arguments))
    np.testing.assert_array_equal(next(iter(dataset)), resize(image, *arguments))


# Of 82 out of 2, float32 takes another nearest pixel than float64.
@pytest.mark.parametrize("length", [1, 37, 48, 82, 349, 4000])
@pytest.mark.parametrize("source", [1, 2, 36, 60, 500])
def test_one_axis_agrees_with_the_tensor_resizes(length, source):
    values = np.random.default_rng(1).standard_normal((1, source, 1, 1)).astype(np.float32)
    nearest = resize_nearest(values, (length, 1))
    np.testing.assert_array_equal(
        values[0, nearest_indices(length, source)], np.asarray(nearest)[0]
    )
    weights = bilinear_weights(sampling_points(length, source), source)
    bilinear = np.ravel(resize_bilinear(values, (length, 1)))
    np.testing.assert_allclose(weights @ values[0, :, 0, 0], bilinear, atol=1e-6)  # rounding
    np.testing.assert_allclose(weights.sum(axis=1), 1, atol=1e-6)


def fuse_slowly(maps, size_hw, resize):
    """The original's order: resize everything, means over scales, un-mirror, mean of both."""
    resized = np.mean([np.asarray(resize(m, size_hw)) for m in maps], axis=0)
    if len(resized) == 1:
        return resized[0]
    return (resized[0] + resized[1][:, ::-1][..., list(LIP.mirror)]) / 2


@pytest.mark.parametrize("size_hw", SIZES)
@pytest.mark.parametrize("images", [1, 2])
@pytest.mark.parametrize("band_values", [1, 5000, 1 << 20])
def test_bands_of_rows_make_up_the_whole_fused_map(maps, size_hw, images, band_values):
    maps = [m[:images] for m in maps]
    framing = Stretched((64, 64))
    weights = [framing.weights(m.shape[1:3], size_hw, 1) for m in maps]
    bands = list(fuse_bilinear(maps, weights, LIP.mirror, band_values))
    rows = [len(band) for _, band in bands]
    assert [start for start, _ in bands] == list(np.cumsum([0, *rows[:-1]]))
    fused = np.concatenate([band for _, band in bands]).transpose(0, 2, 1)
    slow = fuse_slowly(maps, size_hw, resize_bilinear)
    np.testing.assert_allclose(fused, slow, atol=2e-6)  # values up to 4, float32 rounding


@pytest.mark.parametrize("size_hw", SIZES)
@pytest.mark.parametrize("images", [1, 2])
def test_nearest_fusion(maps, size_hw, images):
    maps = [m[:images] for m in maps]
    slow = fuse_slowly(maps, size_hw, resize_nearest)
    np.testing.assert_allclose(fuse_nearest(maps, size_hw, LIP.mirror), slow, atol=1e-6)


def test_nothing_changes_between_breaks(maps):
    fused = fuse_nearest(maps, (131, 97), LIP.mirror)
    ys = nearest_breaks([48, 36, 60], 131, mirrored=False)
    xs = nearest_breaks([48, 36, 60], 97, mirrored=True)
    assert ys[0] == xs[0] == 0
    blocks = fused[ys][:, xs]
    heights, widths = np.diff([*ys, 131]), np.diff([*xs, 97])
    np.testing.assert_array_equal(
        np.repeat(np.repeat(blocks, heights, axis=0), widths, axis=1), fused
    )


def test_scores_of_classes_are_mean_probabilities_of_their_pixels(maps):
    size_hw = (50, 31)
    weights = [Stretched((384, 384)).weights(m.shape[1:3], size_hw, 1) for m in maps]
    parsing = decode_parsing(maps, weights, LIP.mirror)
    parsing[parsing == 4] = 5
    confidence = score_pixels(maps, weights, LIP.mirror, parsing)
    scores = score_classes(confidence, parsing, len(LIP.names))
    ((_, band),) = fuse_bilinear(maps, weights, LIP.mirror)
    probabilities = tf.nn.softmax(band.transpose(0, 2, 1)).numpy()
    for index, score in enumerate(scores):
        of_class = probabilities[..., index][parsing == index]
        expected = of_class.mean() if of_class.size else np.nan
        np.testing.assert_allclose(score, expected, rtol=1e-5)
    assert scores.dtype == np.float32 and np.isnan(scores[4]) and not np.isnan(scores[5])


def test_scores_of_very_large_logits_are_numbers():
    logits = np.zeros((1, 2, 2, 20), np.float32)
    logits[..., 3] = 2000  # whose exponential no float holds
    weights = [tuple(np.eye(2, dtype=np.float32) for _ in range(2))]
    confidence = score_pixels([logits], weights, LIP.mirror, np.full((2, 2), 3, np.uint8))
    assert (confidence == 1).all()
