"""What a room that is given a predictor may ask of it."""

import typing
from collections.abc import Iterable, Iterator, Mapping, Sequence

import numpy as np

from jppnet_tf.images.reading import ImageSource
from jppnet_tf.labels import Classes, Joints
from jppnet_tf.predictions.prediction import Prediction

if typing.TYPE_CHECKING:
    import keras
    import tensorflow as tf


class Predicts(typing.Protocol):
    """What `inference.predictor.Predictor` offers; its docstrings say what each does."""

    model: "keras.Model"
    scales: tuple[float, ...]
    mirror: bool
    subpixel: bool
    precision: str
    backend: str
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

    def prepare(self, rgb: np.ndarray) -> "list[tf.Tensor]": ...

    def infer_together(
        self, group: "Sequence[Sequence[tf.Tensor]]"
    ) -> list[dict[str, list[np.ndarray]]]: ...

    def decode(
        self, maps: Mapping[str, list[np.ndarray]], size_hw: Sequence[int]
    ) -> Prediction: ...
