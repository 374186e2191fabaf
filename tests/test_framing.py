"""How images lie in the network's input: maps drawn from positions must come back as positions."""

import numpy as np
import pytest

from jppnet_tf import ops
from jppnet_tf.framing import STRIDE, Padded, Stretched


def round_up(side):
    return -(-side // 32) * 32


def ramps(map_hw, step=STRIDE):
    """Maps [1, h, w, 2] whose values are the y and x that Caffe's grid has: 8 per cell."""
    ys, xs = np.mgrid[: map_hw[0], : map_hw[1]] * np.float32(step)
    return np.stack([ys, xs], axis=-1)[None]


def place(maps, weights):
    """Maps at an image's pixels: [h, w, channels]."""
    bands = [band for _, band in ops.fuse_bilinear([maps], [weights], (0, 1))]
    return np.concatenate(bands).transpose(0, 2, 1)


def test_a_padded_image_keeps_its_pixels():
    framing = Padded((64, 96), round_up)
    rgb = np.random.default_rng(0).integers(0, 256, (50, 96, 3), np.uint8)
    straight, turned = framing.frame(rgb, (1,), True)[0].numpy()
    expected = rgb[..., ::-1] - np.float32(ops.SS_MEAN_BGR)
    np.testing.assert_allclose(straight[:50], expected, atol=1e-5)
    np.testing.assert_allclose(turned[:50], expected[:, ::-1], atol=1e-5)
    assert straight.shape == (64, 96, 3) and not straight[50:].any()


def test_cells_lie_on_every_eighth_pixel():
    framing = Padded((64, 96), round_up)
    weights = framing.weights((9, 13), (50, 90), 1)
    ys, xs = np.moveaxis(place(ramps((9, 13)), weights), -1, 0)
    np.testing.assert_allclose(ys, np.arange(50)[:, None] + np.zeros(90), atol=1e-4)
    np.testing.assert_allclose(xs, np.arange(90) + np.zeros((50, 1)), atol=1e-4)


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
