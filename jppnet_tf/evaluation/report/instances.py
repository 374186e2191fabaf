"""Scores of several people's parts as tables and as JSON, beside published ones."""

import typing
from collections.abc import Sequence

import numpy as np

from jppnet_tf.evaluation.metrics.instance_scores import (
    PERSON_THRESHOLDS,
    THRESHOLDS,
    InstanceScores,
)

_HALF = THRESHOLDS.index(0.5)

PUBLISHED: dict[str, dict[str, dict[str, float]]] = {
    "cihp": {
        "PGN, as cited": {"mean_iou": 55.8, "ap_r_vol": 33.6},
        "M-CE2P": {"mean_iou": 63.59, "ap_r_vol": 45.31},
        "M-CE2P, labels refined": {"ap_r_vol": 48.92},
        "Parsing R-CNN, ResNet-50, 3x": {
            "mean_iou": 56.0, "ap_p_50": 64.1, "ap_p_vol": 54.1, "pcp_50": 60.7,
        },
        "RP R-CNN, 6x": {"mean_iou": 60.2, "ap_p_50": 74.1, "ap_p_vol": 59.5, "pcp_50": 64.9},
        "M2FP": {"mean_iou": 69.15, "ap_r_vol": 60.47},
        "CPI-Parser, ConvNeXt-B": {
            "mean_iou": 66.5, "ap_p_50": 80.9, "ap_p_vol": 63.1, "pcp_50": 74.6,
        },
    },
    "mhp_v2": {
        "Parsing R-CNN, ResNet-50, 3x": {
            "mean_iou": 36.1, "ap_p_50": 27.4, "ap_p_vol": 40.5, "pcp_50": 38.3,
        },
        "M-CE2P": {"ap_p_50": 33.34},
        "M2FP": {"mean_iou": 47.64, "ap_p_vol": 53.36},
    },
}  # fmt: skip
"""Scores on the validation sets, in percent, as their papers or repositories have them."""

COLUMNS = {
    "mean_iou": "mean IoU", "ap_r_vol": "AP^r", "ap_r_50": "AP^r 50", "ap_p_vol": "AP^p",
    "ap_p_50": "AP^p 50", "pcp_50": "PCP 50", "ap_h": "AP^h",
}  # fmt: skip
"""What is shown, and its heading; vol is the mean over the thresholds from 0.1 to 0.9."""


def describe_instances(
    scores: InstanceScores, has_parts: bool = True, has_people: bool = True
) -> dict[str, typing.Any]:
    """Scores as JSON takes them, in percent; None where nothing can be said.

    Args:
        scores: InstanceScores.
        has_parts, has_people: whether there were predictions of parts, and of people.

    Returns:
        dict: `thresholds`; `ap_r`, `ap_p` and `pcp`, a value for each of them; `ap_r_vol` and
        `ap_p_vol`, their means; `ap_r_50`, `ap_p_50`, `pcp_50`; `ap_h`, the mean over
        `person_thresholds`; and `ap_r_occurring`, AP^r over the classes that occur.
    """
    ap_r, occurring = scores.ap_r_by_threshold, scores.ap_r_of_occurring
    found: dict[str, typing.Any] = {"thresholds": [*THRESHOLDS]}
    found |= {
        "ap_r": _percent(ap_r, has_parts),
        "ap_r_vol": _percent(ap_r.mean(), has_parts),
        "ap_r_50": _percent(ap_r[_HALF], has_parts),
        "ap_r_occurring": _percent(occurring.mean(), has_parts),
        "ap_p": _percent(scores.ap_p, has_people),
        "ap_p_vol": _percent(scores.ap_p.mean(), has_people),
        "ap_p_50": _percent(scores.ap_p[_HALF], has_people),
        "pcp": _percent(scores.pcp, has_people),
        "pcp_50": _percent(scores.pcp[_HALF], has_people),
        "person_thresholds": [*PERSON_THRESHOLDS],
        "ap_h": _percent(scores.ap_h.mean(), has_people),
    }
    return found


def _percent(value, is_known=True):
    if not is_known:
        return None
    if np.ndim(value):
        return [_percent(each) for each in value]
    return None if np.isnan(value) else 100 * float(value)


def describe_classes(scores: InstanceScores, names: Sequence[str]) -> dict[str, float | None]:
    """AP^r of each scored class, the mean over the thresholds, in percent."""
    means = scores.ap_r.mean(axis=0)
    return {name: _percent(value) for name, value in zip(names, means, strict=True)}


def write_table(described: dict[str, typing.Any], mean_iou: float, dataset: str) -> str:
    """The scores on a line, and published ones below, as text.

    Args:
        described: as `describe_instances` gives it.
        mean_iou: in percent.
        dataset: a key of `PUBLISHED`, or any other name.
    """
    rows = {"this": described | {"mean_iou": mean_iou}} | PUBLISHED.get(dataset, {})
    lines = ["  ".join(f"{title:>8}" for title in COLUMNS.values())]
    for name, values in rows.items():
        cells = (values.get(column) for column in COLUMNS)
        shown = ("" if cell is None else f"{cell:.2f}" for cell in cells)
        lines.append("  ".join(f"{cell:>8}" for cell in shown) + f"  {name}")
    return "\n".join(lines)
