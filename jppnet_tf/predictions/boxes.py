"""Boxes around the people of photographs, as COCO's files have them."""

import dataclasses
import math
import os
import pathlib
from collections.abc import Mapping, Sequence

import numpy as np

from jppnet_tf.images.masks import decode_mask
from jppnet_tf.system.errors import InputError
from jppnet_tf.system.files import read_json

PERSON = 1
"""COCO's category of people."""
FARTHEST = 1e6
"""Pixels beyond which a coordinate must be a mistake."""


SLIMMEST = 0.5
"""How long the shorter side of what is cut out is at least, as a share of the longer."""


@dataclasses.dataclass(frozen=True)
class Box:
    """A person's place in a photograph, and what else the detector tells of them.

    Attributes:
        x, y: upper left corner, in pixels of the photograph.
        width, height: above 0.
        source: where it was read, for messages.
        score: how sure the person is, 0..1; 1 unless told.
        segmentation: the person's pixels as COCO writes them, polygons or run lengths; or None.
        keypoints: float32 [17, 3], joints in COCO's order: x, y in pixels of the photograph, score;
            or None.

    Raises:
        InputError: a number is not finite, or width or height are not above 0.
    """

    x: float
    y: float
    width: float
    height: float
    source: str = "box"
    score: float = 1.0
    segmentation: list | dict | None = dataclasses.field(default=None, compare=False)
    keypoints: np.ndarray | None = dataclasses.field(default=None, compare=False)

    def __post_init__(self) -> None:
        if not all(map(math.isfinite, self.xywh)) or min(self.width, self.height) <= 0:
            raise InputError(
                f"{self.source}: must have finite numbers, and width and height above 0: "
                f"{self.xywh}"
            )

    @property
    def xywh(self) -> list[float]:
        """[x, y, width, height], as COCO has it."""
        return [self.x, self.y, self.width, self.height]

    def decode_mask(self, size_hw: Sequence[int]) -> np.ndarray | None:
        """The person's pixels: bool [h, w]; None where the detector tells of none.

        Args:
            size_hw: the photograph's size.

        Raises:
            InputError: it is not a mask, or of another size.
        """
        if self.segmentation is None:
            return None
        try:
            return decode_mask(self.segmentation, size_hw)
        except ValueError as error:
            raise InputError(f"{self.source}: its segmentation is wrong: {error}") from None

    def enlarge(self, margin: float, size_hw: Sequence[int]) -> tuple[int, int, int, int]:
        """The pixels to cut out: the box, more on each side, as far as the photograph goes.

        Of slim boxes there is more on the long sides: no side is less than half as long as the
        other, since networks that make a square of everything see slim people too wide.

        Args:
            margin: how much more, as a share of the box's width and height.
            size_hw: the photograph's size.

        Returns:
            (top, left, bottom, right), whole numbers; the last two are not inside any more.

        Raises:
            InputError: the box lies outside the photograph.
        """
        height, width = size_hw
        if not (-self.width < self.x < width and -self.height < self.y < height):
            raise InputError(
                f"{self.source}: the box {self.xywh} lies outside the photograph, which is {width} "
                f"wide and {height} high"
            )
        wide, high = ((1 + 2 * margin) * side for side in (self.width, self.height))
        more_x = (max(wide, SLIMMEST * high) - self.width) / 2
        more_y = (max(high, SLIMMEST * wide) - self.height) / 2
        return (
            max(0, math.floor(self.y - more_y)),
            max(0, math.floor(self.x - more_x)),
            min(height, math.ceil(self.y + self.height + more_y)),
            min(width, math.ceil(self.x + self.width + more_x)),
        )

    def place(self, margin: float, size_hw: Sequence[int]) -> tuple[slice, slice]:
        """The same as slices of rows and columns."""
        top, left, bottom, right = self.enlarge(margin, size_hw)
        return slice(top, bottom), slice(left, right)


@dataclasses.dataclass(frozen=True)
class BoxFile:
    """The boxes of a run's photographs.

    Attributes:
        boxes: dict of result name to tuple of Box, in the order of the file; photographs without
            a box are not in it.
        image_ids: dict of result name to what the file calls the photograph.
        unused: how many images of the file are not among the run's.
    """

    boxes: dict[str, tuple[Box, ...]]
    image_ids: dict[str, int | str]
    unused: int


def read_boxes(
    path: str | os.PathLike, images: Mapping[str, str], least_score: float | None = None
) -> BoxFile:
    """Reads a file of boxes: COCO's annotations, or a list of results as detectors write them.

    Of annotations, people are what the category called "person" has, or category 1; of a list's
    entries, those of category 1 or of none. Crowds (`iscrowd`) are not people.

    Args:
        path: JSON. Either a dict of `images` (`id`, `file_name`) and `annotations` (`image_id`,
            `bbox`); or a list of dicts of `file_name` or `image_id` and `bbox`. Either may have
            `score` and `segmentation`.
        images: dict of result name to the image's path below the run's folder, with `/`. A
            `file_name` is such a path, or its last part; an `image_id` of a list is a result
            name, its last part, or the number that this is.
        least_score: boxes that score less are left out; None keeps all.

    Returns:
        BoxFile.

    Raises:
        InputError: the file is something else, an entry is wrong (the message names it), or none
            of its images is among the run's.
    """
    path = pathlib.Path(path)
    content = read_json(path)
    if isinstance(content, dict):
        entries = list(_read_annotations(path, content))
    elif isinstance(content, list):
        entries = list(_read_results(path, content))
    else:
        raise InputError(f"{path}: must be COCO's annotations, a dict, or a list of results")
    known, unused = _Images(images), set()
    boxes: dict[str, list[Box]] = {}
    image_ids: dict[str, int | str] = {}
    for key, image_id, entry, source in entries:
        box = _make_box(entry, source)
        if least_score is not None and box.score < least_score:
            continue
        name = known.find(key, source)
        if name is None:
            unused.add(key)
            continue
        boxes.setdefault(name, []).append(box)
        image_ids[name] = image_id
    if not boxes:
        why = "it holds no boxes of people, or none that score enough"
        if unused:
            why = f"none of its images is among those given, such as {min(map(str, unused))}"
        raise InputError(f"{path}: {why}")
    of_images = {name: tuple(found) for name, found in boxes.items()}
    return BoxFile(of_images, image_ids, len(unused))


def _read_annotations(path, content):
    """(file name, image id, entry, source) of each person."""
    files = {}
    for number, image in enumerate(_list_of_dicts(path, content, "images")):
        if not isinstance(image.get("file_name"), str) or not _is_id(image.get("id")):
            raise InputError(f"{path}, images[{number}]: needs an id and a file_name")
        files[image["id"]] = image["file_name"]
    categories = _list_of_dicts(path, content, "categories") if "categories" in content else []
    people = [each.get("id") for each in categories if each.get("name") == "person"] or [PERSON]
    for number, entry in enumerate(_list_of_dicts(path, content, "annotations")):
        source, image_id = f"{path}, annotations[{number}]", entry.get("image_id")
        if not _is_id(image_id) or image_id not in files:
            raise InputError(f"{source}: there is no image {image_id!r} among its images")
        if entry.get("category_id", people[0]) in people and not entry.get("iscrowd"):
            yield files[image_id], image_id, entry, source


def _read_results(path, entries):
    """The same of a list."""
    for number, entry in enumerate(entries):
        source = f"{path}, entry {number}"
        if not isinstance(entry, dict):
            raise InputError(f"{source}: must be a dict with file_name or image_id, and bbox")
        image_id, file_name = entry.get("image_id"), entry.get("file_name")
        if not isinstance(file_name, str) and not _is_id(image_id):
            raise InputError(f"{source}: needs a file_name or an image_id")
        if entry.get("category_id", PERSON) == PERSON and not entry.get("iscrowd"):
            key = file_name if isinstance(file_name, str) else image_id
            yield key, image_id if _is_id(image_id) else None, entry, source


def _list_of_dicts(path, content, key):
    found = content.get(key)
    if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
        raise InputError(f"{path}: {key} must be a list of dicts, as in COCO's annotations")
    return found


def _is_id(value):
    return isinstance(value, (int, str)) and not isinstance(value, bool)


def _is_number(value):
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return is_number and -FARTHEST <= value <= FARTHEST  # nan is not


def _make_box(entry, source):
    bbox = entry.get("bbox")
    if not isinstance(bbox, list) or len(bbox) != 4 or not all(map(_is_number, bbox)):
        raise InputError(f"{source}: bbox must be four numbers: x, y, width, height; not {bbox}")
    if min(bbox[2:]) <= 0:
        raise InputError(f"{source}: bbox must have a width and a height above 0: {bbox}")
    segmentation = entry.get("segmentation") or None
    if segmentation is not None and not isinstance(segmentation, (list, dict)):
        raise InputError(f"{source}: segmentation must be COCO's polygons or run lengths")
    x, y, width, height = bbox
    return Box(x, y, width, height, source, _score(entry, source), segmentation)


def _score(entry, source):
    score = entry.get("score", 1)
    if not _is_number(score):
        raise InputError(f"{source}: its score is not a number: {score!r}")
    return score


class _Images:
    """Finds a run's image by what a file of boxes calls it.

    Args:
        images: dict of result name to path.
    """

    def __init__(self, images):
        self._tables: list[dict] = [{} for _ in range(5)]
        for name, path in images.items():
            last = pathlib.PurePosixPath(path)
            number = int(last.stem) if last.stem.isascii() and last.stem.isdigit() else None
            for table, key in zip(
                self._tables, (path, name, last.name, last.stem, number), strict=True
            ):
                if key is not None:
                    table.setdefault(key, []).append(name)

    def find(self, key, source):
        """The image's result name, or None.

        Raises:
            InputError: there are several.
        """
        last = pathlib.PurePosixPath(key).name if isinstance(key, str) else key
        for table in self._tables:
            found = table.get(key) or table.get(last, [])
            if len(found) > 1:
                raise InputError(
                    f"{source}: {key} may be {' or '.join(found[:2])}: give the path below the "
                    "folder of images as file_name"
                )
            if found:
                return found[0]
        return None
