"""How far predictions of one predictor lie from those of another, and how well both score."""

import dataclasses
import typing
from collections.abc import Callable, Sequence

import numpy as np
from tqdm import tqdm

from jppnet_tf.data import lip
from jppnet_tf.evaluation.metrics.parsing import ParsingMetric
from jppnet_tf.evaluation.metrics.pose import PoseMetric
from jppnet_tf.images.reading import read_ids
from jppnet_tf.inference.predictor import Predictor

Found = tuple[np.ndarray, np.ndarray | None]
"""A prediction of one image: parsing uint8 [h, w], and keypoints float32 [16, 3] or None."""


def benchmark_agreement(
    weights: str,
    data: str,
    limit: int | None,
    find_choices: Callable[[], list[tuple[str, str]]],
) -> list[dict[str, typing.Any]]:
    """Compares backends and precisions, each looking as the original and once; prints a table.

    Args:
        weights: path or name.
        data: LIP's folder, whose validation split is predicted.
        limit: how many images; None is all.
        find_choices: gives pairs of backend and precision; the first is what the others are
            compared with.

    Returns:
        The rows: `backend`, `precision`, `fast`, and the fields of `Agreement`.
    """
    records = [r for r in lip.read_split(data, "val").records if r.label is not None][:limit]
    choices, rows = find_choices(), []
    expected: list[Found] = []
    print(f"\n{len(records)} images; the first line is what the others are compared with")
    print(f"{'':34}{'pixels':>10}{'joints':>10}{'distance':>10}{'mean IoU':>10}{'PCKh':>10}")
    for fast in (False, True):
        for backend, precision in choices:
            looks = {"scales": (1,), "mirror": False} if fast else {}
            predictor = Predictor(weights, backend=backend, precision=precision, **looks)
            with tqdm(total=len(records), unit="image", leave=False) as bar:
                found = predict_records(predictor, records, bar.update)
            expected = expected or found
            row = {"backend": backend, "precision": precision, "fast": fast}
            row |= dataclasses.asdict(compare(records, found, expected))
            rows.append(row)
            print_row(row)
    print("pixels: of the same class; joints: within one pixel; distance of joints in pixels")
    return rows


def print_row(row: dict[str, typing.Any]) -> None:
    """Prints one line of the table."""
    name = f"{row['backend']} {row['precision']}{' --fast' if row['fast'] else ''}"
    shares, numbers = [row["pixels"], row["joints"]], ("distance", "mean_iou", "pckh")
    values = ["" if v is None else f"{v:.3%}" for v in shares]
    values += ["" if row[k] is None else f"{row[k]:.2f}" for k in numbers]
    print(f"{name:34}" + "".join(f"{value:>10}" for value in values), flush=True)


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


def predict_records(
    predictor: Predictor,
    records: Sequence[lip.Record],
    progress: Callable[[], typing.Any] = lambda: None,
) -> list[Found]:
    """Predicts images.

    Args:
        predictor: what predicts them.
        records: the images.
        progress: is called after each image.
    """
    found = []
    for prediction in predictor.predict_each([record.image for record in records]):
        found.append((prediction.parsing, prediction.keypoints))
        progress()
    return found


def compare(
    records: Sequence[lip.Record], predictions: Sequence[Found], expected: Sequence[Found]
) -> Agreement:
    """Compares predictions with others, and with the truth.

    Args:
        records: images with labels.
        predictions, expected: what `predict_records` gives for them.
    """
    parsing_metric, pose_metric = ParsingMetric(), PoseMetric()
    equal, pixels, moved = 0, 0, []
    for record, (parsing, keypoints), (other, other_keypoints) in zip(
        records, predictions, expected, strict=True
    ):
        equal += int(np.count_nonzero(parsing == other))
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
