"""LIP on disk: finds its folders, reads its lists and its CSV of joints.

Two layouts are known, and told apart by looking: the released archives as unpacked (folders often
come nested twice: `TrainVal_images/TrainVal_images/`), and the layout of the original project
(`images/`, `labels/`, `heatmap/`, `list/`).
"""

import dataclasses
import os
import pathlib

import numpy as np

from jppnet_tf.images.names import find_by_id, image_id
from jppnet_tf.labels import LIP_JOINTS
from jppnet_tf.system.errors import InputError
from jppnet_tf.system.files import read_rows, read_text

JOINTS = len(LIP_JOINTS.names)
_DEPTH = 3  # folders below the given one that are searched


@dataclasses.dataclass(frozen=True)
class Record:
    """One image of LIP and what is known of it.

    Attributes:
        name: its id, such as "100034_483681".
        image: path of the JPEG.
        label: path of the PNG of class ids, or None.
        reversed_label: path of the mirrored PNG, or None.
        heatmap: path of the heatmap PNGs without `_<joint>.png`, or None.
        joints: float32 [16, 3] of x, y, flag (0 visible, 1 occluded), nan where missing; or None.
        source: where the joints were read, for messages ("lip_train_set.csv, line 7").
    """

    name: str
    image: pathlib.Path
    label: pathlib.Path | None = None
    reversed_label: pathlib.Path | None = None
    heatmap: pathlib.Path | None = None
    joints: np.ndarray | None = dataclasses.field(default=None, repr=False, compare=False)
    source: str = ""


@dataclasses.dataclass(frozen=True)
class Split:
    """The records of one split, and a count of what they lack.

    Attributes:
        name: "train", "val" or "test".
        records: tuple of Record, in the order of the list.
        without_label: how many of them have no label.
        without_joints: how many of them have no row of joints.
        rows_without_image: how many rows of joints belong to no image of the list.
        images_left_out: without a list, how many files among the images are none that is read.
        joints_at_origin: how many joints lie at (0, 0) or (-1, -1), as missing ones do elsewhere.
    """

    name: str
    records: tuple[Record, ...]
    without_label: int
    without_joints: int
    rows_without_image: int
    images_left_out: int = 0
    joints_at_origin: int = 0

    def summary(self) -> str:
        """The counts as one sentence."""
        return (
            f"{self.name}: {len(self.records)} images, {self.without_label} without label, "
            f"{self.without_joints} without joints; {self.rows_without_image} rows of joints "
            "without image"
        ) + "".join(
            f"; {count} {what}"
            for count, what in (
                (self.images_left_out, "files among the images are none that is read"),
                (
                    self.joints_at_origin,
                    "joints at (0, 0) or (-1, -1): if these are missing, pass --zero_is_missing",
                ),
            )
            if count
        )


@dataclasses.dataclass(frozen=True)
class _Part:
    """One part of a split: the names it goes by, and whether the split can do without it."""

    what: str
    names: tuple[str, ...]
    needed: bool


def _parts(split):
    """What a split consists of; a name with `/` is of the original project's layout."""
    if split == "test":
        return {
            "list": _Part("list of ids", ("test_id.txt", "list/test_id.txt"), False),
            "images": _Part("images", ("testing_images", "test_images", "images"), True),
        }
    lists = (f"{split}_id.txt", f"list/{split}_id.txt", f"list/{split}.txt")
    parts = {
        "list": _Part("list of ids", lists, False),
        "images": _Part("images", (f"{split}_images", "images"), True),
        "labels": _Part("labels", (f"{split}_segmentations", "labels"), True),
        "joints": _Part("joints", (f"lip_{split}_set.csv",), False),
    }
    if split == "train":
        names = ("train_segmentations_reversed", "labels_rev")
        parts["reversed_labels"] = _Part("mirrored labels", names, False)
    parts["heatmaps"] = _Part("heatmaps", ("heatmap",), False)
    return parts


def find_parts(folder: str | os.PathLike, split: str) -> dict[str, pathlib.Path]:
    """Finds the folders and files of one split below `folder`.

    Args:
        folder: where LIP lies.
        split: "train", "val" or "test".

    Returns:
        dict of part ("list", "images", "labels", "joints", "reversed_labels", "heatmaps") to
        pathlib.Path, without those that are not there.

    Raises:
        InputError: a part that the split needs is missing; the message lists what was looked for.
    """
    if split not in ("train", "val", "test"):
        raise InputError(f"split must be train, val or test, not {split!r}")
    folder = pathlib.Path(folder)
    if not folder.is_dir():
        raise InputError(f"{folder}: no such folder")
    parts = _parts(split)
    wanted: dict[str, pathlib.Path | None] = {
        name: None for part in parts.values() for name in part.names
    }
    _search(folder, folder, wanted, _DEPTH)
    found: dict[str, pathlib.Path] = {}
    for key, part in parts.items():
        places = [place for name in part.names if (place := wanted[name])]
        if places:
            found[key] = places[0]
    missing = [key for key, part in parts.items() if part.needed and key not in found]
    if missing:
        lines = [f"{folder}: no LIP {split} split: {' and '.join(missing)} not found"]
        for key, part in parts.items():
            state = f"found {found[key]}" if key in found else "missing"
            state += "" if part.needed or key in found else " (can do without)"
            lines.append(f"  {part.what}: looked for {', '.join(part.names)}: {state}")
        raise InputError("\n".join(lines))
    return found


def _search(folder, top, wanted, depth):
    """Fills `wanted` (name -> path or None); the shallowest place of a name counts."""
    deeper = []
    for entry in sorted(os.scandir(folder), key=lambda entry: entry.name):
        path = pathlib.Path(entry.path)
        below = path.relative_to(top).as_posix()
        for name in wanted:
            fits = below.endswith(f"/{name}") or below == name
            if fits and wanted[name] is None:
                wanted[name] = path
        # Folders of images hold tens of thousands of files and nothing that is looked for.
        if entry.is_dir() and entry.name not in wanted:
            deeper.append(path)
    if depth:
        for path in deeper:
            _search(path, top, wanted, depth - 1)


def read_split(folder: str | os.PathLike, split: str, zero_is_missing: bool = False) -> Split:
    """Reads one split of LIP.

    Args:
        folder: where LIP lies, in either layout. Images may have any suffix that is read.
        split: "train", "val" or "test".
        zero_is_missing: whether joints at (0, 0) or (-1, -1) are missing, as COCO and others write
            them; LIP writes nan.

    Returns:
        Split. Images without label or joints are in it, and counted.

    Raises:
        InputError: parts are missing, an image of the list is missing, or the CSV is malformed.
    """
    parts = find_parts(folder, split)
    images = find_by_id(parts["images"])
    maps = {
        key: find_by_id(parts[key], (".png",))
        for key in ("labels", "reversed_labels")
        if key in parts
    }
    names = _read_names(parts, images)
    joints: dict[str, tuple[np.ndarray, str]] = {}
    at_origin = 0
    if "joints" in parts:
        joints, at_origin = _read_table(parts["joints"], zero_is_missing)
    records = tuple(_make_record(name, parts, joints, images, maps) for name in names)
    # Not Path.is_file: of a name that is too long for the disk it raises.
    absent = [record for record in records if not os.path.isfile(record.image)]
    if absent:
        raise InputError(
            f"{parts['images']}: {len(absent)} images of {parts.get('list')} are missing, "
            f"the first of them {absent[0].image.name}"
        )
    if not records:
        raise InputError(f"{parts['images']}: no images")
    return Split(
        name=split,
        records=records,
        without_label=sum(record.label is None for record in records),
        without_joints=sum(record.joints is None for record in records),
        rows_without_image=len(joints.keys() - set(names)),
        images_left_out=_count_files(parts["images"]) - len(images) if "list" not in parts else 0,
        joints_at_origin=at_origin,
    )


def _read_names(parts, images):
    """The ids of the list, or without a list of all images in the folder."""
    if "list" not in parts:
        return list(images)
    lines = read_text(parts["list"]).splitlines()
    return [_listed_id(line, images) for line in lines if line.strip()]


def _listed_id(line, images):
    """The id on a line: an id, or a path, or the original's image, label and mirrored label."""
    whole, first = image_id(line), image_id(line.split()[0])
    return first if whole not in images and "/" in line else whole


def _make_record(name, parts, joints, images, maps):
    def existing(key):
        return maps[key].get(name) if key in maps else None

    heatmap = parts["heatmaps"] / name if "heatmaps" in parts else None
    if heatmap is not None and not os.path.isfile(heatmap.with_name(f"{name}_0.png")):
        heatmap = None
    values, source = joints.get(name, (None, ""))
    return Record(
        name=name,
        image=images.get(name, parts["images"] / f"{name}.jpg"),
        label=existing("labels"),
        reversed_label=existing("reversed_labels"),
        heatmap=heatmap,
        joints=values,
        source=source,
    )


def _count_files(folder):
    return sum(entry.is_file() and not entry.name.startswith(".") for entry in os.scandir(folder))


def read_joints(
    path: str | os.PathLike, zero_is_missing: bool = False
) -> dict[str, tuple[np.ndarray, str]]:
    """Reads LIP's CSV: a name and 16 times x, y, flag on each line. A header is passed over.

    Args:
        path: the file.
        zero_is_missing: as for `read_split`.

    Returns:
        dict of name (without suffix) to (float32 [16, 3], "<file>, line <number>"); nan where a
        joint is missing.

    Raises:
        InputError: a line has another number of columns, something that is not a number, a name
            that came before, or no joint at all; the message names file and line.
    """
    return _read_table(path, zero_is_missing)[0]


def _read_table(path, zero_is_missing):
    """The joints, and how many of them lie where other formats put missing ones."""
    joints: dict[str, tuple[np.ndarray, str]] = {}
    at_origin = 0
    for source, row in read_rows(path):
        name, values = _parse_row(row, source)
        if name in joints:
            raise InputError(f"{source}: {name} came before: {joints[name][1]}")
        origin = (values[:, :2] == 0).all(axis=1) | (values[:, :2] == -1).all(axis=1)
        if zero_is_missing:
            values[origin] = np.nan
        else:
            at_origin += int(origin.sum())
        joints[name] = values, source
    return joints, at_origin


def _parse_row(row, source):
    if len(row) != 1 + 3 * JOINTS:
        raise InputError(f"{source}: {len(row)} columns instead of {1 + 3 * JOINTS}")
    try:
        numbers = [float(value) if value.strip() else np.nan for value in row[1:]]
        values = np.array(numbers, np.float32).reshape(JOINTS, 3)
    except ValueError as error:
        raise InputError(f"{source}: {error}") from None
    if np.isinf(values).any():
        raise InputError(f"{source}: an infinite coordinate")
    return image_id(row[0]), values
