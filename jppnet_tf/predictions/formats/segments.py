"""A mask per class, as Hugging Face's image segmentation gives them."""

import numpy as np
from PIL import Image

from jppnet_tf.images.encoding import encode_png
from jppnet_tf.labels import LIP, Classes
from jppnet_tf.predictions.formats.format import Format
from jppnet_tf.predictions.formats.numbers import encode_json
from jppnet_tf.system.errors import InputError


def find_segments(
    parsing: np.ndarray, class_scores: np.ndarray | None, classes: Classes = LIP
) -> list[dict]:
    """The classes found in a label map, with the masks of their pixels.

    Args:
        parsing: uint8 [h, w], class ids.
        class_scores: float [classes], as of Prediction.
        classes: labels.Classes, what the ids stand for.

    Returns:
        list of dict in the order of the ids, background included: `label` (str), `score` (float,
        0..1), `mask` (PIL.Image of mode L and the photograph's size, 255 on the class, else 0).

    Raises:
        InputError: there are no class scores.
    """
    if class_scores is None:
        raise InputError("there are no class scores: predict by a Predictor with class_scores=True")
    return [
        {
            "label": classes.names[index],
            "score": round(float(class_scores[index]), 5),
            "mask": Image.fromarray(np.where(parsing == index, 255, 0).astype(np.uint8)),
        }
        for index in np.unique(parsing)
    ]


def _paths(name, classes, has_pose):
    return (*(f"hf/{name}/{label}.png" for label in classes), f"hf/{name}.json")


def _files(name, rgb, prediction, least_score=None):
    segments = find_segments(prediction.parsing, prediction.class_scores, prediction.classes)
    *masks, listed = _paths(name, [segment["label"] for segment in segments], False)
    files = {
        path: encode_png(np.asarray(segment["mask"]))
        for path, segment in zip(masks, segments, strict=True)
    }
    # Beside the list lies a folder of its name, with the masks.
    folder = name.rpartition("/")[2]
    entries = [segment | {"mask": f"{folder}/{segment['label']}.png"} for segment in segments]
    return files | {listed: encode_json(entries)}


FORMATS = (Format("hf", ("hf",), _paths, _files, needs_scores=True, any_classes=True),)
