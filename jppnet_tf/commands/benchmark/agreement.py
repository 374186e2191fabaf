"""How far predictions of one predictor lie from those of another, and how well both score."""

import dataclasses

import numpy as np

from jppnet_tf.evaluation.metrics.parsing import ParsingMetric
from jppnet_tf.evaluation.metrics.pose import PoseMetric
from jppnet_tf.images.reading import read_ids


@dataclasses.dataclass(frozen=True)
class Agreement:
    """What `compare` found.

    Attributes:
        pixels: share of pixels with the same class, 0..1, over all images.
        joints: share of joints within one pixel, 0..1; None without pose.
        distance: mean distance of joints, in pixels; None without pose.
        mean_iou: percent, against the labels.
        pckh: percent, against the true joints; None without pose.
    """

    pixels: float
    joints: float | None
    distance: float | None
    mean_iou: float
    pckh: float | None


def predict_records(predictor, records, progress=lambda: None):
    """Predicts images.

    Args:
        predictor: Predictor.
        records: list of data.lip.Record.
        progress: is called after each image.

    Returns:
        list of (parsing uint8 [h, w], keypoints float32 [16, 3] or None).
    """
    found = []
    for prediction in predictor.predict_each([record.image for record in records]):
        found.append((prediction.parsing, prediction.keypoints))
        progress()
    return found


def compare(records, predictions, expected):
    """Compares predictions with others, and with the truth.

    Args:
        records: list of data.lip.Record with labels.
        predictions, expected: what `predict_records` gives for them.

    Returns:
        Agreement.
    """
    parsing_metric, pose_metric = ParsingMetric(), PoseMetric()
    equal, pixels, moved = 0, 0, []
    for record, (parsing, keypoints), (other, other_keypoints) in zip(
        records, predictions, expected, strict=True
    ):
        equal += np.count_nonzero(parsing == other)
        pixels += parsing.size
        parsing_metric.update(read_ids(record.label), parsing, where=str(record.label))
        if keypoints is not None:
            distances = np.linalg.norm((keypoints - other_keypoints)[:, :2], axis=1)
            moved.append(distances)
            if record.joints is not None:
                pose_metric.update(record.joints, keypoints, where=record.source)
    return Agreement(
        pixels=equal / pixels,
        joints=float(np.mean(np.concatenate(moved) <= 1)) if moved else None,
        distance=float(np.mean(moved)) if moved else None,
        mean_iou=parsing_metric.scores().mean_iou,
        pckh=pose_metric.scores().total if moved else None,
    )
