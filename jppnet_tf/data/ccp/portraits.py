"""Half-length and head crops of photographs: a set to validate by, of what CCP does not show."""

import os
from collections.abc import Iterator

import cv2
import numpy as np

from jppnet_tf.data.lip import Record, read_split
from jppnet_tf.data.lip_files import writing_split
from jppnet_tf.data.scenes.boxes import find_part
from jppnet_tf.images.reading import read_ids

_KINDS = ("half", "head")
_MARGIN = 0.08  # of the box's sides, on each side
_LEAST = 48  # pixels that a crop is wide and high at least
_QUALITY = 95


def write_portraits(
    source: str | os.PathLike, output: str | os.PathLike, overwrite: bool = False
) -> int:
    """Cuts the validation split of a data set in LIP's layout into the validation split of another.

    Of each image with label and joints there are two crops: from the head to a little below the
    hips, and head and shoulders. One that would be tiny is left out. Joints outside are missing.

    Args:
        source: the data set's folder.
        output: the new one's.
        overwrite: whether a split that is there already may be replaced.

    Returns:
        How many crops there are.

    Raises:
        InputError: the source cannot be read, or the split exists.
    """
    count = 0
    records = read_split(source, "val").records
    with writing_split(output, "val", overwrite) as writer:
        for record in records:
            for kind, crop in cut_portraits(record):
                writer.add(f"{record.name}_{kind}", *crop)
                count += 1
    return count


def cut_portraits(record: Record) -> Iterator[tuple[str, tuple[bytes, np.ndarray, np.ndarray]]]:
    """Cuts crops out of a record that has a label and joints.

    Yields:
        Kind ("half" or "head") and (JPEG as bytes, label uint8 [h, w], joints [16, 3]).
    """
    if record.label is None or record.joints is None:
        return
    bgr = cv2.imread(str(record.image), cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION)
    label = read_ids(record.label)
    for kind in _KINDS:
        box = find_part(kind, label, record.joints[:, :2])
        if box is None:
            continue
        low, high = np.array(box[:2]), np.array(box[2:])
        margin = _MARGIN * (high - low)
        left, top = np.maximum(np.rint(low - margin), 0).astype(int)
        right, bottom = np.minimum(np.rint(high + margin), label.shape[::-1]).astype(int)
        if min(right - left, bottom - top) < _LEAST:
            continue
        crop = np.ascontiguousarray(bgr[top:bottom, left:right])
        jpeg = cv2.imencode(".jpg", crop, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])[1].tobytes()
        joints: np.ndarray = record.joints - np.array([left, top, 0], np.float32)
        size = np.array([right - left, bottom - top])
        outside = ((joints[:, :2] < 0) | (joints[:, :2] > size - 1)).any(axis=1)
        joints[outside] = np.nan
        yield kind, (jpeg, label[top:bottom, left:right], joints)
