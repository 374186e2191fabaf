"""Files for LIP's test server, checked before they are packed.

The server takes LIP's 20 classes and 16 joints, and no others.
"""

import csv
import io
import os
import pathlib
import typing
import zipfile
from collections.abc import Callable, Sequence

import numpy as np

from jppnet_tf.images.reading import read_ids, read_size
from jppnet_tf.labels import LIP, LIP_JOINTS
from jppnet_tf.predictions import reading
from jppnet_tf.system.errors import InputError
from jppnet_tf.system.files import replacing, write_bytes

if typing.TYPE_CHECKING:
    from jppnet_tf.data.lip import Record

PARSING, POSE = "parsing.zip", "pose.csv"


def write_submission(
    records: "Sequence[Record]",
    path: str | os.PathLike,
    output: str | os.PathLike,
    on_image: Callable[[], object] | None = None,
) -> list[pathlib.Path]:
    """Packs the predictions of a split as the challenge takes them.

    Writes `parsing.zip`, the label maps flat in it, and `pose.csv`, `<name>.jpg` and 32 integers a
    line in the order of the records; of a task that nothing is predicted for, no file.

    Args:
        records: sequence of lip.Record, the whole split.
        path: of the predictions; see `predictions`.
        output: the folder to write to.
        on_image: function of no argument, called whenever a label map was checked.

    Returns:
        list of pathlib.Path, what was written.

    Raises:
        InputError: an image has no prediction, or one of another size, or with ids that are not
            classes; the predictions are of other classes or joints than LIP's; or the folder
            cannot be written. Nothing is left half-written.
    """
    path, output = pathlib.Path(path), pathlib.Path(output)
    reading.check_vocabulary(path, LIP, LIP_JOINTS)
    parsing = reading.find_parsing(path) if path.is_dir() else {}
    pose = reading.find_pose(path)
    if not (parsing or pose):
        raise InputError(f"{path}: no predictions: neither <name>.png nor joints")
    names = [record.name for record in records]
    if parsing:
        reading.check_names(parsing, names, names, "label maps", path)
    if pose:
        places = {name: place for name, (_, place) in pose.items()}
        reading.check_names(places, names, names, "joints", path)
    lines = _lines(records, pose) if pose else ""
    for record in records if parsing else ():
        check_parsing(parsing[record.name], record.image)
        if on_image:
            on_image()
    try:
        output.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"{output}: cannot be written: {error.strerror}") from None
    written = []
    if parsing:
        _pack(records, parsing, output / PARSING)
        written.append(output / PARSING)
    if pose:
        write_bytes(output / POSE, lines.encode())
        written.append(output / POSE)
    return written


def _pack(records, parsing, target):
    # Label maps are compressed already.
    with replacing(target) as scratch, zipfile.ZipFile(scratch, "w") as archive:
        for record in records:
            archive.write(parsing[record.name], f"{record.name}.png")


def check_parsing(path: str | os.PathLike, image: str | os.PathLike) -> None:
    """Checks a predicted label map against its image.

    Raises:
        InputError: it cannot be read, has another size, or ids that are not classes of LIP.
    """
    ids, size_hw = read_ids(path, allow_palette=True), read_size(image)
    if ids.shape != size_hw:
        raise InputError(
            f"{path}: {ids.shape[1]} x {ids.shape[0]}, but {image} is {size_hw[1]} x {size_hw[0]}"
        )
    if ids.max(initial=0) >= len(LIP.names):
        raise InputError(f"{path}: has ids that are not classes: {ids.max()}")


def _lines(records, pose):
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    for record in records:
        points, where = pose[record.name]
        if not np.isfinite(points).all():
            raise InputError(f"{where}: a coordinate is not a number; the server takes integers")
        writer.writerow([f"{record.name}.jpg", *np.rint(points).astype(int).ravel()])
    return text.getvalue()
