"""Predictions of several people on disk, as the evaluations of CIHP and MHP read them."""

import dataclasses
import os
import pathlib
from collections.abc import Sequence

import numpy as np

from jppnet_tf.data.cihp import split_people
from jppnet_tf.evaluation.metrics.instances import Instances
from jppnet_tf.images.reading import read_ids
from jppnet_tf.system.errors import InputError
from jppnet_tf.system.files import read_text


@dataclasses.dataclass(frozen=True)
class PredictedFolder:
    """Predictions of several people on disk.

    Attributes:
        folder: where they lie.
        is_mhp: whether as MHP's evaluation reads them; else as CIHP's.
        has_parts: whether there are parts with scores of their own.
        has_people: whether there are people.
        results: as MHP's, the scores of each image's people: dict of name to dict of number to
            score.
    """

    folder: pathlib.Path
    is_mhp: bool
    has_parts: bool
    has_people: bool
    results: dict[str, dict[int, float]] = dataclasses.field(default_factory=dict, repr=False)

    @classmethod
    def find(cls, folder: str | os.PathLike) -> "PredictedFolder":
        """Finds out what is there.

        Args:
            folder: holds `global_parsing`, and `instance_parsing` or `global_tag`; or `global_seg`,
                `global_tag` and `results.txt`; or a folder `cihp` or `mhp` with these.

        Raises:
            InputError: it holds neither.
        """
        top = pathlib.Path(folder)
        for place in (top, top / "cihp", top / "mhp"):
            if (place / "global_parsing").is_dir():
                parts, people = (
                    (place / name).is_dir() for name in ("instance_parsing", "global_tag")
                )
                if not parts and not people:
                    raise InputError(f"{place}: has neither instance_parsing nor global_tag")
                return cls(place, False, parts, people)
            if (place / "global_seg").is_dir():
                return cls(place, True, True, True, _read_results(place / "results.txt"))
        raise InputError(
            f"{top}: holds neither global_parsing, as CIHP's evaluation reads it, nor global_seg, "
            "as MHP's does"
        )

    def path(self, name: str) -> pathlib.Path:
        """Where an image's classes are."""
        return self.folder / ("global_seg" if self.is_mhp else "global_parsing") / f"{name}.png"

    def read(self, name: str, size_hw: Sequence[int], count: int) -> Instances:
        """Reads an image's predictions.

        Args:
            name: the image's.
            size_hw: its size.
            count: how many classes there are.

        Raises:
            InputError: files are missing, damaged, of another size, or not what they should be.
        """
        classes = self._read_map(self.path(name), size_hw)
        if classes.max(initial=0) >= count:
            raise InputError(f"{self.path(name)}: has class {classes.max()}, there are {count}")
        empty = np.zeros(size_hw, np.uint8)
        person_map, scores = empty, np.zeros(0)
        if self.has_people:
            tags = self.folder / "global_tag" / f"{name}.png"
            person_map = self._read_map(tags, size_hw)
            scores = self._person_scores(name, tags, int(person_map.max(initial=0)))
        people = split_people(person_map, classes, len(scores))
        if self.is_mhp:
            parts, part_classes, part_scores = _find_parts(person_map, classes, scores, count)
        elif self.has_parts:
            file = self.folder / "instance_parsing" / f"{name}.png"
            parts = self._read_map(file, size_hw)
            part_classes, part_scores = _read_parts(file, int(parts.max(initial=0)), count)
        else:
            parts, part_classes, part_scores = empty, np.zeros(0, int), np.zeros(0)
        return Instances(classes, people, parts, part_classes, part_scores, scores)

    def _read_map(self, path, size_hw):
        ids = read_ids(path, allow_palette=True)
        if ids.shape != tuple(size_hw):
            raise InputError(
                f"{path}: is {ids.shape[1]} x {ids.shape[0]}, the image {size_hw[1]} x {size_hw[0]}"
            )
        return ids

    def _person_scores(self, name, path, largest):
        if not self.is_mhp:
            return _read_scores(path.with_suffix(".txt"), largest)
        found = self.results.get(name, {})
        if max(found, default=0) < largest or set(found) != set(range(1, len(found) + 1)):
            raise InputError(
                f"{self.folder / 'results.txt'}: {name} has scores of {len(found)} people, and "
                f"{path} shows person {largest}"
            )
        return np.array([found[number] for number in sorted(found)])


def _read_rows(path, columns):
    """Rows of numbers of a text: float64 [n, at least `columns`]."""
    rows = []
    for number, line in enumerate(read_text(path).splitlines(), 1):
        words = line.split()
        if not words:
            continue
        try:
            values = [float(word) for word in words]
        except ValueError:
            values = []
        if len(values) < columns or not np.isfinite(values).all():
            raise InputError(f"{path}, line {number}: must be {columns} numbers: {line!r}")
        rows.append(values[:columns])
    return np.array(rows).reshape(-1, columns)


def _refuse_doubled(path, rows, largest):
    """A program that appends to its texts doubles them when it runs again."""
    half, odd = divmod(len(rows), 2)
    if half and not odd and largest <= half and (rows[:half] == rows[half:]).all():
        raise InputError(f"{path}: its lines come twice; keep the first {half}")


def _read_scores(path, largest):
    rows = _read_rows(path, 1)
    if len(np.unique(rows)) > 1:  # several people may well score the same, 1 say
        _refuse_doubled(path, rows, largest)
    if len(rows) < largest:
        raise InputError(f"{path}: {len(rows)} scores, and the image shows person {largest}")
    return rows[:, 0]


def _read_parts(image, largest, count):
    path = image.with_suffix(".txt")
    rows = _read_rows(path, 2)
    _refuse_doubled(path, rows, largest)
    if len(rows) < largest:
        raise InputError(f"{path}: {len(rows)} lines, and the image shows part {largest}")
    classes = rows[:, 0].astype(int)
    wrong = (classes != rows[:, 0]) | (classes < 1) | (classes >= count)
    if wrong.any():
        raise InputError(f"{path}: class {rows[wrong][0, 0]:g}; classes are 1 to {count - 1}")
    return classes, rows[:, 1]


def _find_parts(person_map, classes, scores, count):
    """Parts of people whose scores are all there is."""
    keys = np.where((person_map > 0) & (classes > 0), person_map.astype(np.int64) * count, 0)
    keys += (keys > 0) * classes
    found, places = np.unique(np.concatenate([[0], keys.ravel()]), return_inverse=True)
    parts = places.ravel()[1:].reshape(keys.shape)
    return parts, found[1:] % count, scores[found[1:] // count - 1]


def _read_results(path):
    """MHP's list: of each image the number and score of each person."""
    found: dict[str, dict[int, float]] = {}
    for number, line in enumerate(read_text(path).splitlines(), 1):
        words = line.split()
        if not words:
            continue
        try:
            pairs = dict(zip(map(int, words[1::2]), map(float, words[2::2]), strict=True))
        except ValueError:
            raise InputError(
                f"{path}, line {number}: must be an image, and number and score of each person"
            ) from None
        if words[0] in found:
            raise InputError(f"{path}, line {number}: {words[0]} came before")
        found[words[0]] = pairs
    return found
