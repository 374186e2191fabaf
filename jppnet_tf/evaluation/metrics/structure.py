"""How far the joints that a parsing implies lie from those of its label: SS-JPPNet's error.

It is defined by the names of LIP's classes, and by no others.
"""

import math

import numpy as np

from jppnet_tf.evaluation.metrics.lip_rules import require_lip
from jppnet_tf.labels import LIP, STRUCTURE_PARTS, Classes

STRIDE = 8
PEAK = 4 / math.sqrt(2 * math.pi)
"""Height of a joint's peak, which is one pixel wide."""
WEIGHT = 0.05 / 2
"""Of the squared difference."""

MEMBERS = np.zeros((256, len(STRUCTURE_PARTS)), np.int32)
"""For each class id and joint 1 if the class is a part of it."""
for _part, _names in enumerate(STRUCTURE_PARTS):
    MEMBERS[[LIP.names.index(name) for name in _names], _part] = 1


class StructureMetric:
    """The mean of `structure_error` over a set of images.

    It looks at every eighth pixel of label and prediction, the grid of the network's logits.

    Args:
        classes: labels.Classes, what the ids stand for.

    Attributes:
        total: sum of the images' errors.
        images: how many there were.

    Raises:
        InputError: the classes are not LIP's.
    """

    def __init__(self, classes: Classes = LIP) -> None:
        require_lip("the structure error", classes)
        self.total = 0.0
        self.images = 0

    def update(self, label: np.ndarray, parsing: np.ndarray) -> None:
        """Counts one image: uint8 [h, w] each, LIP's class ids."""
        self.total += structure_error(label[::STRIDE, ::STRIDE], parsing[::STRIDE, ::STRIDE])
        self.images += 1

    def merge(self, other: "StructureMetric") -> None:
        """Adds what another metric counted."""
        self.total += other.total
        self.images += other.images

    @property
    def mean(self) -> float:
        """The error of an image on average, 0 to 3.6; nan without images."""
        return self.total / self.images if self.images else float("nan")


def structure_error(label: np.ndarray, parsing: np.ndarray) -> float:
    """The error of one image; `losses.structure_error` says what it is.

    Args:
        label: uint8 [h, w], LIP's class ids, others count as background.
        parsing: uint8 [h, w], the same of a prediction.

    Returns:
        float, 0 to 3.6.
    """
    difference = _draw(label) - _draw(parsing)
    return float(WEIGHT * np.sum(difference**2))


def _draw(ids):
    """Heatmaps float64 [9, h, w] of the joints of a label map."""
    members = MEMBERS[ids]
    rows, columns = members.sum(axis=1), members.sum(axis=0)
    counts = np.maximum(rows.sum(axis=0), 1)
    maps = np.ones((members.shape[2], 1, 1)) * PEAK
    middles = [np.arange(len(line)) @ line // counts for line in (rows, columns)]
    for axis, middle in enumerate(middles):
        places = np.arange(ids.shape[axis])
        along = np.exp(-((places - middle[:, None]) ** 2) / 2)
        maps = maps * np.expand_dims(along, 2 - axis)
    return maps * ((middles[0] + middles[1]) > 0)[:, None, None]
