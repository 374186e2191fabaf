"""How images lie in the network's input: maps drawn from positions must come back as positions."""

import numpy as np
import pytest
import tensorflow as tf

from jppnet_tf.models.maps.colours import SS_MEAN_BGR
from jppnet_tf.models.maps.framing import STRIDE, Padded, Quartered, Stretched
from jppnet_tf.models.maps.fusing import fuse_bilinear
from jppnet_tf.models.maps.resizing import resize_bilinear


def round_up(side):
    return -(-side // 32) * 32


def ramps(map_hw, step=STRIDE):
    """Maps [1, h, w, 2] whose values are the y and x that Caffe's grid has: 8 per cell."""
    ys, xs = np.mgrid[: map_hw[0], : map_hw[1]] * np.float32(step)
    return np.stack([ys, xs], axis=-1)[None]


def place(maps, weights):
    """Maps at an image's pixels: [h, w, channels]."""
    bands = [band for _, band in fuse_bilinear([maps], [weights], (0, 1))]
    return np.concatenate(bands).transpose(0, 2, 1)


def test_a_padded_image_keeps_its_pixels():
    framing = Padded((64, 96), round_up)
    rgb = np.random.default_rng(0).integers(0, 256, (50, 96, 3), np.uint8)
    straight, turned = framing.frame(rgb, (1,), True)[0].numpy()
    expected = rgb[..., ::-1] - np.float32(SS_MEAN_BGR)
    np.testing.assert_allclose(straight[:50], expected, atol=1e-5)
    np.testing.assert_allclose(turned[:50], expected[:, ::-1], atol=1e-5)
    assert straight.shape == (64, 96, 3) and not straight[50:].any()


def test_cells_lie_on_every_eighth_pixel():
    framing = Padded((64, 96), round_up)
    weights = framing.weights((9, 13), (50, 90), 1)
    ys, xs = np.moveaxis(place(ramps((9, 13)), weights), -1, 0)
    np.testing.assert_allclose(ys, np.arange(50)[:, None] + np.zeros(90), atol=1e-4)
    np.testing.assert_allclose(xs, np.arange(90) + np.zeros((50, 1)), atol=1e-4)


def test_larger_images_are_averaged_not_sampled():
    rgb = np.zeros((256, 384, 3), np.uint8)
    rgb[::4] = 240  # one row in four: sampled, they would come whole or not at all
    image = Padded((64, 96), round_up).frame(rgb, (1,), False)[0].numpy()[0]
    np.testing.assert_allclose(image + SS_MEAN_BGR, 60, atol=1)


@pytest.mark.parametrize("size_hw", [(200, 100), (128, 192), (65, 96)])
def test_larger_images_are_reduced_and_come_back_where_they_were(size_hw):
    framing = Padded((64, 96), round_up)
    rgb = np.zeros((*size_hw, 3), np.uint8)
    rgb[: size_hw[0] // 2] = 255
    image = framing.frame(rgb, (1,), False)[0].numpy()[0]
    assert image.shape == (64, 96, 3)
    height = round(size_hw[0] * min(64 / size_hw[0], 96 / size_hw[1]))
    half = np.flatnonzero(image[:, 0, 0] < 20)[0]
    assert half == height // 2 and not image[height:].any()
    ys = place(ramps((9, 13)), framing.weights((9, 13), size_hw, 1))[:, 0, 0]
    middles = (np.arange(size_hw[0]) + 0.5) * height / size_hw[0] - 0.5
    np.testing.assert_allclose(ys, np.clip(middles, 0, height - 1), atol=1e-4)


@pytest.mark.parametrize("scale", [0.75, 1, 1.5])
def test_scales_and_mirror_images_agree_on_places(scale):
    framing = Padded((64, 96), round_up)
    assert framing.sizes(scale) == (round_up(int(64 * scale)), round_up(int(96 * scale)))
    straight = ramps((20, 20))
    width = int(90 * scale)
    turned = straight.copy()
    turned[..., 1] = width - 1 - turned[..., 1]  # the x that lies there in the mirror image
    maps = np.concatenate([straight, turned])
    xs = place(maps, framing.weights((20, 20), (50, 90), scale))[0, :, 1]
    expected = (np.arange(90) + 0.5) * width / 90 - 0.5
    np.testing.assert_allclose(xs, np.clip(expected, 0, width - 1), atol=1e-3)


def test_stride_maps_are_the_cells_themselves():
    framing = Padded((64, 96), round_up)
    cells = ramps((9, 13))
    shown = place(cells, framing.stride_weights((9, 13), (50, 90), 1))
    np.testing.assert_allclose(shown, cells[0, :7, :12], atol=1e-5)
    stretched = Stretched((64, 96))
    cells = cells[:, :8, :12]
    shown = place(cells, stretched.stride_weights((8, 12), (50, 90), 1))
    np.testing.assert_allclose(shown, cells[0], atol=1e-5)


def test_stretched_sizes_are_cut_off():
    assert Stretched((50, 70)).sizes(0.75) == (37, 52)


@pytest.mark.parametrize("input_hw, scale", [((64, 48), 1), ((50, 70), 1), ((64, 48), 0.7)])
def test_quartered_maps_are_enlarged_cut_and_resized(input_hw, scale):
    """As the network enlarges them, and JPPNet's framing resizes what comes out."""
    framing, size_hw = Quartered(input_hw), (90, 31)
    height, width = framing.sizes(scale)
    padded = [-(-side // 16) * 16 for side in (height, width)]
    maps = np.random.default_rng(0).normal(size=(1, padded[0] // 4, padded[1] // 4, 2))
    maps = maps.astype(np.float32)
    enlarged = tf.image.resize(maps, padded)[:, :height, :width]
    expected = resize_bilinear(enlarged, size_hw)[0]
    found = place(maps, framing.weights(maps.shape[1:3], size_hw, scale))
    np.testing.assert_allclose(found, expected, atol=1e-5)


@pytest.mark.parametrize("scale", [1, 0.5])
def test_cells_of_quartered_maps_are_those_of_scale_1(scale):
    framing = Quartered((64, 46))
    room = [-(-side // 16) * 4 for side in framing.sizes(scale)]
    places = ramps(room, 4) + 1.5  # the middle of each cell, in pixels of the input
    weights = framing.stride_weights(room, (90, 31), scale)
    shown = place(places, weights)
    assert shown.shape == (16, 12, 2)
    middles = [(4 * np.arange(count) + 1.5) * scale for count in (16, 12)]
    inside = [np.clip(m, 1.5, 4 * count - 2.5) for m, count in zip(middles, room, strict=True)]
    np.testing.assert_allclose(shown[:, 0, 0], inside[0], atol=1e-4)
    np.testing.assert_allclose(shown[0, :, 1], inside[1], atol=1e-4)


def test_lip_net_reads_rgb_from_0_to_1():
    rgb = np.random.default_rng(0).integers(0, 256, (64, 48, 3), np.uint8)
    straight, turned = Quartered((64, 48)).frame(rgb, (1,), True)[0].numpy()
    np.testing.assert_allclose(straight, rgb / 255, atol=1e-6)
    np.testing.assert_allclose(turned, straight[:, ::-1], atol=1e-6)


def test_each_framing_looks_as_its_network_was_tested():
    looks = [(f.default_scales, f.default_mirror) for f in (Stretched, Padded, Quartered)]
    assert looks == [((1, 0.75, 1.25), True), ((1,), False), ((1,), False)]
