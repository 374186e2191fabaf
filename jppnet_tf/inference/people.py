"""Several people in one photograph."""

import typing
from collections.abc import Generator, Iterable, Iterator, Sequence

import numpy as np

from jppnet_tf.images.reading import ImageSource, to_rgb
from jppnet_tf.inference.detecting import Detector
from jppnet_tf.inference.predictor import Predictor, predict_in_turn
from jppnet_tf.labels import LIP_JOINTS
from jppnet_tf.predictions.crops import MARGIN, Crops
from jppnet_tf.predictions.people import People
from jppnet_tf.predictions.prediction import Prediction
from jppnet_tf.system.errors import InputError
from jppnet_tf.system.processes import group_items

if typing.TYPE_CHECKING:
    import tensorflow as tf

    from jppnet_tf.predictions.boxes import Box


def predict_people(
    predictor: Predictor,
    image: ImageSource,
    boxes: "Sequence[Box]",
    margin: float = MARGIN,
) -> Prediction:
    """Predicts each person of a photograph.

    Args:
        predictor: Predictor; with `class_scores`, people who overlap are told apart by what is
            probable, too.
        image: as of a Predictor.
        boxes: sequence of boxes.Box, one at least.
        margin: as of Crops.

    Returns:
        Prediction, as `Crops.join` gives it.

    Raises:
        InputError: the image cannot be read, or a box lies outside it.
    """
    rgb = to_rgb(image)
    crops = Crops(tuple(boxes), margin)
    return crops.join(predictor(crops.cut(rgb)), rgb.shape[:2])


class _Found(typing.NamedTuple):
    """The people of an image; of each crop, its maps and its size."""

    crops: Crops | None
    maps: list[tuple[dict, Sequence[int]]]


class PeoplePredictor:
    """Finds the people of images, and predicts the parts and joints of each.

    Called and asked as a Predictor is. All people of an image go through the network together, in
    batches of the predictor's; an image takes one look of the detector, and one prediction for each
    person. Where nobody is found, all is background.

    Args:
        predictor: Predictor of a network that labels one person.
        detector: detecting.Detector.
        margin: what boxes are enlarged by on each side, as a share of their width and height.

    Attributes:
        detector, margin: as above. All others are the predictor's.

    Raises:
        InputError: the predictor's network finds people itself.
    """

    def __init__(self, predictor: Predictor, detector: Detector, margin: float = MARGIN) -> None:
        if predictor.family.finds_people:
            raise InputError("this network finds people itself: it needs no detector")
        self._predictor = predictor
        self.detector, self.margin = detector, margin

    def __getattr__(self, name: str) -> typing.Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return getattr(self._predictor, name)

    @property
    def least_person(self) -> float:
        """Who scores less is left out."""
        return self.detector.least_person

    @typing.overload
    def __call__(self, images: ImageSource) -> Prediction: ...

    @typing.overload
    def __call__(self, images: list | tuple) -> list[Prediction]: ...

    @typing.overload
    def __call__(self, images: Generator | map) -> Iterator[Prediction]: ...

    def __call__(
        self, images: ImageSource | list | tuple | Iterator
    ) -> Prediction | list[Prediction] | Iterator[Prediction]:
        """Predicts one image or several: see Predictor; there are no maps."""
        if isinstance(images, (list, tuple)):
            return list(self.predict_each(images))
        if isinstance(images, Iterator) and not hasattr(images, "read"):
            return self.predict_each(images)
        return next(self.predict_each([typing.cast(ImageSource, images)]))

    def predict_each(self, images: Iterable[ImageSource]) -> Iterator[Prediction]:
        """Like calling it with a list, but yields one Prediction after the other."""
        return predict_in_turn(self, images)

    def prepare(self, rgb: np.ndarray) -> np.ndarray:
        """What `infer_together` takes of an image, uint8 [h, w, 3]: the image itself."""
        return rgb

    def infer_together(self, group: Sequence[np.ndarray]) -> list[_Found]:
        """Finds the people of several images and runs the network on each of them.

        Args:
            group: list of what `prepare` returns.

        Returns:
            list of what `decode` takes, one for each image.

        Raises:
            InputError: a network gave numbers that are not finite.
        """
        found = self.detector.find(group)
        crops = [Crops(boxes, self.margin) if boxes else None for boxes in found]
        views = [each.cut(image) if each else [] for each, image in zip(crops, group, strict=True)]
        maps = self._infer_views([view for of_image in views for view in of_image])
        return [
            _Found(each, [(next(maps), view.shape[:2]) for view in of_image])
            for each, of_image in zip(crops, views, strict=True)
        ]

    def _infer_views(self, views: Sequence[np.ndarray]) -> "Iterator[dict]":
        predictor = self._predictor
        inputs: Iterable[list[tf.Tensor]] = (predictor.prepare(view) for view in views)
        for batch in group_items(inputs, predictor.batch):
            yield from predictor.infer_together(batch)

    def decode(self, found: _Found, size_hw: Sequence[int]) -> Prediction:
        """Makes the networks' results into a Prediction.

        Args:
            found: what `infer_together` returns of an image.
            size_hw: the image's size.
        """
        predictor = self._predictor
        if found.crops is None:
            return self._find_nobody(size_hw)
        predictions = [predictor.decode(maps, view_hw) for maps, view_hw in found.maps]
        return found.crops.join(predictions, size_hw)

    def _find_nobody(self, size_hw):
        classes, joints = self._predictor.classes, self._predictor.joints
        keypoints = None if joints is None else np.zeros((0, len(joints.names), 3), np.float32)
        people = People(keypoints=keypoints, boxes=np.zeros((0, 4)), scores=np.zeros(0, np.float32))
        parsing = np.zeros(size_hw, np.uint8)
        scores = np.full(len(classes.names), np.nan, np.float32)
        scores[0] = 1
        return Prediction(
            parsing,
            people,
            classes,
            LIP_JOINTS if joints is None else joints,
            class_scores=scores,
            confidence=np.ones(size_hw, np.float32),
            person_map=parsing.copy(),
        )
