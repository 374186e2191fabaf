"""Looks at every file of a split before training starts, and names what is wrong where."""

import concurrent.futures
import os
import typing
from collections.abc import Sequence

import numpy as np

from jppnet_tf.images.reading import check_plain, read_ids, read_image
from jppnet_tf.labels import IGNORE, LIP, LIP_JOINTS, Classes, Joints
from jppnet_tf.system.errors import InputError
from jppnet_tf.system.machine import count_cores

if typing.TYPE_CHECKING:
    from jppnet_tf.data.lip import Record


def check_records(
    records: "Sequence[Record]",
    heatmap_files: bool = False,
    classes: Classes = LIP,
    joints: Joints = LIP_JOINTS,
) -> dict[str, str]:
    """Reads and checks all samples on all cores.

    Args:
        records: sequence of lip.Record.
        heatmap_files: whether their heatmap PNGs count too.
        classes: labels.Classes that label maps may hold.
        joints: labels.Joints of the records.

    Returns:
        dict of record name to what is wrong with it, in the order of the records; empty if
        all is well. Each message names the file, and of joints the line.
    """

    def check(record):
        try:
            check_record(record, heatmap_files, classes, joints)
        except InputError as error:
            return str(error)
        return None

    with concurrent.futures.ThreadPoolExecutor(count_cores()) as pool:
        reasons = pool.map(check, records)
        return {
            record.name: reason for record, reason in zip(records, reasons, strict=True) if reason
        }


def check_record(
    record: "Record",
    heatmap_files: bool = False,
    classes: Classes = LIP,
    joints: Joints = LIP_JOINTS,
) -> None:
    """Checks the files of one sample.

    Raises:
        InputError: a file cannot be read, or training would see another image; sizes differ, a
            class does not exist, joints cannot be of this image, or all joints are missing.
    """
    check_plain(record.image)  # training decodes images in the graph, which knows no EXIF
    height, width = read_image(record.image).shape[:2]
    paths: list[str | os.PathLike]
    paths = [path for path in (record.label, record.reversed_label) if path is not None]
    for path in paths:
        check_label(path, classes)
    if heatmap_files and record.heatmap is not None:
        paths += [f"{record.heatmap}_{joint}.png" for joint in range(len(joints.names))]
    for path in paths:
        shape = read_ids(path).shape
        if shape != (height, width):
            raise InputError(
                f"{path}: is {shape[1]} x {shape[0]}, but {record.image} is {width} x {height}"
            )
    if record.joints is not None:
        _check_joints(record, height, width, joints)


def check_label(path: str | os.PathLike, classes: Classes = LIP) -> None:
    """Refuses a label map with classes that do not exist.

    Raises:
        InputError: it cannot be read, or holds an id that is neither a class nor 255.
    """
    check_ids(read_ids(path), len(classes.names), path)


def check_ids(label: np.ndarray, count: int, path: str | os.PathLike) -> None:
    """Refuses ids that are neither one of `count` classes nor 255.

    Args:
        label: uint8 [h, w].
        count: how many classes there are.
        path: what messages call the label map.

    Raises:
        InputError: there are such ids.
    """
    counts = np.bincount(label.ravel(), minlength=256)
    strange = [str(id_) for id_ in np.flatnonzero(counts) if count <= id_ != IGNORE]
    if strange:
        last = count - 1
        raise InputError(
            f"{path}: holds class {', '.join(strange)}; classes are 0 to {last}, and 255 to ignore"
        )


def _check_joints(record, height, width, joints):
    """A joint a little outside is as LIP has it, and drawn at the border; farther is an error."""
    points = record.joints[:, :2]
    if np.isnan(points).all():
        raise InputError(f"{record.source}: no joint at all")
    limits = np.array([width, height])
    far = ((points < -limits) | (points > 2 * limits)).any(axis=1)
    if far.any():
        joint = int(np.argmax(far))
        x, y = points[joint]
        raise InputError(
            f"{record.source}: {joints.names[joint]} at ({x:g}, {y:g}) is far outside "
            f"{record.image.name}, which is {width} x {height}"
        )
