"""Several people in one photograph."""

import os

from jppnet_tf.images.reading import read_image
from jppnet_tf.inference.predictor import check_rgb
from jppnet_tf.predictions.crops import MARGIN, Crops


def predict_people(predictor, image, boxes, margin=MARGIN):
    """Predicts each person of a photograph.

    Args:
        predictor: Predictor.
        image: a path, or a uint8 RGB array [h, w, 3].
        boxes: sequence of boxes.Box, one at least.
        margin: as of Crops.

    Returns:
        Prediction, as `Crops.join` gives it.

    Raises:
        InputError: the image cannot be read, or a box lies outside it.
    """
    rgb = read_image(image) if isinstance(image, (str, os.PathLike)) else check_rgb(image)
    crops = Crops(tuple(boxes), margin)
    return crops.join(predictor(crops.cut(rgb)), rgb.shape[:2])
