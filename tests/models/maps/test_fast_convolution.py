"""Convolutions by fewer multiplications against plain sums in float64."""

import numpy as np
import pytest
import tensorflow as tf

from jppnet_tf.models.maps.fast_convolution import TAPS, FastKernel, convolve, fourier, winograd

CASES = [
    (3, 1, 12, 12), (3, 1, 13, 17), (3, 2, 24, 19), (3, 4, 24, 25), (3, 4, 3, 9), (5, 1, 24, 20),
    (7, 1, 36, 13), (9, 1, 48, 36), (9, 1, 5, 4),
]  # fmt: skip


def sum_up(images, kernel, dilation):
    """The convolution as its definition has it."""
    taps = kernel.shape[0]
    reach = dilation * (taps // 2)
    padded = np.pad(images.astype(np.float64), ((0, 0), (reach, reach), (reach, reach), (0, 0)))
    height, width = images.shape[1:3]
    found = 0
    for y in range(taps):
        for x in range(taps):
            part = padded[:, y * dilation :, x * dilation :][:, :height, :width]
            found = found + part @ kernel[y, x].astype(np.float64)
    return found


@pytest.mark.parametrize("taps, dilation, height, width", CASES)
def test_it_is_the_convolution(taps, dilation, height, width):
    random = np.random.default_rng(taps * 100 + dilation)
    images = random.standard_normal((2, height, width, 5)).astype(np.float32)
    kernel = random.standard_normal((taps, taps, 5, 6)).astype(np.float32)
    expected = sum_up(images, kernel, dilation)
    found = convolve(tf.constant(images), FastKernel(kernel, dilation)).numpy()
    off = np.abs(found - expected).max() / expected.std()
    # float32: 1e-7 a step, times what Winograd's transform enlarges.
    assert off < (8e-6 if taps == 3 else 4e-6)


@pytest.mark.parametrize("taps", TAPS)
def test_a_tile_is_exact_in_float64(taps):
    transform = winograd() if taps == 3 else fourier(taps)
    random = np.random.default_rng(taps)
    values = random.standard_normal(transform.step + taps - 1)
    kernel = random.standard_normal(taps)
    products = (transform.kernel @ kernel) * (transform.forward @ values)
    np.testing.assert_allclose(
        transform.backward @ products, np.correlate(values, kernel), atol=1e-12
    )


def test_fewer_multiplications():
    # A row of winograd() is a real product, one of the Fourier transform three for half of them.
    assert winograd().forward.shape == (6, 6) and winograd().step == 4
    for taps in TAPS[1:]:
        size = len(fourier(taps).forward)
        products = 3 * (size // 2 + 1) * size
        assert products < 0.25 * taps**2 * fourier(taps).step ** 2
        kernel = FastKernel(np.zeros((taps, taps, 2, 2), np.float32))
        assert len(kernel.products) == products


def test_tiles_share_nothing_beyond_the_border():
    kernel = FastKernel(np.ones((3, 3, 1, 1), np.float32))
    images = np.zeros((1, 6, 6, 1), np.float32)
    images[0, 5, 5] = 1
    found = convolve(tf.constant(images), kernel).numpy()[0, ..., 0]
    expected = np.zeros((6, 6))
    expected[4:, 4:] = 1
    np.testing.assert_allclose(found, expected, atol=4e-6)


def test_sizes_must_be_known():
    kernel = FastKernel(np.ones((3, 3, 1, 1), np.float32))

    @tf.function(input_signature=[tf.TensorSpec((None, None, None, 1))])
    def compute(images):
        return convolve(images, kernel)

    with pytest.raises(ValueError, match="the images' size must be known"):
        compute.get_concrete_function()
