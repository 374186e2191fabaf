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
        return [rgb[box.place(self.margin, rgb.shape[:2])] for box in self.boxes]

    def join(self, predictions: Sequence[Prediction], size_hw: Sequence[int]) -> Prediction:
        """Puts the predictions of what `cut` gave together again.

        Where boxes overlap, a pixel belongs to the person in whose mask it lies, if there are
        masks; of several, or of none, to the one whose class is the most probable there, weighted
        by the score of the box and by how near to its middle the pixel lies. Background gives way
        to any person.

        Args:
            predictions: list of Prediction, one for each box, all with `confidence` or none: then
                every class counts as equally probable.
            size_hw: the photograph's size.

        Returns:
            Prediction of the whole photograph, its people in the order of the boxes,
            without maps; `person_map` has their ids. Its class scores are the people's, weighted by
            their pixels. Nobody keeps another's pixels: somebody may have none.
        """
        parsing = np.zeros(size_hw, np.uint8)
        person_map = np.zeros(size_hw, np.uint8 if len(self.boxes) <= 255 else np.uint16)
        has_confidence = all(each.confidence is not None for each in predictions)
        confidence = np.zeros(size_hw, np.float32) if has_confidence else None
        best = np.zeros(size_hw, np.float32)
        pairs = zip(predictions, self.boxes, strict=True)
        for number, (prediction, box) in enumerate(pairs, 1):
            place = box.place(self.margin, size_hw)
            claim = _weigh_claim(prediction, box, place, size_hw)
            wins = (prediction.parsing > 0) & (claim > best[place])
            best[place][wins] = claim[wins]
            parsing[place][wins] = prediction.parsing[wins]
            person_map[place][wins] = number
            if confidence is not None and prediction.confidence is not None:
                confidence[place][wins] = prediction.confidence[wins]
        return Prediction(
            parsing,
            self._join_people(predictions, size_hw),
            predictions[0].classes,
            predictions[0].joints,
            class_scores=_join_scores(predictions),
            confidence=confidence,
            person_map=person_map,
        )

    def _join_people(self, predictions, size_hw):
        """The people of all crops, in pixels of the photograph."""
        found: dict[str, np.ndarray] = {
            "boxes": np.array([box.xywh for box in self.boxes], np.float64),
            "scores": np.array([box.score for box in self.boxes], np.float32),
        }
        if all(box.keypoints is not None for box in self.boxes):
            found["detector_keypoints"] = np.array(
                [box.keypoints for box in self.boxes], np.float32
            )
        if any(prediction.keypoints is None for prediction in predictions):
            return People(**found)
        corners = [box.enlarge(self.margin, size_hw)[1::-1] for box in self.boxes]
        keypoints = [
            prediction.keypoints + np.array([*corner, 0], np.float32)
            for prediction, corner in zip(predictions, corners, strict=True)
        ]
        return People(**found, keypoints=np.array(keypoints))


_LEAST_CLAIM = 1e-6  # of people whose score is 0: better theirs than nobody's
_OF_MASK = 2.0
"""What a claim gains where the person's mask holds the pixel: more than any claim without."""


def _weigh_claim(prediction, box, place, size_hw):
    """How strong a box's claim is to the pixels of its place: float32 [rows, columns], above 0."""
    claim = max(box.score, _LEAST_CLAIM) / (1 + _measure_distance(box, place))
    if prediction.confidence is not None:
        claim *= prediction.confidence
    mask = box.decode_mask(size_hw)
    return claim if mask is None else claim + _OF_MASK * mask[place]


def _measure_distance(box, place):
    """How far pixels lie from a box's middle, squared, in heights and widths of the box."""
    rows, columns = (np.arange(part.start, part.stop, dtype=np.float32) + 0.5 for part in place)
    rows = (rows - box.y) / box.height - 0.5
    columns = (columns - box.x) / box.width - 0.5
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
