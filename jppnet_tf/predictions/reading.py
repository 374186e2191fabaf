"""Predictions on disk, ours or anybody's: class ids as PNG, joints as text, CSV or JSON lines.

They are matched with the images by name, all of them: one that is missing, comes twice or belongs
to no image is an error, since it is always the sign of a mistake.
"""

import csv
import json
import os
import pathlib

import numpy as np

from jppnet_tf.labels import LIP_JOINTS
from jppnet_tf.system.errors import InputError

_JOINTS = len(LIP_JOINTS.names)
_FARTHEST = 1e6
"""Pixels beyond which a coordinate must be a mistake."""
_COLOURED = "_vis"
"""What the original put behind the names of pictures that are to be looked at."""


def find_parsing(folder):
    """Finds the label maps in a folder of predictions.

    Args:
        folder: holds `<name>.png`, or a folder `parsing` that does, as `tools/infer.py` writes it.
            Coloured maps, `<name>_vis.png`, may lie between.

    Returns:
        dict of name to pathlib.Path; empty where there are no label maps.

    Raises:
        InputError: there is no such folder.
    """
    folder = pathlib.Path(folder)
    if not folder.is_dir():
        raise InputError(f"{folder}: no such folder")
    folder = folder / "parsing" if (folder / "parsing").is_dir() else folder
    return {
        entry.name[: -len(".png")]: pathlib.Path(entry.path)
        for entry in os.scandir(folder)
        if entry.name.endswith(".png") and not entry.name.endswith(f"{_COLOURED}.png")
    }


def find_pose(path):
    """Finds and reads the joints among predictions.

    Args:
        path: a CSV or predictions.jsonl; or a folder that holds one CSV, or a predictions.jsonl, or
            `<name>.txt`, or a folder `pose` of them.

    Returns:
        dict of name to (float64 [16, 2], where they were read); empty where there are none.

    Raises:
        InputError: the file is malformed, or nothing is there.
    """
    path = pathlib.Path(path)
    if path.is_file():
        return read_lines(path) if path.suffix == ".jsonl" else read_csv(path)
    if not path.is_dir():
        raise InputError(f"{path}: no such file or folder")
    folder = path / "pose" if (path / "pose").is_dir() else path
    lines, tables = folder / "predictions.jsonl", sorted(folder.glob("*.csv"))
    if lines.is_file():
        return read_lines(lines)
    if len(tables) > 1:
        raise InputError(f"{folder}: holds {len(tables)} CSV files; name the one with the joints")
    if tables:
        return read_csv(tables[0])
    return {file.stem: (read_text(file), str(file)) for file in sorted(folder.glob("*.txt"))}


def read_csv(path):
    """Reads joints as the challenge took them: a name and 32 numbers a line, no header.

    Lines of LIP's own form, with a third number for each joint, are taken too; it is not read.

    Args:
        path: the file.

    Returns:
        dict of name (without suffix) to (float64 [16, 2], "<file>, line <number>").

    Raises:
        InputError: the file cannot be read, or a line has another number of columns, holds what
            is no number, or a name that came before.
    """
    joints = {}
    try:
        with open(path, newline="", encoding="utf-8-sig") as file:
            for number, row in enumerate(csv.reader(file), start=1):
                if row:
                    _add(joints, row[0], row[1:], f"{path}, line {number}", (2, 3))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{path}: cannot be read: {error}") from None
    return joints


def read_lines(path):
    """Reads the joints of a predictions.jsonl; lines of networks that parse only have none.

    Returns, raises:
        As `read_csv`.
    """
    joints = {}
    try:
        with open(path) as file:
            for number, line in enumerate(file, start=1):
                where = f"{path}, line {number}"
                try:
                    record = json.loads(line)
                    name, values = f"{record['name']}.jpg", record["keypoints"]
                    values = None if values is None else sum(values, [])
                except (ValueError, KeyError, TypeError, RecursionError):
                    raise InputError(f"{where}: no line of a predictions.jsonl") from None
                if values is not None:
                    _add(joints, name, values, where, (3,))
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: cannot be read: {error}") from None
    return joints


def read_text(path):
    """Reads the joints of one image as the original wrote them: 32 numbers.

    Returns:
        float64 [16, 2].

    Raises:
        InputError: the file cannot be read, or holds something else.
    """
    try:
        words = pathlib.Path(path).read_text().split()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: cannot be read: {error}") from None
    return _parse(words, str(path), (2,))


def _add(joints, name, values, where, widths):
    name = pathlib.PurePosixPath(name).stem
    if name in joints:
        raise InputError(f"{where}: {name} came before: {joints[name][1]}")
    joints[name] = _parse(values, where, widths), where


def _parse(words, where, widths):
    """Numbers of 16 joints as float64 [16, 2]; `widths` are the numbers a joint may have."""
    if len(words) not in [width * _JOINTS for width in widths]:
        wanted = " or ".join(str(width * _JOINTS) for width in widths)
        raise InputError(f"{where}: {len(words)} numbers instead of {wanted}")
    try:
        values = np.array([float(word) for word in words])
    except (TypeError, ValueError) as error:
        raise InputError(f"{where}: {error}") from None
    points = values.reshape(_JOINTS, -1)[:, :2]
    if (np.abs(points) > _FARTHEST).any():  # nan is none, and means a joint that was not found
        raise InputError(f"{where}: {np.nanmax(np.abs(points)):g} is no coordinate of an image")
    return points


def check_names(places, names, known, what, where, hint=""):
    """Checks that there is one prediction for each image, and none for anything else.

    Args:
        places: dict of the predictions' names to where each was found, for messages.
        names: the images that need a prediction.
        known: all images that a prediction may be of, such as the whole split; None allows any.
        what: what the predictions are called, for messages: "label maps".
        where: where they were looked for, for messages.
        hint: what the message on missing ones ends with.

    Raises:
        InputError: a prediction is missing or belongs to no image; the message names the first.
    """
    unknown = [] if known is None else sorted(places.keys() - set(known))
    if unknown:
        raise InputError(
            f"{places[unknown[0]]}: there is no image {unknown[0]} in the ground truth "
            f"({len(unknown)} such {what} in {where})"
        )
    missing = [name for name in names if name not in places]
    if missing:
        raise InputError(
            f"{where}: {what} for {len(missing)} of {len(names)} images are missing, the first of "
            f"them {missing[0]}{hint}"
        )
