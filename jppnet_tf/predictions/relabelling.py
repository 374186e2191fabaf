"""Label maps and predictions in the ids of other projects."""

import dataclasses
import typing

import numpy as np

from jppnet_tf.labels import IGNORE, Relabelling
from jppnet_tf.system.errors import InputError

if typing.TYPE_CHECKING:
    from jppnet_tf.predictions.prediction import Prediction


def relabel(parsing: np.ndarray, table: Relabelling) -> np.ndarray:
    """A label map in another project's ids.

    Args:
        parsing: uint8 [h, w], ids of `table.source`, or 255.
        table: which id becomes which, such as `labels.RELABELLINGS["acgpn"]`.

    Returns:
        uint8 [h, w], ids of `table.classes`; 255 stays.

    Raises:
        InputError: an id is not a class of the table's source.
    """
    parsing = np.asarray(parsing)
    is_known = ((parsing >= 0) & (parsing < len(table.ids))) | (parsing == IGNORE)
    if not is_known.all():
        raise InputError(f"the label map has an id that is not a class: {parsing[~is_known][0]}")
    ids = np.full(IGNORE + 1, IGNORE, np.uint8)
    ids[: len(table.ids)] = table.ids
    return ids[parsing]


def relabel_prediction(prediction: "Prediction", table: Relabelling) -> "Prediction":
    """A prediction whose label map has another project's ids and classes.

    Args:
        prediction: of the classes of `table.source`.
        table: which id becomes which.

    Returns:
        Prediction, without logits. Confidences stay those of the classes before. The score of a
        class that several become is the mean of theirs, weighted by pixels.

    Raises:
        InputError: the prediction is of other classes.
    """
    if prediction.classes.names != table.source.names:
        raise InputError("the table of classes is not for the classes of this prediction")
    return dataclasses.replace(
        prediction,
        parsing=relabel(prediction.parsing, table),
        classes=table.classes,
        logits=None,
        class_scores=_join_scores(prediction, table),
    )


def _join_scores(prediction, table):
    if prediction.class_scores is None:
        return None
    pixels = np.bincount(prediction.parsing.ravel(), minlength=IGNORE + 1)[: len(table.ids)]
    weighted = np.where(pixels > 0, prediction.class_scores, 0) * pixels
    count = len(table.classes.names)
    totals, sizes = (np.bincount(table.ids, each, count) for each in (weighted, pixels))
    with np.errstate(invalid="ignore"):
        return (totals / sizes).astype(np.float32)
