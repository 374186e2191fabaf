"""Several people in one photograph."""

from jppnet_tf.images.reading import to_rgb
from jppnet_tf.predictions.crops import MARGIN, Crops


def predict_people(predictor, image, boxes, margin=MARGIN):
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
