"""COCO's people on disk: images, and a list of everybody with joints and masks."""

import collections
import dataclasses
import json
import os
import pathlib
import typing

from jppnet_tf.labels import COCO_JOINTS
from jppnet_tf.system.errors import InputError
from jppnet_tf.system.files import read_text

_VALUES = 3 * len(COCO_JOINTS.names)
_WRONG_AT_ONCE = 10
"""How many mistakes of a file are listed."""


@dataclasses.dataclass(frozen=True)
class CocoRecord:
    """One image, and everybody in it.

    Attributes:
        name: the image's id, as text.
        image: its path.
        people: tuple of dict, its annotations: those of `FIELDS`, as the list has them.
    """

    name: str
    image: pathlib.Path
    people: tuple[dict[str, typing.Any], ...]


FIELDS = ("iscrowd", "area", "keypoints", "segmentation")


@dataclasses.dataclass(frozen=True)
class CocoSplit:
    """A split of a data set in COCO's form.

    Attributes:
        annotations: path of the list, as COCO's person_keypoints.
        images: dict of an image's id to its path, in the order of the ids.
        people: how many annotations there are of one person each.
        crowds: how many of many people.
        small: how many of the people have no joints.
        empty: how many images have neither.
        records: tuple of CocoRecord, in the order of the ids.
    """

    annotations: pathlib.Path
    images: dict[int, pathlib.Path]
    people: int
    crowds: int
    small: int
    empty: int
    records: tuple[CocoRecord, ...] = dataclasses.field(default=(), repr=False)

    def summary(self) -> str:
        """What is there, on one line."""
        return (
            f"{len(self.images)} images, {self.empty} of them without people; "
            f"{self.people} people, {self.small} of them without joints; {self.crowds} crowds"
        )


def read_coco(folder: str | os.PathLike, split: str) -> CocoSplit:
    """Finds and checks a split.

    Args:
        folder: holds `annotations/person_keypoints_<split>.json` and the images in `<split>`, or
            both with COCO's year (`val2017`); `images/<split>` will do.
        split: "train" or "val".

    Returns:
        CocoSplit.

    Raises:
        InputError: parts are missing, or the list is damaged or wrong: what is wrong is listed.
    """
    folder = pathlib.Path(folder)
    path = _find_annotations(folder, split)
    name = path.stem.removeprefix("person_keypoints_")
    content = _read_json(path)
    images = _check_images(path, content, _find_images(folder, name))
    single, crowds, small = _check_people(path, content, images)
    people: dict[int, list[dict]] = {number: [] for number in images}
    for each in content["annotations"]:
        people[each["image_id"]].append({name: each[name] for name in FIELDS})
    records = tuple(
        CocoRecord(str(number), file, tuple(people[number])) for number, file in images.items()
    )
    empty = sum(not found for found in people.values())
    return CocoSplit(path, images, single, crowds, small, empty, records)


def _find_annotations(folder, split):
    found = sorted((folder / "annotations").glob(f"person_keypoints_{split}*.json"))
    if not found:
        raise InputError(
            f"{folder / 'annotations'}: no person_keypoints_{split}.json, nor one with a year"
        )
    if len(found) > 1:
        raise InputError(f"{folder}: several lists, {', '.join(p.name for p in found)}: keep one")
    return found[0]


def _find_images(folder, name):
    for place in (folder / name, folder / "images" / name):
        if place.is_dir():
            return place
    raise InputError(f"{folder / name}: no such folder of images")


def _read_json(path):
    try:
        content = json.loads(read_text(path))
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path}: not JSON: {error}") from None
    lists = ("images", "annotations", "categories")
    if not isinstance(content, dict) or not all(
        isinstance(content.get(key), list)
        and all(isinstance(entry, dict) for entry in content[key])
        for key in lists
    ):
        raise InputError(f"{path}: must hold lists of {', '.join(lists)}, as COCO's do")
    return content


def _check_images(path, content, folder):
    wrong: list[str] = []
    images: dict[int, pathlib.Path] = {}
    for image in content["images"]:
        number, name = image.get("id"), image.get("file_name")
        if type(number) is not int or not isinstance(name, str):
            wrong.append(f"an image without id or file_name: {str(image)[:60]}")
        elif number in images:
            wrong.append(f"image {number} comes twice")
        else:
            images[number] = folder / name
    if not images:
        wrong.append("no images")
    missing = [file for file in images.values() if not file.is_file()]
    wrong += [f"{file} is missing" for file in missing]
    _refuse(path, wrong)
    return dict(sorted(images.items()))


def _check_people(path, content, images):
    """How many single people, crowds, and people without joints there are."""
    categories = {each.get("id") for each in content["categories"] if each.get("name") == "person"}
    wrong = [] if len(categories) == 1 else ["there must be one category `person`"]
    ids: collections.Counter = collections.Counter()
    counts: collections.Counter = collections.Counter()
    for each in content["annotations"]:
        ids[each.get("id")] += 1
        mistake = _find_mistake(each, categories, images)
        if mistake:
            wrong.append(f"annotation {each.get('id')}: {mistake}")
            continue
        counts["crowds" if each["iscrowd"] else "single"] += 1
        counts["small"] += not each["iscrowd"] and not each["num_keypoints"]
    wrong += [f"annotation {number} comes twice" for number, count in ids.items() if count > 1]
    _refuse(path, wrong)
    return counts["single"], counts["crowds"], counts["small"]


def _find_mistake(each: dict[str, typing.Any], categories, images) -> str:
    """What is wrong with an annotation; nothing if it is good."""
    if each.get("image_id") not in images:
        return f"image {each.get('image_id')} is not listed"
    if each.get("category_id") not in categories:
        return f"category {each.get('category_id')} is not a person"
    if each.get("iscrowd") not in (0, 1):
        return "iscrowd must be 0 or 1"
    keypoints = each.get("keypoints")
    if not isinstance(keypoints, list) or len(keypoints) != _VALUES:
        return f"keypoints must be {_VALUES} numbers"
    if not all(isinstance(value, (int, float)) for value in keypoints):
        return "keypoints must be numbers"
    if each.get("num_keypoints") != sum(flag > 0 for flag in keypoints[2::3]):
        return "num_keypoints is not the number of labelled joints"
    box = each.get("bbox")
    if not isinstance(box, list) or len(box) != 4:
        return "bbox must be four numbers"
    if not isinstance(each.get("area"), (int, float)):
        return "area must be a number"
    if not isinstance(each.get("segmentation"), (list, dict)) or not each["segmentation"]:
        return "has no segmentation"
    return ""


def _refuse(path, wrong):
    if wrong:
        more = f"; and {len(wrong) - _WRONG_AT_ONCE} more" if len(wrong) > _WRONG_AT_ONCE else ""
        raise InputError(f"{path}: {'; '.join(wrong[:_WRONG_AT_ONCE])}{more}")
