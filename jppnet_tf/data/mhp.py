"""MHP v2 on disk: images of several people, with a file of class ids for each person."""

import dataclasses
import os
import pathlib
import re

import numpy as np
from PIL import Image

from jppnet_tf.data.cihp import GroupLabels, GroupSplit, find_labels
from jppnet_tf.images.names import find_by_id, image_id
from jppnet_tf.labels import MHP
from jppnet_tf.system.errors import InputError
from jppnet_tf.system.files import read_text

_LABELS = "parsing_annos"
_NAME = re.compile(r"(.+)_(\d{2})_(\d{2})\.png")


@dataclasses.dataclass(frozen=True)
class MhpRecord:
    """One image of MHP.

    Attributes:
        name: its number.
        image: path of the photograph; None where there is none.
        people: paths of its people's labels, in order.
    """

    name: str
    image: pathlib.Path | None
    people: tuple[pathlib.Path, ...]

    def read(self) -> GroupLabels:
        """Reads its labels. Where people overlap, the map of all has the later one's class.

        Raises:
            InputError: files are damaged, of different sizes, or have ids that are no class.
        """
        maps = [_read_red(path) for path in self.people]
        classes = np.zeros_like(maps[0])
        owners = np.zeros(classes.shape, np.int32)
        for number, (path, each) in enumerate(zip(self.people, maps, strict=True), 1):
            if each.shape != classes.shape:
                raise InputError(f"{path}: is of another size than {self.people[0].name}")
            there = each > 0
            classes[there], owners[there] = each[there], number
        keys = np.where(owners > 0, owners * len(MHP.names) + classes, 0)
        found, places = np.unique(keys, return_inverse=True)
        first = int(found[0] == 0)
        parts = (places.reshape(keys.shape) + 1 - first).astype(np.int32)
        part_classes = tuple((found[first:] % len(MHP.names)).tolist())
        people = tuple((pixels := np.flatnonzero(each), each.ravel()[pixels]) for each in maps)
        return GroupLabels(classes, people, parts, part_classes)


def read_mhp(folder: str | os.PathLike, split: str) -> GroupSplit:
    """Finds a split of MHP v2.

    Args:
        folder: holds `<split>/parsing_annos`, at most three folders deeper, and perhaps
            `list/<split>.txt`.
        split: "train" or "val".

    Returns:
        GroupSplit, of the images in the list, or without one of all that have labels.

    Raises:
        InputError: folders are missing, or images of the list have no labels or not all of them.
    """
    folder = pathlib.Path(folder)
    place = find_labels(folder, split, _LABELS)
    if place is None:
        raise InputError(f"{folder}: no {split}/{_LABELS} in it")
    people = _find_people(place / _LABELS)
    listed = place.parent / "list" / f"{split}.txt"
    names = sorted(people, key=lambda name: (len(name), name))
    if listed.is_file():
        lines = read_text(listed).splitlines()
        names = list(dict.fromkeys(image_id(line) for line in lines if line.strip()))
    without = [name for name in names if name not in people]
    if without or not names:
        raise InputError(f"{place / _LABELS}: no labels of {', '.join(without[:3]) or 'any image'}")
    images = find_by_id(place / "images") if (place / "images").is_dir() else {}
    return GroupSplit(place, tuple(MhpRecord(n, images.get(n), people[n]) for n in names))


def _find_people(folder):
    """The files of each image: dict of name to tuple of paths."""
    found: dict[str, dict[int, pathlib.Path]] = {}
    counts: dict[str, int] = {}
    for path in sorted(folder.iterdir()):
        match = _NAME.fullmatch(path.name)
        if path.name.startswith(".") or match is None:
            continue
        name, count, number = match[1], int(match[2]), int(match[3])
        found.setdefault(name, {})[number] = path
        counts[name] = count
    for name, files in found.items():
        if sorted(files) != list(range(1, counts[name] + 1)):
            raise InputError(f"{folder}: {name} has {counts[name]} people, but {len(files)} files")
    return {name: tuple(files[n] for n in sorted(files)) for name, files in found.items()}


def _read_red(path):
    """The red channel, where the ids are: uint8 [h, w]."""
    try:
        with Image.open(path) as image:
            if image.mode not in ("RGB", "L"):
                raise InputError(f"{path}: must be RGB, is of Pillow's mode {image.mode}")
            values = np.array(image)
    except InputError:
        raise
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise InputError(f"{path}: cannot be read: {error}") from None
    if values.ndim == 3:
        if values[..., 1:].any():
            raise InputError(f"{path}: MHP's ids are in the red channel, and here others have some")
        values = values[..., 0]
    if values.max(initial=0) >= len(MHP.names):
        raise InputError(f"{path}: has {values.max()}, and MHP's classes are 0 to 58")
    return np.ascontiguousarray(values)
