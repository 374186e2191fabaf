"""The parts of the people of an image: each person's hair, each person's left arm, ..."""

import dataclasses
import typing

import numpy as np

if typing.TYPE_CHECKING:
    from jppnet_tf.predictions.prediction import Prediction


@dataclasses.dataclass(frozen=True, eq=False)
class Parts:
    """The parts of an image's people: part n is entry n - 1 of each field.

    Attributes:
        map: whose part each pixel is: uint8 or uint16 [h, w], 0 of none.
        people: int [n], ids of those whose parts they are.
        classes: int [n], their classes.
        scores: float [n]: the person's score times the mean confidence of the part's pixels.
    """

    map: np.ndarray
    people: np.ndarray
    classes: np.ndarray
    scores: np.ndarray

    def __len__(self) -> int:
        return len(self.classes)


def find_owners(prediction: "Prediction") -> np.ndarray:
    """The person of each pixel: uint8 or uint16 [h, w], ids of people, 0 of nobody.

    Of a prediction of one person, all that is not background is theirs.
    """
    if prediction.person_map is not None:
        return prediction.person_map
    ids = prediction.people.ids
    return (prediction.parsing > 0) * np.uint8(1 if ids is None or not len(ids) else ids[0])


def find_parts(prediction: "Prediction", most: int | None = None) -> Parts:
    """The parts of a prediction's people, counted by person, then by class.

    Args:
        prediction: Prediction; without `confidence`, all pixels count as equally sure, and people
            without scores likewise.
        most: how many parts there may be: of more, those with the lowest scores are left out.

    Returns:
        Parts.
    """
    owners, count = find_owners(prediction), len(prediction.classes.names)
    keys = np.where(prediction.parsing > 0, owners.astype(np.int64) * count, 0)
    keys += (keys > 0) * prediction.parsing.astype(np.int64)
    found, places, pixels = np.unique(keys, return_inverse=True, return_counts=True)
    places = places.reshape(keys.shape)
    scores = np.ones(len(found))
    if prediction.confidence is not None:
        scores = np.bincount(places.ravel(), prediction.confidence.ravel()) / pixels
    scores *= _scores_by_id(prediction.people)[found // count]
    is_part = found > 0
    if most is not None and is_part.sum() > most:
        kept = np.argsort(np.where(is_part, -scores, np.inf), kind="stable")[:most]
        is_part = np.isin(np.arange(len(found)), kept)
    numbers = np.where(is_part, np.cumsum(is_part), 0)
    dtype = np.uint8 if numbers.max(initial=0) <= 255 else np.uint16
    found = found[is_part]
    return Parts(numbers.astype(dtype)[places], found // count, found % count, scores[is_part])


def _scores_by_id(people):
    ids = np.ones(1, int) if people.ids is None or not len(people.ids) else people.ids
    scores = np.ones(int(ids.max()) + 1)
    if people.scores is not None and len(people.scores):
        scores[ids] = people.scores
    return scores
