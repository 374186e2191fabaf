"""What a room that is given a predictor may ask of it."""

import typing
from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from jppnet_tf.images.reading import ImageSource
from jppnet_tf.labels import Classes, Joints
from jppnet_tf.predictions.prediction import Prediction

if typing.TYPE_CHECKING:
    import keras


class Predicts(typing.Protocol):
    """What Predictor and PeoplePredictor of `inference` offer; the former's docstrings say what
    each does."""

    model: "keras.Model"
    scales: tuple[float, ...]
    mirror: bool
    subpixel: bool
    precision: str
    backend: str
    convolution: str
    batch: int
    least_person: float | None

    @property
    def input_hw(self) -> tuple[int, ...]: ...

    @property
    def has_pose(self) -> bool: ...

    @property
    def stage(self) -> int: ...

    @property
    def classes(self) -> Classes: ...

    @property
    def joints(self) -> Joints | None: ...

    @typing.overload
    def __call__(self, images: ImageSource) -> Prediction: ...

    @typing.overload
    def __call__(self, images: list | tuple) -> list[Prediction]: ...

    def predict_each(self, images: Iterable[ImageSource]) -> Iterator[Prediction]: ...

    # What goes from step to step is the predictor's own affair.

    def prepare(self, rgb: np.ndarray) -> typing.Any: ...

    def infer_together(self, group: Sequence[typing.Any]) -> list[typing.Any]: ...

    def decode(self, maps: typing.Any, size_hw: Sequence[int]) -> Prediction: ...
