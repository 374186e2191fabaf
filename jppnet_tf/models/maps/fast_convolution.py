"""Convolutions of fewer multiplications: products of transforms, of overlapping tiles.

`y = Bh ((Ah x Aw') * W) Bw'`: A holds the transforms of all tiles of a side, so that no tile is
cut out, padding and dilation are in the matrix, and what is left is products of matrices. Kernels
of 3 x 3 take the Winograd transform F(4, 3), wider ones the Fourier transform.

Reference:
    Lavin and Gray, "Fast Algorithms for Convolutional Neural Networks", CVPR 2016,
    arXiv:1509.09308; Mathieu, Henaff, LeCun, "Fast Training of Convolutional Networks through
    FFTs", ICLR 2014, arXiv:1312.5851.
"""

import dataclasses
import functools
import math

import keras
import numpy as np
import tensorflow as tf

_POINTS = (0.0, 2**-0.5, -(2**-0.5), 2**0.5, -(2**0.5))
"""Where F(4, 3) evaluates polynomials, and at infinity: those that round least."""
_STEPS = {5: 12, 7: 12, 9: 12}
"""Of Fourier transforms, how many results a tile has along a side: 12 divides 36, 48 and 60."""
_WINOGRAD_STEP = 4
TAPS = (3, *_STEPS)
"""The sizes of kernels that can be transformed."""


@dataclasses.dataclass(frozen=True)
class Transform:
    """How tiles of one side are transformed, in float64.

    Attributes:
        step: results of a tile.
        taps: the kernel's size.
        forward: [rows, step + taps - 1], from a tile's values.
        kernel: [rows, taps], from the kernel.
        backward: [step, rows], from products to results.
    """

    step: int
    taps: int
    forward: np.ndarray
    kernel: np.ndarray
    backward: np.ndarray

    def place(self, side: int, dilation: int) -> tuple[np.ndarray, np.ndarray]:
        """The transforms of all tiles of a side, with zeros beyond its ends.

        Args:
            side: how many values there are, and results.
            dilation: of the kernel; each phase has tiles of its own.

        Returns:
            [rows, tiles, side] and [side, rows, tiles], of the type of `forward`.
        """
        rows, length = self.forward.shape
        reach = dilation * (self.taps // 2)
        starts = [
            phase + dilation * self.step * number
            for phase in range(min(dilation, side))
            for number in range(math.ceil(len(range(phase, side, dilation)) / self.step))
        ]
        into = np.zeros((rows, len(starts), side), self.forward.dtype)
        out = np.zeros((side, rows, len(starts)), self.backward.dtype)
        for tile, start in enumerate(starts):
            for place in range(length):
                source = start - reach + dilation * place
                if 0 <= source < side:
                    into[:, tile, source] = self.forward[:, place]
            for place in range(self.step):
                target = start + dilation * place
                if target < side:
                    out[target, :, tile] = self.backward[place]
        return into, out


@functools.cache
def winograd() -> Transform:
    """F(4, 3): six products for four results of a kernel of 3."""
    step, taps = _WINOGRAD_STEP, 3
    size = step + taps - 1

    def evaluate(count):
        values = np.array([[point**power for power in range(count)] for point in _POINTS])
        return np.concatenate([values, np.eye(count)[-1:]])  # at infinity, the highest power

    forward = np.linalg.inv(evaluate(size)).T
    # Rows of length 1 keep what is rounded small; the kernel makes up for it.
    lengths = np.linalg.norm(forward, axis=1, keepdims=True)
    return Transform(step, taps, forward / lengths, evaluate(taps) * lengths, evaluate(step).T)


@functools.cache
def fourier(taps: int) -> Transform:
    """The discrete Fourier transform, complex, whose products with the kernel's are correlations.

    Args:
        taps: odd, up to 9.
    """
    step = _STEPS[taps]
    size = step + taps - 1
    waves = np.exp(-2j * np.pi * np.outer(np.arange(size), np.arange(size)) / size)
    return Transform(step, taps, waves, waves[:, :taps].conj(), (waves.conj() / size)[:step].copy())


class FastKernel:
    """A kernel transformed for `convolve`.

    Args:
        kernel: float32 [taps, taps, channels, filters]; taps are in TAPS.
        dilation: of the convolution, whose padding is "same" and whose strides are 1.

    Attributes:
        products: float32 tensor [frequencies, channels, filters]; of complex transforms three
            times as many, for Gauss's three products: real, imaginary less real, and their sum.
    """

    def __init__(self, kernel: np.ndarray, dilation: int = 1) -> None:
        self.taps, self.dilation = kernel.shape[0], dilation
        self.is_complex = self.taps > 3
        rows = columns = winograd().kernel
        if self.is_complex:
            columns = fourier(self.taps).kernel
            rows = columns[: len(columns) // 2 + 1]
        pairs = np.einsum("wx,hy->whyx", columns, rows).reshape(-1, self.taps**2)
        if self.is_complex:
            pairs = np.concatenate([pairs.real, pairs.imag - pairs.real, pairs.real + pairs.imag])
        channels, filters = kernel.shape[2:]
        values = tf.reshape(tf.constant(kernel, tf.float32), (self.taps**2, -1))
        found = tf.matmul(tf.constant(pairs, tf.float32), values)
        self.products = tf.reshape(found, (-1, channels, filters))

    @property
    def nbytes(self) -> int:
        """The memory that it takes."""
        return 4 * int(np.prod(self.products.shape))


def fold(
    layer: keras.layers.Conv2D, norm: keras.layers.BatchNormalization | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """A convolution and the batch normalization after it as one convolution.

    Args:
        layer: Conv2D; with a normalization, it has no activation.
        norm: BatchNormalization that follows it, by its stored statistics; or None.

    Returns:
        (kernel, bias), float32.
    """
    kernel, *bias = layer.get_weights()
    bias = bias[0] if bias else np.zeros(kernel.shape[-1], np.float32)
    if norm is None:
        return kernel, bias
    gamma, beta, mean, variance = (values.astype(np.float64) for values in norm.get_weights())
    factor = gamma / np.sqrt(variance + norm.epsilon)
    bias = beta + (bias - mean) * factor
    return kernel * factor.astype(np.float32), bias.astype(np.float32)


def convolve(images: tf.Tensor, kernel: FastKernel) -> tf.Tensor:
    """A convolution with "same" padding and strides of 1.

    Args:
        images: float32 [n, h, w, channels], of known height and width.
        kernel: FastKernel.

    Returns:
        float32 [n, h, w, filters].

    Raises:
        ValueError: height or width is not known.
    """
    count, height, width, channels = images.shape
    if height is None or width is None:
        raise ValueError("the images' size must be known")
    count, filters = tf.shape(images)[0] if count is None else count, kernel.products.shape[-1]
    place = _place_complex if kernel.is_complex else _place_real
    rows, columns = place(kernel.taps, kernel.dilation, height, width)
    halves, thirds = (2, 3) if kernel.is_complex else (1, 1)  # parts of rows, and of products
    high, wide, down, across = rows.frequencies, columns.frequencies, rows.tiles, columns.tiles
    # Along rows, then along columns; frequencies come first, which is what products want.
    x = tf.reshape(tf.transpose(images, (1, 0, 2, 3)), (height, -1))
    x = tf.reshape(tf.matmul(rows.forward, x), (halves, high * down, count, width, channels))
    x = tf.reshape(tf.transpose(x, (0, 3, 1, 2, 4)), (halves * width, -1))
    x = tf.matmul(columns.forward, x)
    x = tf.reshape(x, (thirds * wide, across, high, down * count * channels))
    x = tf.reshape(
        tf.transpose(x, (0, 2, 1, 3)), (thirds * wide * high, across * down * count, channels)
    )
    y = tf.matmul(x, kernel.products)
    y = tf.reshape(y, (thirds * wide, high, across, down * count * filters))
    y = tf.reshape(tf.transpose(y, (0, 2, 1, 3)), (thirds * wide * across, -1))
    y = tf.matmul(columns.backward, y)
    y = tf.reshape(y, (halves, width, high * down, count, filters))
    y = tf.reshape(tf.transpose(y, (0, 2, 3, 1, 4)), (halves * high * down, -1))
    y = tf.reshape(tf.matmul(rows.backward, y), (height, count, width, filters))
    return tf.transpose(y, (1, 0, 2, 3))


@dataclasses.dataclass(frozen=True)
class _Side:
    """The transforms of all tiles of a side as matrices, float32.

    Attributes:
        forward: [parts * frequencies * tiles, side]; of complex columns, the parts are the sum of
            real and imaginary, real, and imaginary, and the side is there for both.
        backward: the other way round.
        frequencies, tiles: how many.
    """

    forward: np.ndarray
    backward: np.ndarray
    frequencies: int
    tiles: int


@functools.cache
def _place_real(taps, dilation, height, width):
    return tuple(_flatten(*winograd().place(side, dilation)) for side in (height, width))


def _flatten(into, out):
    frequencies, tiles, side = into.shape
    return _Side(
        into.reshape(-1, side).astype(np.float32),
        out.reshape(side, -1).astype(np.float32),
        frequencies,
        tiles,
    )


@functools.cache
def _place_complex(taps, dilation, height, width):
    """Rows are real before and after, so that half their frequencies say all."""
    transform = fourier(taps)
    size = len(transform.forward)
    half = size // 2 + 1
    into, out = transform.place(height, dilation)
    # The other half are the mirror images of these.
    weights = np.full(half, 2.0)
    weights[0] = 1
    if size % 2 == 0:
        weights[-1] = 1
    into, out = into[:half], out[:, :half] * weights[:, None]
    rows = _flatten(
        np.stack([into.real, into.imag]).reshape(-1, *into.shape[1:]),
        np.concatenate([out.real, -out.imag], axis=1),
    )
    rows = dataclasses.replace(rows, frequencies=half)
    into, out = transform.place(width, dilation)
    frequencies, tiles = into.shape[:2]
    into, out = into.reshape(-1, width), out.reshape(width, -1)
    columns = _Side(
        _as_float32(
            [into.real + into.imag, into.real - into.imag],
            [into.real, -into.imag],
            [into.imag, into.real],
        ),
        # Of products with x = a + bi and w = c + di, as c(a + b), a(d - c), b(c + d).
        _as_float32(
            [out.real - out.imag, -out.imag, -out.real],
            [out.real + out.imag, out.real, -out.imag],
        ),
        frequencies,
        tiles,
    )
    return rows, columns


def _as_float32(*blocks):
    return np.block([*blocks]).astype(np.float32)
