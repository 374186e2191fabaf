"""Who is who from frame to frame of a video."""

import dataclasses
import typing

import numpy as np
from scipy.optimize import linear_sum_assignment

if typing.TYPE_CHECKING:
    from jppnet_tf.predictions.prediction import Prediction

LEAST_OVERLAP = 0.3
"""What boxes of two frames must have in common, as a share of both together, to be one person's."""
PATIENCE = 30
"""For how many frames somebody may be out of sight and keep their id."""


@dataclasses.dataclass
class _Track:
    box: np.ndarray
    frame: int


class Tracker:
    """Gives people the same ids in all frames of a video.

    Boxes are matched with those where people were last seen, so that their overlaps add up to the
    most. Whoever matches nobody gets a new id; ids are not used twice.
    """

    def __init__(self) -> None:
        self._tracks: dict[int, _Track] = {}
        self._frame = 0
        self._last_id = 0

    def follow(self, prediction: "Prediction") -> "Prediction":
        """The prediction of the next frame with ids that last: in its people and its person map.

        One without boxes, of a network that was shown the whole frame as one person, stays as it
        is.
        """
        people = prediction.people
        if people.boxes is None or people.ids is None:
            return prediction
        self._frame += 1
        ids = self._match(people.boxes)
        person_map = prediction.person_map
        if person_map is not None:
            table = np.zeros(
                int(max(people.ids.max(initial=0), person_map.max(initial=0))) + 1, int
            )
            table[people.ids] = ids
            table = table.astype(np.uint8 if ids.max(initial=0) <= 255 else np.uint16)
            person_map = table[person_map]
        return dataclasses.replace(
            prediction, people=people.replace(ids=ids), person_map=person_map
        )

    def _match(self, boxes):
        """The id of each box: int [n]; remembers them."""
        known = [*self._tracks]
        overlaps = measure_overlaps(boxes, np.array([self._tracks[id_].box for id_ in known]))
        ids = np.zeros(len(boxes), int)
        for row, column in zip(*linear_sum_assignment(-overlaps), strict=True):
            if overlaps[row, column] >= LEAST_OVERLAP:
                ids[row] = known[column]
        for row in np.flatnonzero(ids == 0):
            self._last_id += 1
            ids[row] = self._last_id
        for id_, box in zip(ids.tolist(), boxes, strict=True):
            self._tracks[id_] = _Track(box, self._frame)
        self._tracks = {
            id_: track
            for id_, track in self._tracks.items()
            if self._frame - track.frame < PATIENCE
        }
        return ids


def measure_overlaps(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Intersection over union of boxes.

    Args:
        first: float [n, 4], x, y, width, height.
        second: float [m, 4], likewise.

    Returns:
        float64 [n, m], 0..1.
    """
    first, second = (np.asarray(boxes, float).reshape(-1, 4) for boxes in (first, second))
    starts = np.maximum(first[:, None, :2], second[None, :, :2])
    ends = np.minimum((first[:, :2] + first[:, 2:])[:, None], (second[:, :2] + second[:, 2:])[None])
    common = np.clip(ends - starts, 0, None).prod(axis=2)
    areas = first[:, 2:].prod(axis=1)[:, None] + second[:, 2:].prod(axis=1)[None]
    return common / np.maximum(areas - common, 1e-12)
