"""CIHP on disk: images of several people, with the class, person and part of each pixel."""

import dataclasses
import os
import pathlib

import numpy as np

from jppnet_tf.images.names import find_by_id, image_id
from jppnet_tf.images.reading import read_ids
from jppnet_tf.labels import CIHP, IGNORE
from jppnet_tf.system.errors import InputError
from jppnet_tf.system.files import read_text

COUNT = len(CIHP.names)
FOLDERS = {"train": "Training", "val": "Validation"}
_DEPTH = 3  # folders below the given one that are searched
_CLASSES, _PEOPLE, _PARTS = "Category_ids", "Human_ids", "Instance_ids"


@dataclasses.dataclass(frozen=True)
class GroupLabels:
    """Who and what is where in one image.

    Attributes:
        classes: uint8 [h, w], class ids; 255 does not count.
        people: tuple of (pixels, ids): of each person the flat indices of their pixels, int [n],
            and the class of each, uint8 [n]; people may overlap.
        parts: int32 [h, w], n of part n, 0 of none.
        part_classes: tuple of int, the class of each part.
    """

    classes: np.ndarray
    people: tuple[tuple[np.ndarray, np.ndarray], ...]
    parts: np.ndarray
    part_classes: tuple[int, ...]


def split_people(
    person_map: np.ndarray, classes: np.ndarray, count: int | None = None
) -> tuple[tuple[np.ndarray, np.ndarray], ...]:
    """Everybody's pixels and their classes, as GroupLabels has them.

    Args:
        person_map: integers [h, w], n where person n is, 0 of nobody.
        classes: integers [h, w], class ids.
        count: how many people there are; None for as many as the map has.
    """
    count = int(person_map.max(initial=0)) if count is None else count
    if not count:
        return ()
    flat, ids = person_map.ravel(), classes.ravel()
    pixels = np.flatnonzero(flat)
    pixels = pixels[np.argsort(flat[pixels], kind="stable")]
    ends = np.searchsorted(flat[pixels], np.arange(1, count), side="right")
    return tuple((each, ids[each]) for each in np.split(pixels, ends))


@dataclasses.dataclass(frozen=True)
class CihpRecord:
    """One image of CIHP.

    Attributes:
        name: its id, such as "0002190".
        image: path of the photograph; None where there is none, of labels alone.
        classes, people, parts, lines: paths of its labels: Category_ids, Human_ids, and
            Instance_ids' PNG and text.
    """

    name: str
    image: pathlib.Path | None
    classes: pathlib.Path
    people: pathlib.Path
    parts: pathlib.Path
    lines: pathlib.Path

    def read(self) -> GroupLabels:
        """Reads its labels.

        Raises:
            InputError: files are missing, damaged, of different sizes, or not what they should be.
        """
        classes = _read_classes(self.classes)
        person_map, instances = _read_map(self.people, classes), _read_map(self.parts, classes)
        ids, part_classes = _read_lines(self.lines)
        unknown = np.setdiff1d(instances, [0, *ids])
        if len(unknown):
            raise InputError(f"{self.parts}: id {unknown[0]} is not in {self.lines.name}")
        table = np.zeros(256, np.int32)
        table[ids] = np.arange(1, len(ids) + 1)
        people = split_people(person_map, classes)
        return GroupLabels(classes, people, table[instances], part_classes)


@dataclasses.dataclass(frozen=True)
class GroupSplit:
    """A split of a data set of several people.

    Attributes:
        folder: where it lies.
        records: tuple of CihpRecord or MhpRecord, in the order of the list.
    """

    folder: pathlib.Path
    records: tuple

    def summary(self) -> str:
        """What is there, on one line."""
        without = sum(record.image is None for record in self.records)
        lack = f", {without} of them without photograph" if without else ""
        return f"{self.folder}: {len(self.records)} images{lack}"


def read_cihp(folder: str | os.PathLike, split: str) -> GroupSplit:
    """Finds a split of CIHP.

    Args:
        folder: holds `Training` or `Validation`, at most three folders deeper (the released archive
            nests its folder twice); or `Category_ids`, `Human_ids` and `Instance_ids` of one split.
        split: "train" or "val".

    Returns:
        GroupSplit, of the images in `<split>_id.txt` beside or above the labels, or without such a
        list of all that have labels.

    Raises:
        InputError: folders or files are missing.
    """
    folder = pathlib.Path(folder)
    place = find_labels(folder, FOLDERS[split], _CLASSES)
    if place is None:
        there = [p for name in ("Categories", "Human", "Instances") for p in folder.rglob(name)]
        why = "; Categories, Human and Instances are pictures for people, without ids"
        raise InputError(f"{folder}: no {FOLDERS[split]}/{_CLASSES} in it{why if there else ''}")
    missing = [name for name in (_PEOPLE, _PARTS) if not (place / name).is_dir()]
    if missing:
        raise InputError(f"{place}: lacks {' and '.join(missing)}")
    names = _read_names(folder, place, f"{split}_id.txt")
    images = find_by_id(place / "Images") if (place / "Images").is_dir() else {}
    records = tuple(
        CihpRecord(
            name,
            images.get(name),
            place / _CLASSES / f"{name}.png",
            place / _PEOPLE / f"{name}.png",
            place / _PARTS / f"{name}.png",
            place / _PARTS / f"{name}.txt",
        )
        for name in names
    )
    check_files(place, [path for r in records for path in (r.classes, r.people, r.parts, r.lines)])
    return GroupSplit(place, records)


def find_labels(folder: pathlib.Path, split: str, labels: str) -> pathlib.Path | None:
    """The folder of a split: the one called `split` that holds the folder `labels`, or, where there
    is none, one that holds it."""
    if not folder.is_dir():
        raise InputError(f"{folder}: no such folder")
    found = [
        place.parent
        for depth in range(_DEPTH + 2)
        for place in sorted(folder.glob("*/" * depth + labels))
        if place.is_dir()
    ]
    named = [place for place in found if place.name == split]
    others = [place for place in found if place.name not in ("Training", "Validation", "Testing")]
    return next(iter([*named, *others]), None)


def _read_names(folder, place, name):
    """The ids of the list, which lies beside the labels or above them; or of all labels."""
    for parent in (place, *place.parents):
        if (parent / name).is_file():
            lines = read_text(parent / name).splitlines()
            return list(dict.fromkeys(image_id(line) for line in lines if line.strip()))
        if parent == folder:
            break
    found = sorted(path.stem for path in (place / _CLASSES).glob("*.png"))
    if not found:
        raise InputError(f"{place / _CLASSES}: no labels")
    return found


def check_files(place: pathlib.Path, paths: list[pathlib.Path]) -> None:
    """Refuses a split whose files are not all there.

    Raises:
        InputError: some are missing; the first ones are named.
    """
    if not paths:
        raise InputError(f"{place}: no images")
    there = {folder: set(os.listdir(folder)) for folder in {path.parent for path in paths}}
    missing = [path for path in paths if path.name not in there[path.parent]]
    if missing:
        named = ", ".join(f"{path.parent.name}/{path.name}" for path in missing[:3])
        raise InputError(f"{place}: {len(missing)} files are missing, such as {named}")


def _read_classes(path):
    classes = read_ids(path)
    strange = classes[(classes >= COUNT) & (classes != IGNORE)]
    if strange.size:
        raise InputError(
            f"{path}: has {strange[0]}, and CIHP's classes are 0 to {COUNT - 1}: are these "
            "pictures for people, such as those in Categories? Ids are in Category_ids"
        )
    return classes


def _read_map(path, classes):
    found = read_ids(path)
    if found.shape != classes.shape:
        raise InputError(f"{path}: is of another size than {path.parent.parent / _CLASSES}'s")
    return found


def _read_lines(path):
    """Ids and classes of the parts."""
    ids: list[int] = []
    classes: list[int] = []
    for number, line in enumerate(read_text(path).splitlines(), 1):
        words = line.split()
        if not words:
            continue
        source = f"{path}, line {number}"
        if len(words) != 3 or not all(word.isdecimal() for word in words):
            raise InputError(f"{source}: must be an id, a class and a person: {line!r}")
        id_, class_, _ = map(int, words)
        if not 1 <= id_ <= 255 or not 1 <= class_ < COUNT:
            raise InputError(f"{source}: ids are 1 to 255, classes 1 to {COUNT - 1}: {line!r}")
        if id_ in ids:
            raise InputError(f"{source}: id {id_} came before")
        ids.append(id_)
        classes.append(class_)
    return ids, tuple(classes)
