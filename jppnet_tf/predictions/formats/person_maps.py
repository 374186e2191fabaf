"""Whose pixel is whose, where several people were found."""

import typing

import numpy as np

from jppnet_tf.images.drawing import colour_parsing
from jppnet_tf.images.encoding import encode_png
from jppnet_tf.labels import PERSON, Classes
from jppnet_tf.predictions.formats.format import Format
from jppnet_tf.predictions.parts import find_owners

if typing.TYPE_CHECKING:
    from jppnet_tf.predictions.prediction import Prediction

_COLOURS = (
    (230, 60, 70), (60, 160, 230), (80, 190, 80), (250, 190, 40), (160, 90, 220), (240, 120, 190),
    (70, 200, 200), (245, 130, 50), (150, 160, 60), (120, 120, 240),
)  # fmt: skip


def colour_people(prediction: "Prediction") -> tuple[np.ndarray, Classes]:
    """What is drawn of a prediction: its parts, or, if its network knows none, its people.

    Returns:
        uint8 or uint16 [h, w], ids; and Classes, what they stand for and their colours.
    """
    if prediction.person_map is None or prediction.classes.names != PERSON.names:
        return prediction.parsing, prediction.classes
    people = prediction.people
    ids = [] if people.ids is None else people.ids.tolist()
    scores = [None] * len(ids) if people.scores is None else people.scores
    names = {
        id_: f"person {id_}" if score is None else f"person {id_}, {score:.2f}"
        for id_, score in zip(ids, scores, strict=True)
    }
    palette = _list_colours(max(ids, default=0))
    listed = [names.get(id_, f"person {id_}") for id_ in range(1, len(palette))]
    return prediction.person_map, Classes(("nobody", *listed), (), palette)


def _list_colours(largest):
    """The colour of each id: nobody's, then people's, who keep theirs from frame to frame."""
    return ((0, 0, 0), *(_COLOURS[number % len(_COLOURS)] for number in range(largest)))


def _paths(name, classes, has_pose):
    return (f"person/{name}.png", f"person/{name}_vis.png")


def _files(name, rgb, prediction, least_score=None):
    owners = find_owners(prediction)
    coloured = colour_parsing(owners, _list_colours(int(owners.max(initial=0))))
    return dict(zip(_paths(name, (), True), map(encode_png, (owners, coloured)), strict=True))


FORMATS = (Format("person", ("person",), _paths, _files, needs_people=True),)
