"""How an image lies in a network's input, and the network's maps in the image.

Each network was tested in a way of its own, and is at its best in that one only.
"""

import collections.abc
from collections.abc import Sequence

import cv2
import numpy as np
import tensorflow as tf

from jppnet_tf.models.maps.colours import SS_MEAN_BGR, center_rgb, preprocess, scale_rgb
from jppnet_tf.models.maps.resizing import resize_bilinear
from jppnet_tf.models.maps.sampling import bilinear_weights, sampling_points

STRIDE = 8
_STEP = 64  # pixels


class Framing:
    """What every framing has.

    Args:
        input_hw: (height, width) of the input at scale 1.
        round_up: function from a side to the next one that the network takes; None takes all.

    Attributes:
        default_scales, default_mirror: at what, and whether at the mirror image too, the network
            was tested.
        fills_input: whether every image gives inputs of the same size.
    """

    default_scales: tuple[float, ...] = (1,)
    default_mirror = False
    fills_input = True

    def __init__(
        self, input_hw: Sequence[int], round_up: collections.abc.Callable | None = None
    ) -> None:
        self.input_hw = tuple(input_hw)
        self._round_up = round_up or int

    def sizes(self, scale: float) -> tuple[int, ...]:
        """(height, width) of the input at a scale, cut off to whole pixels, then rounded up."""
        return tuple(self._round_up(int(side * scale)) for side in self.input_hw)

    def frame(self, rgb: np.ndarray, scales: Sequence[float], mirror: bool) -> list[tf.Tensor]:
        """The network's inputs.

        Args:
            rgb: uint8 [h, w, 3].
            scales: factors on the input's size.
            mirror: whether the mirror image follows.

        Returns:
            list with, per scale, float32 tensor [1 or 2, height, width, 3].
        """
        raise NotImplementedError

    def weights(
        self, map_hw: Sequence[int], size_hw: Sequence[int], scale: float
    ) -> tuple[np.ndarray, ...]:
        """Where a map's cells lie among an image's pixels.

        Args:
            map_hw: (height, width) of the map.
            size_hw: the image's.
            scale: what the map was computed at.

        Returns:
            two matrices of `sampling.bilinear_weights`, for rows and for columns.
        """
        raise NotImplementedError

    def stride_weights(
        self, map_hw: Sequence[int], size_hw: Sequence[int], scale: float
    ) -> tuple[np.ndarray, ...]:
        """Where they lie among the cells of scale 1; else as `weights`."""
        raise NotImplementedError


class Stretched(Framing):
    """Resized to the input's size, whatever its proportions: JPPNet's.

    Reference:
        LIP_JPPNet evaluate_parsing_JPPNet-s2.py.
    """

    default_scales: tuple[float, ...] = (1, 0.75, 1.25)
    default_mirror = True

    def normalize(self, rgb: np.ndarray | tf.Tensor) -> tf.Tensor:
        """What the network reads of an image: float32, of the same shape."""
        return preprocess(rgb)

    def frame(self, rgb: np.ndarray, scales: Sequence[float], mirror: bool) -> list[tf.Tensor]:
        """The network's inputs; the image is mirrored before it is resized."""
        image = self.normalize(rgb)[None]
        views = [image, image[:, :, ::-1]] if mirror else [image]
        return [
            tf.concat([resize_bilinear(view, self.sizes(scale)) for view in views], axis=0)
            for scale in scales
        ]

    def weights(
        self, map_hw: Sequence[int], size_hw: Sequence[int], scale: float
    ) -> tuple[np.ndarray, ...]:
        """Sampled as TF1 resized maps to the image's size."""
        return tuple(
            bilinear_weights(sampling_points(length, source), source)
            for length, source in zip(size_hw, map_hw, strict=True)
        )

    def stride_weights(
        self, map_hw: Sequence[int], size_hw: Sequence[int], scale: float
    ) -> tuple[np.ndarray, ...]:
        """The input's cells."""
        return self.weights(map_hw, [-(-side // STRIDE) for side in self.input_hw], scale)


class Quartered(Stretched):
    """Resized like JPPNet's, but RGB / 255; the logits are at a quarter of the input: LIP-Net's.

    The network enlarges them to the input's size, with half-pixel centres. Here that and the
    resize to the image are one.
    """

    default_scales = (1,)
    default_mirror = False
    stride = 4

    def normalize(self, rgb: np.ndarray | tf.Tensor) -> tf.Tensor:
        """What the network reads of an image: float32, of the same shape."""
        return scale_rgb(rgb)

    def weights(
        self, map_hw: Sequence[int], size_hw: Sequence[int], scale: float
    ) -> tuple[np.ndarray, ...]:
        """Enlarged as the network does it, cut to the input, then sampled as JPPNet's."""
        sizes = self.sizes(scale)
        enlarged = [
            bilinear_weights(self._cells(np.arange(side), source), source)
            for side, source in zip(sizes, map_hw, strict=True)
        ]
        sampled = super().weights(sizes, size_hw, scale)
        return tuple(a @ b for a, b in zip(sampled, enlarged, strict=True))

    def stride_weights(
        self, map_hw: Sequence[int], size_hw: Sequence[int], scale: float
    ) -> tuple[np.ndarray, ...]:
        """The cells that lie on the input at scale 1."""
        weights = []
        for side, room, source in zip(self.input_hw, self.sizes(scale), map_hw, strict=True):
            middles = self.stride * (np.arange(-(-side // self.stride)) + 0.5) - 0.5
            points = self._cells(middles * room / side, source)
            weights.append(bilinear_weights(points, source))
        return tuple(weights)

    def _cells(self, places, count):
        """Where pixels of the input lie among cells, the first and last of which reach outside."""
        return np.clip((places + 0.5) / self.stride - 0.5, 0, count - 1)


class Padded(Framing):
    """As large as it is, with mean colour below and to the right of it: SS-JPPNet's.

    What is larger than the input is reduced until it fits; the original cut it off, and its label
    maps then lay beside the image.

    Reference:
        LIP_SSL human/test_human.py.
    """

    def _fit(self, size_hw, scale):
        """An image's size in the input."""
        factor = min(1, *(room / side for room, side in zip(self.input_hw, size_hw, strict=True)))
        fitted = [max(1, round(side * factor)) for side in size_hw]
        return [max(1, int(side * scale)) for side in fitted]

    def frame(self, rgb: np.ndarray, scales: Sequence[float], mirror: bool) -> list[tf.Tensor]:
        """The network's inputs."""
        return [self._frame(rgb, scale, mirror) for scale in scales]

    def _frame(self, rgb, scale, mirror):
        height, width = self._fit(rgb.shape[:2], scale)
        if (height, width) != rgb.shape[:2]:
            method = cv2.INTER_AREA if height < rgb.shape[0] else cv2.INTER_LINEAR
            rgb = cv2.resize(rgb, (width, height), interpolation=method)
        image = preprocess(rgb, SS_MEAN_BGR)
        views = tf.stack([image, image[:, ::-1]] if mirror else [image])
        below, right = (
            room - side for room, side in zip(self.sizes(scale), (height, width), strict=True)
        )
        return tf.pad(views, [[0, 0], [0, below], [0, right], [0, 0]])

    def weights(
        self, map_hw: Sequence[int], size_hw: Sequence[int], scale: float
    ) -> tuple[np.ndarray, ...]:
        """Cell i lies on pixel 8 i of the image in the input, as Caffe's Interp has it."""
        fitted = self._fit(size_hw, scale)
        return tuple(
            bilinear_weights(_spread(np.arange(length), length, side) / STRIDE, source)
            for length, side, source in zip(size_hw, fitted, map_hw, strict=True)
        )

    def stride_weights(
        self, map_hw: Sequence[int], size_hw: Sequence[int], scale: float
    ) -> tuple[np.ndarray, ...]:
        """The cells that the image covers at scale 1."""
        weights = []
        for length, side, source in zip(
            self._fit(size_hw, 1), self._fit(size_hw, scale), map_hw, strict=True
        ):
            points = _spread(np.arange(0, length, STRIDE), length, side) / STRIDE
            weights.append(bilinear_weights(points, source))
        return tuple(weights)


def _spread(places, length, other_length):
    """Where pixels of a side lie after it was resized: float [places], inside the other side."""
    spread = (places + 0.5) * other_length / length - 0.5
    return np.clip(spread, 0, other_length - 1)


class Fitted(Framing):
    """As large as fits into the input, proportions kept: PersonLab's.

    The input itself is no larger than needed, up to a step: with a size for each proportion,
    a network would be compiled anew for almost every photograph. What the image leaves of it is
    grey, to the right and below.
    """

    fills_input = False

    def fit(self, size_hw: Sequence[int], scale: float) -> tuple[int, ...]:
        """The (height, width) that an image has in the input."""
        room = [max(1, int(side * scale)) for side in self.input_hw]
        factor = min(whole / side for whole, side in zip(room, size_hw, strict=True))
        sides = (max(1, round(side * factor)) for side in size_hw)
        return tuple(min(side, whole) for side, whole in zip(sides, room, strict=True))

    def frame(self, rgb: np.ndarray, scales: Sequence[float], mirror: bool) -> list[tf.Tensor]:
        """The network's inputs; mirrored is the whole input, grey parts too."""
        return [self._frame(rgb, scale, mirror) for scale in scales]

    def _frame(self, rgb, scale, mirror):
        fitted = self.fit(rgb.shape[:2], scale)
        if fitted != rgb.shape[:2]:
            method = cv2.INTER_AREA if fitted[0] < rgb.shape[0] else cv2.INTER_LINEAR
            rgb = cv2.resize(rgb, fitted[::-1], interpolation=method)
        room = [
            min(self._round_up(_STEP * -(-(side - 1) // _STEP) + 1), whole)
            for side, whole in zip(fitted, self.sizes(scale), strict=True)
        ]
        margins = [[0, whole - side] for whole, side in zip(room, fitted, strict=True)]
        image = tf.pad(center_rgb(rgb), [*margins, [0, 0]])
        return tf.stack([image, image[:, ::-1]] if mirror else [image])
