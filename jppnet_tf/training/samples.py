"""What a run is trained and validated on."""

import dataclasses
import os
import typing
from collections.abc import Sequence

import numpy as np

from jppnet_tf.data.check import check_records
from jppnet_tf.data.coco import CocoRecord, CocoSplit, read_coco
from jppnet_tf.data.lip import Record, read_split
from jppnet_tf.images.reading import read_ids
from jppnet_tf.labels import LIP
from jppnet_tf.models.families import FAMILIES
from jppnet_tf.system.errors import InputError

if typing.TYPE_CHECKING:
    from jppnet_tf.training.settings import Settings


@dataclasses.dataclass(frozen=True)
class Samples:
    """What a run is trained and validated on.

    Attributes:
        train, validation: tuples of lip.Record, each with a label; with `pose_only`, those to
            train without label have joints. One that comes more often is there more often. Of a
            network that finds people, tuples of coco.CocoRecord.
        notes: list of str, what people should know of them.
        skipped: dict of record name to what is wrong with it.
        validation_split: the coco.CocoSplit that `validation` is of; None of LIP's.
    """

    train: tuple[Record, ...] | tuple[CocoRecord, ...]
    validation: tuple[Record, ...] | tuple[CocoRecord, ...]
    notes: list[str]
    skipped: dict[str, str]
    validation_split: CocoSplit | None = None


def find_samples(
    folder: str | os.PathLike,
    settings: "Settings",
    skip_bad_samples: bool = False,
    zero_is_missing: bool = False,
) -> Samples:
    """Reads LIP's lists, or COCO's, and looks at every file of the training and validation set.

    Args:
        folder: where LIP lies; of a network that finds people, a data set in COCO's form.
        settings: Settings.
        skip_bad_samples: whether to leave out bad samples instead of refusing them.
        zero_is_missing: as for `lip.read_split`.

    Returns:
        Samples; images without label are left out, or with `pose_only` train pose if they have
        joints. The notes count them.

    Raises:
        InputError: LIP is not there, samples are bad, or nothing is left.
    """
    if FAMILIES[settings.model].finds_people:
        return _find_groups(folder, settings)
    kept: list[tuple[Record, ...]] = []
    notes: list[str] = []
    skipped: dict[str, str] = {}
    for name, limit in (("train", 0), ("val", settings.validation_images)):
        split = read_split(folder, name, zero_is_missing)
        notes.append(split.summary())
        used, note = _choose_records(split, settings.pose_only and name == "train")
        used = used[: limit or None]
        if note and not limit:
            notes.append(f"{name}: {note}")
        bad = check_records(used)
        if bad and not skip_bad_samples:
            raise InputError(_describe_bad(name, bad))
        if bad:
            notes.append(f"{name}: {len(bad)} bad samples skipped; skipped.txt lists them")
        skipped |= bad
        kept.append(tuple(record for record in used if record.name not in bad))
        if not kept[-1]:
            raise InputError(f"{folder}: no {name} sample is left")
    train = repeat_records(kept[0], settings.repeat, settings.balance)
    if len(train) > len(kept[0]):
        notes.append(f"train: {len(kept[0])} images come {len(train)} times in an epoch")
    return Samples(train, kept[1], notes, skipped)


def _find_groups(folder, settings):
    """The samples of a network that finds people, whose lists must be right."""
    splits = [read_coco(folder, name) for name in ("train", "val")]
    notes = [
        f"{name}: {split.summary()}" for name, split in zip(("train", "val"), splits, strict=True)
    ]
    train, validation = (split.records for split in splits)
    validation = validation[: settings.validation_images or None]
    return Samples(train, validation, notes, {}, splits[1])


def _choose_records(split, pose_only):
    """The records of a split that are used, and what people should know of it ("" if nothing)."""
    used = [r for r in split.records if r.label or (pose_only and r.joints is not None)]
    notes = []
    without_label = sum(r.label is None for r in used)
    without_joints = sum(r.joints is None for r in used)
    if without_label:
        notes.append(f"{without_label} images without label train pose only")
    if pose_only and without_joints:
        notes.append(f"{without_joints} images without joints train parsing only")
    left_out = len(split.records) - len(used)
    if left_out:
        lack = "label and joints" if pose_only else "label"
        notes.append(f"{left_out} images without {lack} are left out")
    return used, ", ".join(notes)


def repeat_records(records: Sequence[Record], repeat: int, balance: float) -> tuple[Record, ...]:
    """Records, those more often that have labels, or classes that few have.

    Args:
        records: sequence of lip.Record.
        repeat: how often those with a label come.
        balance: share of the labelled below which a class is rare; then its images come more
            often by the root of how much rarer it is. 0 leaves that out.

    Returns:
        Tuple of lip.Record, each at least once.

    Reference:
        Repeat factor sampling: Gupta, Dollar, Girshick, "LVIS", CVPR 2019.
    """
    labelled = [record for record in records if record.label is not None]
    factors = np.ones(len(labelled))
    if balance:
        there = np.stack([_classes_of(record.label) for record in labelled])
        rarity = np.sqrt(np.maximum(balance / np.maximum(there.mean(axis=0), 1e-9), 1))
        factors = (there * rarity).max(axis=1, initial=1)
    times = {r.name: round(repeat * factor) for r, factor in zip(labelled, factors, strict=True)}
    return tuple(r for r in records for _ in range(times.get(r.name, 1)))


def _classes_of(path):
    """Which of LIP's classes a label map holds: bool [classes]."""
    return np.bincount(read_ids(path).ravel(), minlength=256)[: len(LIP.names)] > 0


def _describe_bad(name, bad, shown=10):
    lines = [f"{len(bad)} bad samples in the {name} set; mend them or pass --skip_bad_samples"]
    lines += [f"  {reason}" for reason in list(bad.values())[:shown]]
    return "\n".join(lines + ["  ..."] * (len(bad) > shown))
