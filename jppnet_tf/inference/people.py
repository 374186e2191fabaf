"""Several people in one photograph."""

import typing
from collections.abc import Sequence

from jppnet_tf.images.reading import ImageSource, to_rgb
from jppnet_tf.predictions.crops import MARGIN, Crops

if typing.TYPE_CHECKING:
    from jppnet_tf.inference.predictor import Predictor
    from jppnet_tf.predictions.boxes import Box
    from jppnet_tf.predictions.prediction import Prediction


def predict_people(
    predictor: "Predictor",
    image: ImageSource,
    boxes: "Sequence[Box]",
    margin: float = MARGIN,
) -> "Prediction":
    """Predicts each person of a photograph.

    Args:
        predictor: Predictor.
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
