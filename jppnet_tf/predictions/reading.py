"""Predictions on disk, ours or anybody's: class ids as PNG, joints as text, CSV or JSON lines.

They are matched with the images by name, all of them: one that is missing, comes twice or belongs
to no image is an error, since it is always the sign of a mistake.
"""

import json
import os
import pathlib
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from jppnet_tf.images.names import image_id
from jppnet_tf.labels import LIP_JOINTS, Classes, Joints
from jppnet_tf.predictions.boxes import FARTHEST
from jppnet_tf.system import files
from jppnet_tf.system.errors import InputError

_SETTINGS = "settings.json"
_RECORDS = "predictions.jsonl"
_COLOURED = "_vis"
"""What the original put behind the names of pictures that are to be looked at."""


def find_parsing(folder: str | os.PathLike) -> dict[str, pathlib.Path]:
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
        path.stem: path
        for path in files.list_visible(folder, ".png")
        if not path.stem.endswith(_COLOURED)
    }


def check_vocabulary(
    path: str | os.PathLike, classes: Classes | None = None, joints: Joints | None = None
) -> None:
    """Refuses predictions of other classes or joints, as far as their settings.json tells.

    Args:
        path: a folder as `tools/infer.py` writes it, a folder or file in it, or anything else.
        classes: labels.Classes that are wanted; None takes any.
        joints: labels.Joints that are wanted; None takes any.

    Raises:
        InputError: the file names others.
    """
    path = pathlib.Path(path)
    for folder in (path, path.parent):
        try:
            found = json.loads((folder / _SETTINGS).read_text(errors="replace"))
        except (OSError, ValueError, RecursionError):
            continue
        for what, known in (("classes", classes), ("joints", joints)):
            stated = found.get(what) if isinstance(found, dict) else None
            if known and isinstance(stated, list) and tuple(stated) != known.names:
                raise InputError(
                    f"{folder / _SETTINGS}: these predictions are of {len(stated)} {what}, which "
                    f"are not the {len(known.names)} that are wanted: {known.names[0]}, ..."
                )


def find_pose(
    path: str | os.PathLike, joints: Joints = LIP_JOINTS
) -> dict[str, tuple[np.ndarray, str]]:
    """Finds and reads the joints among predictions.

    Args:
        path: a CSV or predictions.jsonl; or a folder that holds a predictions.jsonl (exact, where
            texts are rounded), or one CSV, or `<name>.txt`, or a folder `pose` of them.
        joints: labels.Joints that the numbers stand for.

    Returns:
        dict of name to (float64 [joints, 2], where they were read); empty where there are none.

    Raises:
        InputError: the file is malformed, or nothing is there.
    """
    path = pathlib.Path(path)
    if path.is_file():
        return read_lines(path, joints) if path.suffix == ".jsonl" else read_csv(path, joints)
    if not path.is_dir():
        raise InputError(f"{path}: no such file or folder")
    folder = path / "pose" if (path / "pose").is_dir() else path
    for lines in (path / _RECORDS, folder / _RECORDS):
        if lines.is_file():
            return read_lines(lines, joints)
    tables = files.list_visible(folder, ".csv")
    if len(tables) > 1:
        raise InputError(f"{folder}: holds {len(tables)} CSV files; name the one with the joints")
    if tables:
        return read_csv(tables[0], joints)
    return {
        file.stem: (read_text(file, joints), str(file))
        for file in files.list_visible(folder, ".txt")
    }


def read_csv(
    path: str | os.PathLike, joints: Joints = LIP_JOINTS
) -> dict[str, tuple[np.ndarray, str]]:
    """Reads joints as the challenge took them: a name, and x, y of each joint.

    A header is passed over. Lines of LIP's own form, with a third number for each joint, are taken
    too; it is not read.

    Args:
        path: the file.
        joints: labels.Joints that the numbers stand for.

    Returns:
        dict of name (without suffix) to (float64 [joints, 2], "<file>, line <number>").

    Raises:
        InputError: the file cannot be read, or a line has another number of columns, something
            that is not a number, or a name that came before.
    """
    found: dict[str, tuple[np.ndarray, str]] = {}
    for where, row in files.read_rows(path):
        values = [cell if cell.strip() else "nan" for cell in row[1:]]
        _add(found, image_id(row[0]), values, where, (2, 3), joints)
    return found


def read_lines(
    path: str | os.PathLike, joints: Joints = LIP_JOINTS
) -> dict[str, tuple[np.ndarray, str]]:
    """Reads the joints of a predictions.jsonl: of each image, its last line counts.

    Lines of networks that parse only have none.

    Args, returns, raises:
        As `read_csv`.
    """
    found: dict[str, tuple[np.ndarray, str]] = {}
    try:
        with open(path, encoding="utf-8-sig") as file:
            for number, line in enumerate(file, start=1):
                where = f"{path}, line {number}"
                try:
                    record = json.loads(line)
                    name, values = image_id(record["name"]), record["keypoints"]
                    values = None if values is None else sum(values, [])
                    people = len(record.get("people", ()))
                except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
                    raise InputError(f"{where}: not a line of a predictions.jsonl") from None
                if people > 1:
                    raise InputError(f"{where}: {name} has {people} people: which one to score?")
                found.pop(name, None)
                if values is not None:
                    _add(found, name, values, where, (3,), joints)
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: cannot be read: {error}") from None
    return found


def read_text(path: str | os.PathLike, joints: Joints = LIP_JOINTS) -> np.ndarray:
    """Reads the joints of one image as the original wrote them: x and y of each.

    Returns:
        float64 [joints, 2].

    Raises:
        InputError: the file cannot be read, or holds something else.
    """
    return _parse(files.read_text(path).split(), str(path), (2,), len(joints.names))


def _add(found, name, values, where, widths, joints):
    if name in found:
        raise InputError(f"{where}: {name} came before: {found[name][1]}")
    found[name] = _parse(values, where, widths, len(joints.names)), where


def _parse(words, where, widths, count):
    """Numbers of joints as float64 [count, 2]; `widths` are the numbers a joint may have."""
    if len(words) not in [width * count for width in widths]:
        wanted = " or ".join(str(width * count) for width in widths)
        raise InputError(f"{where}: {len(words)} numbers instead of {wanted}")
    try:
        values = np.array([float(word) for word in words])
    except (TypeError, ValueError) as error:
        raise InputError(f"{where}: {error}") from None
    points = values.reshape(count, -1)[:, :2]
    if (np.abs(points) > FARTHEST).any():  # nan means a joint that was not found
        raise InputError(f"{where}: {np.nanmax(np.abs(points)):g} is not a coordinate of an image")
    return points


def check_names(
    places: Mapping[str, str | os.PathLike],
    names: Sequence[str],
    known: Iterable[str] | None,
    what: str,
    where: str | os.PathLike,
    hint: str = "",
) -> None:
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
