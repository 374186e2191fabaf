"""What several people in a photograph cost: the detector once, and the network for each."""

import statistics
import time
import typing
from collections.abc import Sequence

import numpy as np

from jppnet_tf.commands.people import build_detector
from jppnet_tf.inference.people import PeoplePredictor
from jppnet_tf.inference.predictor import Predictor
from jppnet_tf.predictions.boxes import Box

_SIZE_HW = 480, 640
_COUNTS = 1, 2, 4, 8


class _Crowd:
    """A detector that looks, and then finds as many people as it is told to.

    Attributes:
        count: how many.
    """

    least_person = 0.0

    def __init__(self, detector):
        self._detector = detector
        self.count = 0

    def find(self, images: Sequence[np.ndarray]) -> list[tuple[Box, ...]]:
        self._detector.find(images)
        width = _SIZE_HW[1] / max(_COUNTS)
        boxes = [Box(width * n, 100.0, width, 3 * width, score=0.9) for n in range(self.count)]
        return [tuple(boxes) for _ in images]

    def checksum(self) -> str:
        return self._detector.checksum()


def benchmark_people(
    weights: str, detector: str | None, settings: dict[str, typing.Any], repeats: int
) -> dict[str, float]:
    """Times photographs of 640 x 480 with several people, and prints the figures.

    Args:
        weights: path or name, of a network that labels one person.
        detector: as for `build_detector`.
        settings: further arguments of Predictor.
        repeats: how many photographs each time.

    Returns:
        dict of figure to seconds.

    Raises:
        InputError: weights cannot be loaded.
    """
    predictor = Predictor(weights, class_scores=True, **settings)
    crowd = _Crowd(build_detector(detector, None, settings))
    people = PeoplePredictor(predictor, crowd)
    random = np.random.default_rng(0)
    photographs = [
        random.integers(0, 255, (*_SIZE_HW, 3), np.uint8) for _ in range(max(repeats, 1))
    ]
    figures = {"detector": _time(lambda image: crowd.find([image]), photographs)}
    print(f"{'detector':12} {figures['detector']:.2f} s a photograph")
    for count in _COUNTS:
        crowd.count = count
        figures[f"{count}"] = _time(people, photographs)
        each = (figures[f"{count}"] - figures["detector"]) / count
        print(f"{count} people{'':4} {figures[f'{count}']:.2f} s a photograph, {each:.2f} s each")
    return figures


def _time(function, photographs):
    """The median of one after the other, the first of which does not count."""
    function(photographs[0])
    seconds = []
    for photograph in photographs:
        start = time.perf_counter()
        function(photograph)
        seconds.append(time.perf_counter() - start)
    return statistics.median(seconds)
