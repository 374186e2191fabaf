"""Photographs of several people: cut out one by one, predicted, and put together again."""

import dataclasses
from collections.abc import Sequence

import numpy as np

from jppnet_tf.predictions.boxes import Box
from jppnet_tf.predictions.people import People
from jppnet_tf.predictions.prediction import Prediction
from jppnet_tf.system.errors import InputError

MARGIN = 0.1
"""What a box is enlarged by on each side: LIP's people have a little room around them, too."""


@dataclasses.dataclass(frozen=True)
class Crops:
    """Where the people of one photograph are to be cut out.

    Attributes:
        boxes: tuple of boxes.Box.
        margin: what boxes are enlarged by on each side, as a share of their width and height.
        image_id: what the file of boxes calls the photograph; None if it has no word for it.

    Raises:
        InputError: there is no box.
    """

    boxes: tuple[Box, ...]
    margin: float = MARGIN
    image_id: int | str | None = None

    def __post_init__(self) -> None:
        if not self.boxes:
            raise InputError("there are no boxes: name one person at least")

    def cut(self, rgb: np.ndarray) -> list[np.ndarray]:
        """Cuts them out.

        Args:
            rgb: uint8 [h, w, 3].

        Returns:
            list of uint8 [h, w, 3], views of `rgb`, in the order of the boxes.

        Raises:
            InputError: a box lies outside the photograph.
        """
        places = [box.enlarge(self.margin, rgb.shape[:2]) for box in self.boxes]
        return [rgb[top:bottom, left:right] for top, left, bottom, right in places]

    def join(self, predictions: Sequence[Prediction], size_hw: Sequence[int]) -> Prediction:
        """Puts the predictions of what `cut` gave together again.

        Where several boxes overlap, a pixel belongs to the person in whose box it lies nearest to
        the middle, in widths and heights of the box; but background gives way to any person.

        Args:
            predictions: list of Prediction, one for each box.
            size_hw: the photograph's size.

        Returns:
            Prediction of the whole photograph, its people in the order of the boxes,
            without maps. Its class scores are the people's, weighted by their pixels.
        """
        parsing = np.zeros(size_hw, np.uint8)
        nearest = np.full(size_hw, np.inf, np.float32)
        for prediction, box in zip(predictions, self.boxes, strict=True):
            top, left, bottom, right = box.enlarge(self.margin, size_hw)
            place = np.s_[top:bottom, left:right]
            distance = _measure_distance(box, top, left, bottom, right)
            wins = (prediction.parsing > 0) & (distance < nearest[place])
            parsing[place][wins] = prediction.parsing[wins]
            nearest[place][wins] = distance[wins]
        return Prediction(
            parsing,
            self._join_people(predictions, size_hw),
            predictions[0].classes,
            predictions[0].joints,
            class_scores=_join_scores(predictions),
        )

    def _join_people(self, predictions, size_hw):
        """The people of all crops, in pixels of the photograph."""
        boxes = np.array([box.xywh for box in self.boxes], np.float64)
        if any(prediction.keypoints is None for prediction in predictions):
            return People(boxes=boxes)
        corners = [box.enlarge(self.margin, size_hw)[1::-1] for box in self.boxes]
        keypoints = [
            prediction.keypoints + np.array([*corner, 0], np.float32)
            for prediction, corner in zip(predictions, corners, strict=True)
        ]
        return People(boxes=boxes, keypoints=np.array(keypoints))


def _measure_distance(box, top, left, bottom, right):
    """How far pixels lie from a box's middle, squared, in heights and widths of the box."""
    rows = (np.arange(top, bottom, dtype=np.float32) + 0.5 - box.y) / box.height - 0.5
    columns = (np.arange(left, right, dtype=np.float32) + 0.5 - box.x) / box.width - 0.5
    return rows[:, None] ** 2 + columns**2


def _join_scores(predictions):
    """Means over the people, weighted by their pixels of each class; nan of classes not found."""
    if predictions[0].class_scores is None:
        return None
    scores = np.array([each.class_scores for each in predictions], np.float64)
    counts = [np.bincount(p.parsing.ravel(), minlength=scores.shape[1]) for p in predictions]
    with np.errstate(invalid="ignore"):
        joined = np.nansum(scores * counts, axis=0) / np.sum(counts, axis=0)
    return joined.astype(np.float32)
