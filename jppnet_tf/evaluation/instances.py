"""People and their parts against the truth of CIHP or MHP: from files, or by predicting."""

import dataclasses
import os
import typing
from collections.abc import Callable, Iterator, Sequence

import numpy as np

from jppnet_tf.data.cihp import GroupLabels, GroupSplit, split_people
from jppnet_tf.evaluation.instance_files import PredictedFolder
from jppnet_tf.evaluation.metrics.instances import ImageMatch, Instances, match_image
from jppnet_tf.images.reading import read_image
from jppnet_tf.labels import CIHP, IGNORE, LIP, RELABELLINGS, Classes
from jppnet_tf.predictions.boxes import Box
from jppnet_tf.predictions.crops import MARGIN, Crops
from jppnet_tf.predictions.parts import find_owners, find_parts, rank_people
from jppnet_tf.predictions.relabelling import relabel_prediction
from jppnet_tf.system.errors import InputError
from jppnet_tf.system.processes import map_jobs

if typing.TYPE_CHECKING:
    from jppnet_tf.predictions.predicting import Predicts
    from jppnet_tf.predictions.prediction import Prediction


def to_instances(labels: GroupLabels) -> Instances:
    """The truth of an image as the metrics take it."""
    return Instances(
        labels.classes,
        labels.people,
        labels.parts,
        np.array(labels.part_classes, int),
        np.ones(len(labels.part_classes)),
        np.ones(len(labels.people)),
    )


def predicted_instances(prediction: "Prediction", classes: Classes) -> Instances:
    """A prediction as the metrics take it.

    Args:
        prediction: Prediction, of the classes, or of LIP's where they are CIHP's.
        classes: labels.Classes of the truth.

    Raises:
        InputError: it is of other classes.
    """
    if prediction.classes.names == LIP.names and classes.names == CIHP.names:
        prediction = relabel_prediction(prediction, RELABELLINGS["cihp"])
    if prediction.classes.names != classes.names:
        raise InputError(
            f"the network predicts {len(prediction.classes.names)} classes that are not those of "
            f"this data set, which has {len(classes.names)}"
        )
    parts, people = find_parts(prediction), prediction.people
    ids = np.ones(1, int) if people.ids is None else people.ids
    owners = find_owners(prediction)
    table = np.zeros(int(max(owners.max(initial=0), ids.max(initial=0))) + 1, int)
    table[ids] = np.arange(1, len(ids) + 1)
    return Instances(
        prediction.parsing,
        split_people(table[owners], prediction.parsing, len(ids)),
        parts.map,
        parts.classes,
        parts.scores,
        rank_people(prediction),
    )


def without(instances: Instances, class_: int, is_truth: bool) -> Instances:
    """The same without a class: of the truth its pixels do not count, of a prediction they are
    background."""
    classes = np.where(instances.classes == class_, IGNORE if is_truth else 0, instances.classes)
    people = tuple((pixels, np.where(ids == class_, 0, ids)) for pixels, ids in instances.people)
    kept = instances.part_classes != class_
    table = np.concatenate([[0], np.where(kept, np.cumsum(kept), 0)])
    return Instances(
        classes,
        people,
        table[instances.parts],
        instances.part_classes[kept],
        instances.part_scores[kept],
        instances.person_scores,
    )


def find_missing(split: GroupSplit, predicted: PredictedFolder) -> list[str]:
    """The names of the images that have no prediction."""
    folder = predicted.path("x").parent
    there = set(os.listdir(folder))
    return [record.name for record in split.records if f"{record.name}.png" not in there]


@dataclasses.dataclass(frozen=True)
class _FileJob:
    """One image to compare: of those without prediction nothing is found."""

    record: typing.Any
    predicted: PredictedFolder
    count: int
    is_missing: bool
    left_out: int | None


def _match_files(job):
    truth = to_instances(job.record.read())
    size_hw = truth.classes.shape
    if job.is_missing:
        found = find_nothing(size_hw)
    else:
        found = job.predicted.read(job.record.name, size_hw, job.count)
    return _match(truth, found, job.count, job.left_out)


def _match(truth, found, count, left_out):
    if left_out is not None:
        truth, found = without(truth, left_out, True), without(found, left_out, False)
    return match_image(truth, found, count)


def find_nothing(size_hw: Sequence[int]) -> Instances:
    """What is predicted of an image without prediction: background."""
    empty = np.zeros(size_hw, np.uint8)
    return Instances(empty, (), empty, np.zeros(0, int), np.zeros(0), np.zeros(0))


def match_files(
    split: GroupSplit,
    predicted: PredictedFolder,
    count: int,
    allow_missing: bool = False,
    left_out: int | None = None,
    processes: int | None = None,
) -> Iterator[ImageMatch]:
    """Compares predictions on disk, in several processes.

    Args:
        split: GroupSplit.
        predicted: PredictedFolder.
        count: how many classes there are.
        allow_missing: whether images without prediction do not count; else nothing is found there.
        left_out: a class that is not scored, see `without`.
        processes: how many work at once; None for one per core.

    Yields:
        ImageMatch of each image, in order.

    Raises:
        InputError: files are not what they should be.
    """
    missing = set(find_missing(split, predicted))
    jobs = [
        _FileJob(
            record,
            dataclasses.replace(predicted, results=_of_image(predicted.results, record.name)),
            count,
            record.name in missing,
            left_out,
        )
        for record in split.records
        if not (allow_missing and record.name in missing)
    ]
    yield from map_jobs(_match_files, jobs, processes, max(1, min(16, len(jobs) // 8)))


def _of_image(results, name):
    return {name: results[name]} if name in results else {}


def true_boxes(labels: GroupLabels) -> tuple[Box, ...]:
    """The boxes of the truth's people: no detector would find all of them."""
    height, width = labels.classes.shape
    boxes = []
    for pixels, _ in labels.people:
        if len(pixels):
            rows, columns = np.divmod(pixels, width)
            left, top = int(columns.min()), int(rows.min())
            size = int(columns.max()) + 1 - left, int(rows.max()) + 1 - top
            boxes.append(Box(float(left), float(top), float(size[0]), float(size[1]), "truth"))
    return tuple(boxes)


def match_predictions(
    split: GroupSplit,
    predictor: "Predicts",
    classes: Classes,
    crops: Callable[[typing.Any, GroupLabels], Crops | None] | None = None,
    left_out: int | None = None,
) -> Iterator[ImageMatch]:
    """Predicts a split and compares.

    Args:
        split: GroupSplit, whose records have photographs.
        predictor: Predictor, with `class_scores`; or PeoplePredictor.
        classes: labels.Classes of the truth.
        crops: function of a record and its labels to the people to look at; None where the
            predictor finds them itself.
        left_out: a class that is not scored, see `without`.

    Yields:
        ImageMatch of each image, in order.

    Raises:
        InputError: an image cannot be read, or the network's classes are others.
    """
    count = len(classes.names)
    for record in split.records:
        labels = record.read()
        rgb = read_image(record.image)
        if rgb.shape[:2] != labels.classes.shape:
            raise InputError(f"{record.image}: is of another size than its labels")
        if crops is None:
            prediction = predictor(rgb)
        else:
            chosen = crops(record, labels)
            if chosen is None:
                yield _match(to_instances(labels), find_nothing(rgb.shape[:2]), count, left_out)
                continue
            prediction = chosen.join(predictor(chosen.cut(rgb)), rgb.shape[:2])
        found = predicted_instances(prediction, classes)
        yield _match(to_instances(labels), found, count, left_out)


def oracle_crops(margin: float = MARGIN) -> Callable[[typing.Any, GroupLabels], Crops | None]:
    """`crops` of `match_predictions` that takes the boxes of the truth."""

    def crops(record, labels):
        boxes = true_boxes(labels)
        return Crops(boxes, margin) if boxes else None

    return crops
