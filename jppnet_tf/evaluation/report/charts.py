"""Scores as pictures."""

import io
import typing
from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure

from jppnet_tf.evaluation.metrics.pose import GROUPS

if typing.TYPE_CHECKING:
    from jppnet_tf.evaluation.metrics.pose import PoseScores

_OURS, _THEIRS = "#2a6f97", "#b7b7b7"
_WORDS_FROM = 5  # percent from which a field of the confusion matrix is big enough to be told


def draw_classes(
    names: Sequence[str], ours: np.ndarray, published: tuple[str, Mapping[str, float]] | None = None
) -> bytes:
    """Bars of each class's IoU, the best first.

    Args:
        names: of the classes.
        ours: float [classes], percent; nan where nothing was counted.
        published: None, or (method, dict of class to percent), drawn behind.

    Returns:
        bytes of a PNG.
    """
    order = np.argsort(np.nan_to_num(ours, nan=-1))
    places = np.arange(len(order))
    figure = Figure((7, 1 + 0.27 * len(order)), layout="constrained")
    axes = figure.add_subplot()
    if published:
        method, iou = published
        theirs = [iou.get(names[i], np.nan) for i in order]
        axes.barh(places, theirs, 0.8, color=_THEIRS, label=f"paper: {method}")
    axes.barh(places, np.asarray(ours)[order], 0.45, color=_OURS, label="this result")
    axes.set_yticks(places, [names[i] for i in order])
    axes.set_xlim(0, 100)
    axes.set_ylim(-0.6, len(order) - 0.4)
    axes.set_xlabel("IoU, percent")
    axes.legend(loc="lower right")
    return _encode(figure)


def draw_confusion(names: Sequence[str], confusion: np.ndarray) -> bytes:
    """What each class of the ground truth was taken for, as a share of its pixels.

    Args:
        names: of the classes; pixels of classes behind them are "other".
        confusion: integers [classes, classes], rows ground truth, columns prediction.

    Returns:
        bytes of a PNG.
    """
    names = [*names, "other"][: len(confusion)]
    shares = 100 * confusion / np.maximum(confusion.sum(axis=1, keepdims=True), 1)
    figure = Figure((9, 8), layout="constrained")
    axes = figure.add_subplot()
    picture = axes.imshow(shares, cmap="Blues", vmin=0, vmax=100)
    axes.set_xticks(range(len(names)), names, rotation=90)
    axes.set_yticks(range(len(names)), names)
    axes.set_xlabel("prediction")
    axes.set_ylabel("ground truth")
    for (row, column), share in np.ndenumerate(shares):
        if share >= _WORDS_FROM:
            colour = "white" if share > 55 else "black"
            axes.text(column, row, f"{share:.0f}", ha="center", va="center", color=colour, size=7)
    figure.colorbar(picture, label="percent of the class's pixels", shrink=0.8)
    return _encode(figure)


def draw_curve(thresholds: Sequence[float], scores: "Sequence[PoseScores]") -> bytes:
    """PCKh over its threshold, in total and for each group of joints.

    Args:
        thresholds: in head sizes.
        scores: list of metrics.pose.PoseScores, one per threshold.

    Returns:
        bytes of a PNG.
    """
    figure = Figure((7, 4.5), layout="constrained")
    axes = figure.add_subplot()
    for group in GROUPS:
        axes.plot(thresholds, [getattr(score, group) for score in scores], lw=1, label=group)
    totals = [score.total for score in scores]
    axes.plot(thresholds, totals, color="black", lw=2.5, label="total")
    axes.axvline(0.5, color=_THEIRS, lw=1, ls="--")
    axes.set_xlim(0, max(thresholds))
    axes.set_ylim(0, 100)
    axes.set_xlabel("threshold, head sizes")
    axes.set_ylabel("PCKh, percent")
    axes.grid(alpha=0.3)
    axes.legend(loc="lower right", ncols=2)
    return _encode(figure)


def _encode(figure):
    picture = io.BytesIO()
    # Without the version, the same scores are the same bytes whatever drew them.
    figure.savefig(picture, format="png", dpi=110, metadata={"Software": None})
    return picture.getvalue()
