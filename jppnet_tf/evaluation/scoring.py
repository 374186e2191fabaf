"""Scores a set of images: by a network on the way, or by predictions that lie on disk."""

import dataclasses
import os
import pathlib
import typing
from collections.abc import Callable, Iterable, Sequence

import numpy as np

from jppnet_tf.data.lip import read_joints
from jppnet_tf.data.mpii import read_mpii
from jppnet_tf.evaluation.metrics.datasets import LIP_CLASSES
from jppnet_tf.evaluation.metrics.tally import JudgedImage, Tally
from jppnet_tf.images.reading import read_ids
from jppnet_tf.labels import LIP_JOINTS, Joints
from jppnet_tf.predictions import reading
from jppnet_tf.system.errors import InputError
from jppnet_tf.system.files import list_visible
from jppnet_tf.system.processes import map_jobs

if typing.TYPE_CHECKING:
    from jppnet_tf.data.lip import Record
    from jppnet_tf.evaluation.metrics.datasets import ParsingDataset
    from jppnet_tf.predictions.predicting import Predicts

_CHUNK = 50
"""Images that a process is given at a time."""


@dataclasses.dataclass(frozen=True, eq=False)
class Entry:
    """The ground truth of one image and its prediction on disk.

    Attributes:
        name: the image's.
        image: its path, or None.
        label: path of the PNG of class ids, or None.
        parsing: path of the predicted one, or None.
        joints: numbers [joints, 3], x, y, flag, or None.
        keypoints: predicted numbers [joints, 2], or None.
        head_size: in pixels, where it is not LIP's; or None.
        source: where the joints were read, for messages.
    """

    name: str
    image: os.PathLike | None = None
    label: os.PathLike | None = None
    parsing: os.PathLike | None = None
    joints: np.ndarray | None = None
    keypoints: np.ndarray | None = None
    head_size: float | None = None
    source: str = ""


def record_entries(records: "Iterable[Record]") -> list[Entry]:
    """The ground truth of records of LIP: list of Entry without predictions."""
    return [
        Entry(record.name, record.image, record.label, joints=record.joints, source=record.source)
        for record in records
    ]


def read_ground_truth(path: str | os.PathLike) -> list[Entry]:
    """Reads a ground truth of one task, without images.

    Args:
        path: a folder of `<name>.png` (class ids), a CSV as LIP's, or MPII's annotations (.mat
            or .json).

    Returns:
        list of Entry without predictions, in the order of the file or of the names.

    Raises:
        InputError: it cannot be read, or holds nothing.
    """
    path = pathlib.Path(path)
    if path.is_dir():
        entries = [Entry(file.stem, label=file) for file in list_visible(path, ".png")]
    elif path.suffix in (".mat", ".json"):
        entries = [
            Entry(name, joints=p.joints, head_size=p.head_size, source=p.source)
            for name, p in read_mpii(path).items()
        ]
    else:
        entries = [
            Entry(name, joints=joints, source=source)
            for name, (joints, source) in read_joints(path).items()
        ]
    if not entries:
        raise InputError(f"{path}: no ground truth: neither label maps (.png) nor lines of joints")
    return entries


def add_predictions(
    entries: Sequence[Entry],
    path: str | os.PathLike,
    known: Iterable[str] | None = (),
    allow_missing: bool = False,
    joints: Joints = LIP_JOINTS,
) -> list[Entry]:
    """Finds the predictions of entries on disk.

    Args:
        entries: list of Entry.
        path: a folder, a CSV or a predictions.jsonl; see `predictions`.
        known: names that predictions may have beside those of the entries; None allows any.
        allow_missing: whether an entry may go without.
        joints: labels.Joints of the ground truth, which the predictions must have too.

    Returns:
        list of Entry with what is predicted. If nothing is predicted for one of the two tasks,
        the entries have no ground truth of it either: it is not scored.

    Raises:
        InputError: predictions are missing, malformed, come twice, belong to no entry or are of
            other joints.
    """
    path = pathlib.Path(path)
    has_labels = any(entry.label is not None for entry in entries)
    has_joints = any(entry.joints is not None for entry in entries)
    parsing = reading.find_parsing(path) if has_labels and path.is_dir() else {}
    pose = reading.find_pose(path, joints) if has_joints else {}
    reading.check_vocabulary(path, joints=joints if pose else None)
    if not (parsing or pose):
        raise InputError(
            f"{path}: no predictions that the ground truth could judge: looked for <name>.png, "
            "<name>.txt, a CSV and predictions.jsonl"
        )
    allowed = None if known is None else {*known, *(entry.name for entry in entries)}
    hint = "; --allow_missing scores the others"
    if parsing:
        names = [e.name for e in entries if e.label is not None and not allow_missing]
        reading.check_names(parsing, names, allowed, "label maps", path, hint)
    if pose:
        names = [e.name for e in entries if e.joints is not None and not allow_missing]
        places = {name: place for name, (_, place) in pose.items()}
        reading.check_names(places, names, allowed, "joints", path, hint)
    return [
        dataclasses.replace(
            entry,
            label=entry.label if parsing else None,
            parsing=parsing.get(entry.name),
            joints=entry.joints if pose else None,
            keypoints=pose[entry.name][0] if entry.name in pose else None,
        )
        for entry in entries
    ]


def tally_weights(
    predictor: "Predicts",
    entries: Sequence[Entry],
    dataset: "ParsingDataset" = LIP_CLASSES,
    on_images: Callable[[int], object] | None = None,
) -> Tally:
    """Predicts images and counts the predictions on the way; pose only if the network has it.

    Args:
        predictor: Predictor.
        entries: sequence of Entry with an image.
        dataset: datasets.ParsingDataset.
        on_images: function of how many images were counted since it was called last.

    Returns:
        metrics.tally.Tally.

    Raises:
        InputError: a file cannot be read, an entry has no image, the network's results are not
            finite, or its classes and joints are not those that are scored.
    """
    dataset.check_predicted(predictor.classes)
    tally = Tally(dataset, predictor.joints or LIP_JOINTS)
    if not predictor.has_pose:
        entries = [dataclasses.replace(entry, joints=None) for entry in entries]
    images = [entry.image for entry in entries if entry.image is not None]
    if len(images) < len(entries):
        raise InputError(f"{len(entries) - len(images)} entries have no image to predict")
    predicted = predictor.predict_each(images)
    for entry, prediction in zip(entries, predicted, strict=True):
        tally.update(_judge(entry, prediction.parsing, prediction.keypoints))
        if on_images:
            on_images(1)
    return tally


def tally_files(
    entries: Sequence[Entry],
    dataset: "ParsingDataset" = LIP_CLASSES,
    processes: int | None = None,
    on_images: Callable[[int], object] | None = None,
    joints: Joints = LIP_JOINTS,
) -> Tally:
    """Counts predictions that lie on disk, with all cores.

    As with all of `multiprocessing`, a script that calls this needs `if __name__ == "__main__":`.

    Args:
        entries: sequence of Entry.
        dataset: datasets.ParsingDataset.
        processes: how many work at once; None for one per core.
        on_images: function of how many images were counted since it was called last.
        joints: labels.Joints of ground truth and predictions.

    Returns:
        metrics.tally.Tally, the same for any number of processes.

    Raises:
        InputError: a file cannot be read, or a prediction does not fit its ground truth.
    """
    jobs = [(entries[i : i + _CHUNK], dataset, joints) for i in range(0, len(entries), _CHUNK)]
    total = Tally(dataset, joints)
    for tally in map_jobs(_tally_chunk, jobs, processes):
        total.merge(tally)
        if on_images:
            on_images(len(tally.images))
    return total


def _tally_chunk(job):
    entries, dataset, joints = job
    tally = Tally(dataset, joints)
    for entry in entries:
        is_judged = entry.label is not None and entry.parsing is not None
        parsing = read_ids(entry.parsing, allow_palette=True) if is_judged else None
        tally.update(_judge(entry, parsing, entry.keypoints))
    return tally


def _judge(entry, parsing, keypoints):
    label = None if entry.label is None else read_ids(entry.label, allow_palette=True)
    against = f"{entry.parsing} against " if entry.parsing else ""
    return JudgedImage(
        entry.name, label, parsing, entry.joints, keypoints, entry.head_size,
        label_place=f"{against}{entry.label}", joints_place=entry.source,
    )  # fmt: skip
