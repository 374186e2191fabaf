"""Joints and masks of people by COCO's rules: average precision and recall, by pycocotools."""

import contextlib
import io
import json
import os
import typing
from collections.abc import Callable, Sequence

import numpy as np
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from jppnet_tf.data.coco import CocoSplit
from jppnet_tf.predictions.formats.lip import prediction_record
from jppnet_tf.predictions.formats.openpose import coco_results, coco_segments
from jppnet_tf.system.errors import InputError

if typing.TYPE_CHECKING:
    from jppnet_tf.predictions.predicting import Predicts

MOST_PEOPLE = 20
"""How many people of an image count, the surest ones: COCO's number for joints."""
LEAST_PERSON = 0.05
"""What people score at least who are handed in; the paper's number is not known."""

TASKS = {"keypoints": "keypoints", "segm": "masks"}
"""COCO's tasks, and what they are about."""
_NAMES = {
    "keypoints": ("AP", "AP50", "AP75", "APm", "APl", "AR", "AR50", "AR75", "ARm", "ARl"),
    "segm": ("AP", "AP50", "AP75", "APs", "APm", "APl", "AR1", "AR10", "AR", "ARs", "ARm", "ARl"),
}

PAPER = {
    "keypoints": {
        "PersonLab, ResNet-101": 65.5,
        "PersonLab, ResNet-152": 66.5,
        "PersonLab, ResNet-101, five scales": 67.8,
        "PersonLab, ResNet-152, five scales": 68.7,
    },
    "segm": {
        "PersonLab, ResNet-101": 37.7,
        "PersonLab, ResNet-152": 38.5,
        "PersonLab, ResNet-101, five scales": 41.1,
        "PersonLab, ResNet-152, five scales": 41.7,
    },
}
"""AP on COCO's test-dev, in percent: arXiv:1803.08225."""


def predict_split(
    predictor: "Predicts",
    split: CocoSplit,
    limit: int | None = None,
    on_image: Callable[[], object] | None = None,
) -> dict[str, list[dict]]:
    """Predicts a split.

    Args:
        predictor: Predictor of a network that finds people.
        split: data.coco.CocoSplit.
        limit: how many images to take, the first ones; None for all.
        on_image: function of no argument, called whenever an image is predicted.

    Returns:
        dict of task to a list of results in COCO's form.

    Raises:
        InputError: an image cannot be read.
    """
    chosen = list(split.images.items())[:limit]
    results: dict[str, list[dict]] = {task: [] for task in TASKS}
    predictions = predictor.predict_each([file for _, file in chosen])
    for (number, file), prediction in zip(chosen, predictions, strict=True):
        record = prediction_record(file.stem, str(file), prediction) | {"image_id": number}
        record["people"] = record["people"][:MOST_PEOPLE]
        results["keypoints"] += coco_results([record], joints=prediction.joints)
        results["segm"] += coco_segments([record])
        if on_image:
            on_image()
    return results


def read_results(path: str | os.PathLike) -> list[dict]:
    """Reads results in COCO's form.

    Raises:
        InputError: the file is missing, or not a list of results.
    """
    try:
        with open(path, encoding="utf-8") as file:
            content = json.load(file)
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(f"{path}: cannot be read as results: {error}") from None
    if not isinstance(content, list) or not all(
        isinstance(each, dict) and {"image_id", "score"} <= each.keys() for each in content
    ):
        raise InputError(f"{path}: must be a list of COCO's results")
    return content


def score_results(
    split: CocoSplit, task: str, results: Sequence[dict], limit: int | None = None
) -> dict[str, float]:
    """COCO's scores of results.

    Args:
        split: data.coco.CocoSplit.
        task: one of TASKS.
        results: list in COCO's form; of each image those of the highest scores count.
        limit: as for `predict_split`; the other images do not count.

    Returns:
        dict of COCO's names (`AP`, `AP50`, ...) to percent; nan where nothing was to be found.

    Raises:
        InputError: results are of images that are not in the split.
    """
    chosen = list(split.images)[:limit]
    foreign = {each["image_id"] for each in results} - split.images.keys()
    if foreign:
        raise InputError(
            f"{split.annotations}: {len(foreign)} images of the results are not listed, such as "
            f"{next(iter(foreign))!r}"
        )
    if not results:
        return dict.fromkeys(_NAMES[task], 0.0)
    with contextlib.redirect_stdout(io.StringIO()):  # it reports its progress there
        truth = COCO(str(split.annotations))
        found = truth.loadRes([dict(each) for each in results])  # it adds to them
        evaluation = COCOeval(truth, found, task)
        evaluation.params.imgIds = chosen
        evaluation.params.catIds = truth.getCatIds(catNms=["person"])
        evaluation.evaluate()
        evaluation.accumulate()
        evaluation.summarize()
    values = [100 * float(value) if value >= 0 else np.nan for value in evaluation.stats]
    return dict(zip(_NAMES[task], values, strict=True))
