"""How well pixels are labelled: one confusion matrix over a whole set, and scores from it."""

import dataclasses

import numpy as np

from jppnet_tf.evaluation.metrics.percent import mean_of_numbers, percent
from jppnet_tf.labels import IGNORE, LIP
from jppnet_tf.system.errors import InputError

CLASSES = len(LIP.names)


@dataclasses.dataclass(frozen=True, eq=False)
class ParsingScores:
    """Scores of a confusion matrix in percent; nan where nothing was counted.

    Attributes:
        overall_accuracy: share of the pixels that are right.
        mean_accuracy: mean of `accuracy`, leaving out nan.
        mean_iou: mean of `iou`, leaving out nan.
        frequency_weighted_iou: mean of `iou`, weighted by the pixels of the ground truth.
        accuracy: float64 [classes], share of a class's pixels that are right; nan for a class
            that the ground truth lacks.
        iou: float64 [classes], intersection over union; nan for a class that ground truth and
            prediction lack, but 0 for one that is only predicted.
        legacy_mean_iou: mean over images of `legacy_iou`; nan where only a matrix is known.
    """

    overall_accuracy: float
    mean_accuracy: float
    mean_iou: float
    frequency_weighted_iou: float
    accuracy: np.ndarray
    iou: np.ndarray
    legacy_mean_iou: float = float("nan")


class ParsingMetric:
    """Counts the pixels of a set, image by image, and scores them together.

    Scores are never averaged over images, but for the legacy mean IoU. To share a set out over
    processes, give each a metric of its own and merge them; the order does not matter.

    Args:
        classes: how many ids there are.
        scored: how many of them, from the first, have scores; the others only make the scored
            ones wrong. None is all.

    Attributes:
        confusion: int64 [classes, classes], rows ground truth, columns prediction.
        images: how many images there were that had a pixel to count.
        legacy_total: the sum of their `legacy_iou`.
    """

    def __init__(self, classes: int = CLASSES, scored: int | None = None) -> None:
        self.confusion = np.zeros((classes, classes), np.int64)
        self.images, self.legacy_total = 0, 0.0
        self._scored = scored

    def update(self, label: np.ndarray, predicted: np.ndarray, where: str = "") -> None:
        """Counts one image; arguments and errors as for `count_confusion`."""
        confusion = count_confusion(label, predicted, len(self.confusion), where)
        self.confusion += confusion
        if confusion.any():
            self.images += 1
            self.legacy_total += legacy_iou(confusion, self._scored)

    def merge(self, other: "ParsingMetric") -> None:
        """Adds what another metric counted.

        Raises:
            ValueError: it has another number of classes.
        """
        if len(other.confusion) != len(self.confusion):
            raise ValueError(f"{len(other.confusion)} classes merged with {len(self.confusion)}")
        self.confusion += other.confusion
        self.images += other.images
        self.legacy_total += other.legacy_total

    def scores(self) -> ParsingScores:
        """ParsingScores of all that was counted so far."""
        legacy = self.legacy_total / self.images if self.images else float("nan")
        scores = score_confusion(self.confusion, self._scored)
        return dataclasses.replace(scores, legacy_mean_iou=legacy)


def count_confusion(
    label: np.ndarray, predicted: np.ndarray, classes: int = CLASSES, where: str = ""
) -> np.ndarray:
    """Counts for each pair of classes how many pixels of the one were predicted as the other.

    Pixels with ground truth 255 drop out, but even there a prediction must be a class.

    Args:
        label: integers [..., h, w], 0..classes-1 or 255; uint8 is fastest.
        predicted: integers [..., h, w], 0..classes-1.
        classes: how many there are, at most 255.
        where: what to name in an error, such as the prediction's path.

    Returns:
        int64 [classes, classes], rows ground truth, columns prediction.

    Raises:
        InputError: the sizes differ, an array does not hold integers, or an id is not a class.
    """
    if not 0 < classes <= IGNORE:
        raise InputError(f"{_place(where)}classes must be 1..{IGNORE}, not {classes}")
    label, predicted = np.asarray(label), np.asarray(predicted)
    for name, ids in (("ground truth", label), ("prediction", predicted)):
        if not np.issubdtype(ids.dtype, np.integer):
            raise InputError(f"{_place(where)}{name} is {ids.dtype}; class ids must be integers")
    if label.shape != predicted.shape:
        raise InputError(
            f"{_place(where)}prediction is {_size(predicted)}, ground truth {_size(label)}; "
            "predict at the size of the label, class ids cannot be resized afterwards"
        )
    if predicted.max(initial=0) >= classes or predicted.min(initial=0) < 0:
        raise _no_class("prediction", predicted[(predicted < 0) | (predicted >= classes)], where)
    if label.max(initial=0) > IGNORE or label.min(initial=0) < 0:
        raise _no_class("ground truth", label[(label < 0) | (label > IGNORE)], where)
    # 16 bits hold every pair, in a quarter of the memory of the usual 64.
    pairs = label.astype(np.uint16)
    pairs *= np.uint16(classes)
    np.add(pairs, predicted, out=pairs, casting="unsafe")
    counts = np.bincount(pairs.ravel(), minlength=(IGNORE + 1) * classes).reshape(-1, classes)
    if counts[classes:IGNORE].any():
        raise _no_class("ground truth", label[(label >= classes) & (label != IGNORE)], where)
    return counts[:classes].astype(np.int64)


def score_confusion(confusion: np.ndarray, scored: int | None = None) -> ParsingScores:
    """Scores a confusion matrix.

    Args:
        confusion: integers [classes, classes], rows ground truth, columns prediction.
        scored: how many classes, from the first, have scores; pixels whose ground truth is one of
            the others take no part in the two accuracies. None is all.

    Returns:
        ParsingScores.

    Reference:
        arXiv:1411.4038, the four scores of its experiments.
    """
    right = np.diagonal(confusion)[:scored]
    truth, predicted = confusion.sum(axis=1)[:scored], confusion.sum(axis=0)[:scored]
    accuracy = percent(right, truth)
    iou = percent(right, truth + predicted - right)
    overall = percent(right.sum(), truth.sum())
    weighted = percent(np.sum((truth * iou)[truth > 0]) / 100, truth.sum())
    return ParsingScores(
        overall_accuracy=float(overall),
        mean_accuracy=mean_of_numbers(accuracy),
        mean_iou=mean_of_numbers(iou),
        frequency_weighted_iou=float(weighted),
        accuracy=accuracy,
        iou=iou,
    )


def legacy_iou(confusion: np.ndarray, scored: int | None = None) -> float:
    """The mean IoU of one image as LIP-Net's repository counts it, in percent.

    All classes take part, with (I + 1) / (U + 1), so that a class that is nowhere scores 1: of few
    classes in an image, even a prediction of background alone scores high.

    Args:
        confusion, scored: as for `score_confusion`, of one image.

    Returns:
        float.
    """
    right = np.diagonal(confusion)[:scored]
    union = (confusion.sum(axis=0) + confusion.sum(axis=1))[:scored] - right
    return float(100 * np.mean((right + 1) / (union + 1)))


def _no_class(name, ids, where):
    found = np.unique(ids)
    listed = ", ".join(map(str, found[:5])) + (", ..." if len(found) > 5 else "")
    return InputError(
        f"{_place(where)}{name} has ids that are not classes: {listed}; it must hold class ids, "
        "not colours"
    )


def _place(where):
    return f"{where}: " if where else ""


def _size(array):
    """The shape as sizes of images are written: width first."""
    return " x ".join(map(str, array.shape[::-1]))
