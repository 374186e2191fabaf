"""Looks at every file of a split before training starts, and names what is wrong where."""

import concurrent.futures

import numpy as np

from jppnet_tf.images.reading import read_ids, read_image
from jppnet_tf.labels import IGNORE, LIP, LIP_JOINTS
from jppnet_tf.system.errors import InputError
from jppnet_tf.system.machine import count_cores


def check_records(records, heatmap_files=False):
    """Reads and checks all samples on all cores.

    Args:
        records: sequence of lip.Record.
        heatmap_files: whether their heatmap PNGs count too.

    Returns:
        dict of record name to what is wrong with it, in the order of the records; empty if
        all is well. Each message names the file, and of joints the line.
    """

    def check(record):
        try:
            check_record(record, heatmap_files)
        except InputError as error:
            return str(error)
        return None

    with concurrent.futures.ThreadPoolExecutor(count_cores()) as pool:
        reasons = pool.map(check, records)
        return {
            record.name: reason for record, reason in zip(records, reasons, strict=True) if reason
        }


def check_record(record, heatmap_files=False):
    """Checks the files of one sample.

    Raises:
        InputError: a file cannot be read, sizes differ, a class is none of LIP's, joints cannot
            be of this image, or all joints are missing.
    """
    height, width = read_image(record.image).shape[:2]
    paths = [path for path in (record.label, record.reversed_label) if path is not None]
    for path in paths:
        check_label(path)
    if heatmap_files and record.heatmap is not None:
        paths += [f"{record.heatmap}_{joint}.png" for joint in range(len(LIP_JOINTS.names))]
    for path in paths:
        shape = read_ids(path).shape
        if shape != (height, width):
            raise InputError(
                f"{path}: is {shape[1]} x {shape[0]}, but {record.image} is {width} x {height}"
            )
    if record.joints is not None:
        _check_joints(record, height, width)


def check_label(path):
    """Refuses a label map with classes that LIP has not.

    Raises:
        InputError: it cannot be read, or holds a class other than 0..19 and 255.
    """
    counts = np.bincount(read_ids(path).ravel(), minlength=256)
    strange = [str(id_) for id_ in np.flatnonzero(counts) if len(LIP.names) <= id_ != IGNORE]
    if strange:
        raise InputError(
            f"{path}: holds class {', '.join(strange)}; LIP has 0 to 19, and 255 to ignore"
        )


def _check_joints(record, height, width):
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
            f"{record.source}: {LIP_JOINTS.names[joint]} at ({x:g}, {y:g}) is far outside "
            f"{record.image.name}, which is {width} x {height}"
        )
