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
        kernel: float32 [taps, taps, channels, filters]; taps are 3, 5, 7 or 9.
        dilation: of the convolution, whose padding is "same" and whose strides are 1.

    Attributes:
        products: tuple of float32 tensors [frequencies, channels, filters]: one, or three where
            transforms are complex.
    """

    def __init__(self, kernel: np.ndarray, dilation: int = 1) -> None:
        self.taps, self.dilation = kernel.shape[0], dilation
        self.is_complex = self.taps > 3
        values = np.asarray(kernel, np.float32)
        if not self.is_complex:
            matrix = winograd().kernel
            found = _transform_kernel(values, matrix, matrix).astype(np.float32)
            self.products = (tf.constant(found),)
            return
        matrix = fourier(self.taps).kernel
        found = _transform_kernel(values, matrix[: len(matrix) // 2 + 1], matrix)
        real, imaginary = found.real.astype(np.float32), found.imag.astype(np.float32)
        # Three real products make a complex one (Gauss).
        self.products = tuple(
            tf.constant(part) for part in (real, imaginary - real, real + imaginary)
        )

    @property
    def nbytes(self) -> int:
        """The memory that it takes."""
        return sum(int(np.prod(part.shape)) * 4 for part in self.products)


def _transform_kernel(kernel, rows, columns):
    """[columns' frequencies * rows' frequencies, channels, filters]."""
    taps, _, channels, filters = kernel.shape
    pairs = np.einsum("wx,hy->whyx", columns, rows).reshape(-1, taps * taps)
    dtype = np.complex64 if np.iscomplexobj(pairs) else np.float32
    found = pairs.astype(dtype) @ kernel.reshape(taps * taps, channels * filters)
    return found.reshape(-1, channels, filters)


def convolve(images: tf.Tensor, kernel: FastKernel) -> tf.Tensor:
    """A convolution with "same" padding and strides of 1.

    Args:
        images: float32 [n, h, w, channels], of known height and width.
        kernel: FastKernel.

    Returns:
        float32 [n, h, w, filters].
    """
    count, height, width, channels = _shape_of(images)
    sides = _place_real if not kernel.is_complex else _place_complex
    rows, columns = sides(kernel.taps, kernel.dilation, height, width)
    parts = 2 if kernel.is_complex else 1
    high, wide = rows.frequencies, columns.frequencies
    down, across = rows.tiles, columns.tiles

    x = tf.reshape(tf.transpose(images, (1, 0, 2, 3)), (height, -1))
    x = tf.reshape(tf.matmul(rows.forward, x), (parts, high * down, count, width, channels))
    x = tf.reshape(tf.transpose(x, (0, 3, 1, 2, 4)), (parts * width, -1))
    x = tf.reshape(
        tf.matmul(columns.forward, x), (parts, wide, across, high, down, count * channels)
    )
    x = tf.transpose(x, (0, 1, 3, 2, 4, 5))
    x = tf.reshape(x, (parts, wide * high, across * down * count, channels))
    y = _multiply(x, kernel.products)
    filters = y.shape[-1]
    y = tf.reshape(y, (parts, wide, high, across, down, count * filters))
    y = tf.reshape(tf.transpose(y, (0, 1, 3, 2, 4, 5)), (parts * wide * across, -1))
    y = tf.reshape(tf.matmul(columns.backward, y), (parts, width, high * down, count, filters))
    y = tf.reshape(tf.transpose(y, (0, 2, 3, 1, 4)), (parts * high * down, -1))
    y = tf.reshape(tf.matmul(rows.backward, y), (height, count, width, filters))
    return tf.transpose(y, (1, 0, 2, 3))


def _shape_of(images):
    count, height, width, channels = images.shape
    if height is None or width is None:
        raise ValueError("the images' size must be known")
    return tf.shape(images)[0] if count is None else count, height, width, channels


def _multiply(x, products):
    if len(products) == 1:
        return tf.matmul(x, products[0][None])
    real, imaginary = x[0], x[1]
    both = tf.matmul(real + imaginary, products[0])
    return tf.stack([both - tf.matmul(imaginary, products[2]), both + tf.matmul(real, products[1])])


@dataclasses.dataclass(frozen=True)
class _Side:
    """The transforms of all tiles of a side as matrices, float32.

    Attributes:
        forward: [parts * frequencies * tiles, (parts *) side].
        backward: [(parts *) side, parts * frequencies * tiles].
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
    columns = _Side(
        _as_real(into.reshape(-1, width)),
        _as_real(out.reshape(width, -1)),
        *into.shape[:2],
    )
    return rows, columns


def _as_real(matrix):
    """A complex matrix as one of real and imaginary parts."""
    return np.block([[matrix.real, -matrix.imag], [matrix.imag, matrix.real]]).astype(np.float32)
