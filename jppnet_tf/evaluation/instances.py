"""People and their parts against the truth of CIHP or MHP: from files, or by predicting."""

import dataclasses
import os
import pathlib
import typing
from collections.abc import Callable, Iterator, Sequence

import numpy as np

from jppnet_tf.data.cihp import GroupLabels, GroupSplit, split_people
from jppnet_tf.evaluation.metrics.instances import ImageMatch, Instances, match_image
from jppnet_tf.images.reading import read_ids, read_image
from jppnet_tf.labels import CIHP, IGNORE, LIP, RELABELLINGS, Classes
from jppnet_tf.predictions.boxes import Box
from jppnet_tf.predictions.crops import MARGIN, Crops
from jppnet_tf.predictions.parts import find_owners, find_parts
from jppnet_tf.predictions.relabelling import relabel_prediction
from jppnet_tf.system.errors import InputError
from jppnet_tf.system.files import read_text
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
    scores = np.ones(len(ids)) if people.scores is None else people.scores.astype(float)
    return Instances(
        prediction.parsing,
        split_people(table[owners], prediction.parsing, len(ids)),
        parts.map,
        parts.classes,
        parts.scores,
        scores,
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


@dataclasses.dataclass(frozen=True)
class PredictedFolder:
    """Predictions of several people on disk.

    Attributes:
        folder: where they lie.
        is_mhp: whether as MHP's evaluation reads them; else as CIHP's.
        has_parts: whether there are parts with scores of their own.
        has_people: whether there are people.
        results: as MHP's, the scores of each image's people: dict of name to dict of number to
            score.
    """

    folder: pathlib.Path
    is_mhp: bool
    has_parts: bool
    has_people: bool
    results: dict[str, dict[int, float]] = dataclasses.field(default_factory=dict, repr=False)

    @classmethod
    def find(cls, folder: str | os.PathLike) -> "PredictedFolder":
        """Finds out what is there.

        Args:
            folder: holds `global_parsing`, and `instance_parsing` or `global_tag`; or `global_seg`,
                `global_tag` and `results.txt`; or a folder `cihp` or `mhp` with these.

        Raises:
            InputError: it holds neither.
        """
        top = pathlib.Path(folder)
        for place in (top, top / "cihp", top / "mhp"):
            if (place / "global_parsing").is_dir():
                parts, people = (
                    (place / name).is_dir() for name in ("instance_parsing", "global_tag")
                )
                if not parts and not people:
                    raise InputError(f"{place}: has neither instance_parsing nor global_tag")
                return cls(place, False, parts, people)
            if (place / "global_seg").is_dir():
                return cls(place, True, True, True, _read_results(place / "results.txt"))
        raise InputError(
            f"{top}: holds neither global_parsing, as CIHP's evaluation reads it, nor global_seg, "
            "as MHP's does"
        )

    def path(self, name: str) -> pathlib.Path:
        """Where an image's classes are."""
        return self.folder / ("global_seg" if self.is_mhp else "global_parsing") / f"{name}.png"

    def read(self, name: str, size_hw: Sequence[int], count: int) -> Instances:
        """Reads an image's predictions.

        Args:
            name: the image's.
            size_hw: its size.
            count: how many classes there are.

        Raises:
            InputError: files are missing, damaged, of another size, or not what they should be.
        """
        classes = self._read_map(self.path(name), size_hw)
        if classes.max(initial=0) >= count:
            raise InputError(f"{self.path(name)}: has class {classes.max()}, there are {count}")
        empty = np.zeros(size_hw, np.uint8)
        person_map, scores = empty, np.zeros(0)
        if self.has_people:
            tags = self.folder / "global_tag" / f"{name}.png"
            person_map = self._read_map(tags, size_hw)
            scores = self._person_scores(name, tags, int(person_map.max(initial=0)))
        people = split_people(person_map, classes, len(scores))
        if self.is_mhp:
            parts, part_classes, part_scores = _find_parts(person_map, classes, scores, count)
        elif self.has_parts:
            file = self.folder / "instance_parsing" / f"{name}.png"
            parts = self._read_map(file, size_hw)
            part_classes, part_scores = _read_parts(file, int(parts.max(initial=0)), count)
        else:
            parts, part_classes, part_scores = empty, np.zeros(0, int), np.zeros(0)
        return Instances(classes, people, parts, part_classes, part_scores, scores)

    def _read_map(self, path, size_hw):
        ids = read_ids(path, allow_palette=True)
        if ids.shape != tuple(size_hw):
            raise InputError(
                f"{path}: is {ids.shape[1]} x {ids.shape[0]}, the image {size_hw[1]} x {size_hw[0]}"
            )
        return ids

    def _person_scores(self, name, path, largest):
        if not self.is_mhp:
            return _read_scores(path.with_suffix(".txt"), largest)
        found = self.results.get(name, {})
        if max(found, default=0) < largest or set(found) != set(range(1, len(found) + 1)):
            raise InputError(
                f"{self.folder / 'results.txt'}: {name} has scores of {len(found)} people, and "
                f"{path} shows person {largest}"
            )
        return np.array([found[number] for number in sorted(found)])


def _read_rows(path, columns):
    """Rows of numbers of a text: float64 [n, at least `columns`]."""
    rows = []
    for number, line in enumerate(read_text(path).splitlines(), 1):
        words = line.split()
        if not words:
            continue
        try:
            values = [float(word) for word in words]
        except ValueError:
            values = []
        if len(values) < columns or not np.isfinite(values).all():
            raise InputError(f"{path}, line {number}: must be {columns} numbers: {line!r}")
        rows.append(values[:columns])
    return np.array(rows).reshape(-1, columns)


def _refuse_doubled(path, rows, largest):
    """A program that appends to its texts doubles them when it runs again."""
    half, odd = divmod(len(rows), 2)
    if half and not odd and largest <= half and (rows[:half] == rows[half:]).all():
        raise InputError(f"{path}: its lines come twice; keep the first {half}")


def _read_scores(path, largest):
    rows = _read_rows(path, 1)
    if len(np.unique(rows)) > 1:  # several people may well score the same, 1 say
        _refuse_doubled(path, rows, largest)
    if len(rows) < largest:
        raise InputError(f"{path}: {len(rows)} scores, and the image shows person {largest}")
    return rows[:, 0]


def _read_parts(image, largest, count):
    path = image.with_suffix(".txt")
    rows = _read_rows(path, 2)
    _refuse_doubled(path, rows, largest)
    if len(rows) < largest:
        raise InputError(f"{path}: {len(rows)} lines, and the image shows part {largest}")
    classes = rows[:, 0].astype(int)
    wrong = (classes != rows[:, 0]) | (classes < 1) | (classes >= count)
    if wrong.any():
        raise InputError(f"{path}: class {rows[wrong][0, 0]:g}; classes are 1 to {count - 1}")
    return classes, rows[:, 1]


def _find_parts(person_map, classes, scores, count):
    """Parts of people whose scores are all there is."""
    keys = np.where((person_map > 0) & (classes > 0), person_map.astype(np.int64) * count, 0)
    keys += (keys > 0) * classes
    found, places = np.unique(np.concatenate([[0], keys.ravel()]), return_inverse=True)
    parts = places.ravel()[1:].reshape(keys.shape)
    return parts, found[1:] % count, scores[found[1:] // count - 1]


def _read_results(path):
    """MHP's list: of each image the number and score of each person."""
    found: dict[str, dict[int, float]] = {}
    for number, line in enumerate(read_text(path).splitlines(), 1):
        words = line.split()
        if not words:
            continue
        try:
            pairs = dict(zip(map(int, words[1::2]), map(float, words[2::2]), strict=True))
        except ValueError:
            raise InputError(
                f"{path}, line {number}: must be an image, and number and score of each person"
            ) from None
        if words[0] in found:
            raise InputError(f"{path}, line {number}: {words[0]} came before")
        found[words[0]] = pairs
    return found


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
