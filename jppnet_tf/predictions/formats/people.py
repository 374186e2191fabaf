"""Whose pixel is whose, of networks that find people."""

import typing

import numpy as np

from jppnet_tf.images.encoding import encode_png
from jppnet_tf.labels import Classes
from jppnet_tf.predictions.formats.format import Format

if typing.TYPE_CHECKING:
    from jppnet_tf.predictions.people import People
    from jppnet_tf.predictions.prediction import Prediction

_MOST = 255  # of a byte
_COLOURS = (
    (230, 60, 70), (60, 160, 230), (80, 190, 80), (250, 190, 40), (160, 90, 220), (240, 120, 190),
    (70, 200, 200), (245, 130, 50), (150, 160, 60), (120, 120, 240),
)  # fmt: skip


def map_people(people: "People") -> np.ndarray:
    """The person of each pixel.

    Args:
        people: People with masks.

    Returns:
        uint8 [h, w]: 0 where nobody is, 1 of the first person, and so on; where masks overlap, the
        earlier person's. Of more than 255, the first 255.
    """
    masks = typing.cast(np.ndarray, people.masks)
    found = np.zeros(masks.shape[1:], np.uint8)
    for number in range(min(len(masks), _MOST), 0, -1):
        found[masks[number - 1]] = number
    return found


def colour_people(prediction: "Prediction") -> tuple[np.ndarray, Classes]:
    """What is drawn of a prediction: its parts, or, if its people have masks, its people.

    Returns:
        uint8 [h, w], ids; and Classes, what they stand for and their colours.
    """
    people = prediction.people
    if people.masks is None:
        return prediction.parsing, prediction.classes
    count = min(len(people), _MOST)
    scores = [None] * count if people.scores is None else people.scores[:count]
    names = [
        f"person {number}" if score is None else f"person {number}, {score:.2f}"
        for number, score in enumerate(scores, 1)
    ]
    colours = [_COLOURS[number % len(_COLOURS)] for number in range(count)]
    return map_people(people), Classes(("nobody", *names), (), ((0, 0, 0), *colours))


def _paths(name, classes, has_pose):
    return (f"people/{name}.png",)


def _files(name, rgb, prediction, least_score=None):
    (path,) = _paths(name, (), True)
    return {path: encode_png(map_people(prediction.people))}


FORMATS = (Format("people", ("people",), _paths, _files, needs_people=True),)
