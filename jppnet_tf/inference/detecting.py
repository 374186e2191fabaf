"""Where the people of an image are, for networks that label one person."""

import os
import pathlib
import typing
from collections.abc import Sequence

import cv2
import numpy as np

from jppnet_tf.images.masks import encode_mask
from jppnet_tf.inference.predictor import Predictor
from jppnet_tf.predictions.boxes import Box
from jppnet_tf.system.errors import InputError
from jppnet_tf.weights import store

DEFAULT_DETECTOR = "scenes_personlab"
"""The weights that find people unless others are named."""


class Detector(typing.Protocol):
    """Finds the people of images.

    Attributes:
        least_person: who scores less is left out.
    """

    least_person: float

    def find(self, images: Sequence[np.ndarray]) -> list[tuple[Box, ...]]:
        """The people of images, uint8 [h, w, 3], RGB: of each a tuple of Box, the surest first."""
        ...

    def checksum(self) -> str:
        """What tells its weights from others."""
        ...


_LEAST_JOINT = 0.3  # how probable a joint is that a box takes in


class PersonLabDetector:
    """Finds people, with their joints and masks, by PersonLab.

    Args:
        predictor: Predictor of a network that finds people.

    Raises:
        InputError: its network labels one person.
    """

    def __init__(self, predictor: Predictor) -> None:
        if not predictor.family.finds_people or predictor.least_person is None:
            raise InputError("the weights of the detector are of a network that labels one person")
        self._predictor = predictor
        self.least_person = predictor.least_person

    def find(self, images: Sequence[np.ndarray]) -> list[tuple[Box, ...]]:
        """As of Detector; boxes have `segmentation` and `keypoints`."""
        predictor = self._predictor
        inputs = [predictor.prepare(image) for image in images]
        return [
            _list_boxes(predictor.decode(maps, image.shape[:2]).people)
            for maps, image in zip(predictor.infer_together(inputs), images, strict=True)
        ]

    def checksum(self) -> str:
        """As of Detector."""
        return store.checksum(store.model_arrays(self._predictor.model))


def _list_boxes(people):
    """Boxes of those who show in the image."""
    fields = people.boxes, people.scores, people.masks, people.keypoints
    size_hw = people.masks.shape[1:]
    return tuple(
        _make_box(around, score, segmentation=encode_mask(mask), keypoints=keypoints)
        for box, score, mask, keypoints in zip(*fields, strict=True)
        if (around := _clip(_take_in(box, keypoints), size_hw))[2:].min() > 0
    )


def _make_box(xywh, score, **found):
    x, y, width, height = xywh.tolist()
    return Box(x, y, width, height, "detector", float(score), **found)


def _take_in(box, keypoints):
    """The box, and the joints that are there: masks may lack hands and feet."""
    there = keypoints[keypoints[:, 2] >= _LEAST_JOINT, :2]
    corners = np.concatenate([box[None, :2], box[None, :2] + box[2:], there])
    start, end = corners.min(axis=0), corners.max(axis=0)
    return np.concatenate([start, end - start])


_SIDE = 640  # pixels of the detector's square input
_STRIDES = 8, 16, 32
_PADDING = 114
_MOST_OVERLAP = 0.5  # of boxes, above which the less sure one is the same person


class YoloxDetector:
    """Finds people by YOLOX, as OpenCV's model zoo has it.

    Args:
        path: `object_detection_yolox_2022nov.onnx`, or a network of the same input and output:
            float32 [1, 3, 640, 640], RGB from 0 to 255, to [1, 8400, 85]: of each cell of 8, 16 and
            32 pixels the middle, the logarithms of the sides, how sure a thing is, and of 80
            classes, people first, how sure each.
        least_person: who scores less is left out.

    Raises:
        InputError: the file is missing, or not such a network.

    Reference:
        Ge et al., YOLOX, arXiv:2107.08430.
    """

    def __init__(self, path: str | os.PathLike, least_person: float = 0.5) -> None:
        self.path, self.least_person = pathlib.Path(path), least_person
        if not self.path.is_file():
            raise InputError(f"{path}: no such file")
        try:
            self._network = cv2.dnn.readNetFromONNX(str(path))
        except cv2.error as error:
            raise InputError(f"{path}: not a network that OpenCV reads: {error.err}") from None
        self._cells, self._sizes = _place_cells()

    def find(self, images: Sequence[np.ndarray]) -> list[tuple[Box, ...]]:
        """As of Detector.

        Raises:
            InputError: the network's output is not YOLOX's.
        """
        return [self._find(image) for image in images]

    def checksum(self) -> str:
        """As of Detector."""
        import hashlib

        return hashlib.sha256(self.path.read_bytes()).hexdigest()

    def _find(self, image):
        factor = _SIDE / max(image.shape[:2])
        values = self._run(_pad(image, factor))
        scores = values[:, 4] * values[:, 5]
        middles = (values[:, :2] + self._cells) * self._sizes / factor
        sides = np.exp(values[:, 2:4]) * self._sizes / factor
        boxes = np.concatenate([middles - sides / 2, sides], axis=1)
        kept = cv2.dnn.NMSBoxes(
            boxes.tolist(), scores.tolist(), self.least_person, _MOST_OVERLAP
        )  # the surest first
        found = (_clip(boxes[index], image.shape[:2]) for index in np.ravel(kept))
        pairs = zip(found, scores[np.ravel(kept).astype(int)], strict=True)
        return tuple(
            _make_box(box, min(score, 1)) for box, score in pairs if box[2] > 0 and box[3] > 0
        )

    def _run(self, padded):
        try:
            self._network.setInput(cv2.dnn.blobFromImage(padded))
            values = self._network.forward()
        except cv2.error as error:
            raise InputError(f"{self.path}: cannot be computed: {error.err}") from None
        if values.shape != (1, len(self._cells), 85) or not np.isfinite(values).all():
            raise InputError(f"{self.path}: not YOLOX's output, but one of {values.shape}")
        return values[0].astype(np.float64)


def _place_cells():
    """Of each cell its column and row, and its size: float64 [cells, 2] and [cells, 1]."""
    grids = [np.indices((_SIDE // size, _SIDE // size))[::-1].reshape(2, -1).T for size in _STRIDES]
    sizes = [np.full((len(grid), 1), size) for grid, size in zip(grids, _STRIDES, strict=True)]
    return np.concatenate(grids).astype(np.float64), np.concatenate(sizes).astype(np.float64)


def _pad(image, factor):
    """The image in the upper left corner of the input: float32 [640, 640, 3]."""
    height, width = (max(1, int(side * factor)) for side in image.shape[:2])
    padded = np.full((_SIDE, _SIDE, 3), _PADDING, np.float32)
    padded[:height, :width] = cv2.resize(image, (width, height), interpolation=cv2.INTER_LINEAR)
    return padded


def _clip(box, size_hw):
    """x, y, width, height of what of a box lies in the image."""
    corners = np.stack([box[:2], box[:2] + box[2:]])
    corners = np.clip(corners, 0, size_hw[::-1])
    return np.concatenate([corners[0], corners[1] - corners[0]])
